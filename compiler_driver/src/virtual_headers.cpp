// Builds the overlay of graft's embedded headers over the real file system. Making it anew for each compile takes
// microseconds; sharing it would race on its working directory.
#include "virtual_headers.hpp"

#include "front_end.hpp"
#include "looks.hpp"

#include <llvm/ADT/SmallString.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <string>

namespace graft::driver {
namespace {

/// The machine's files, without those that would make a compile wait or never end: a pipe without a writer, a terminal,
/// /dev/zero.
class RegularFiles : public llvm::vfs::ProxyFileSystem {
 public:
  RegularFiles() : ProxyFileSystem(llvm::vfs::createPhysicalFileSystem()) {}

  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine &path) override {
    using llvm::sys::fs::file_type;
    const llvm::ErrorOr<llvm::vfs::Status> status = getUnderlyingFS().status(path);
    if (!status) return status.getError();
    const file_type type = status->getType();
    const bool safe = type == file_type::regular_file || type == file_type::directory_file || path.str() == "/dev/null";
    if (!safe) return std::make_error_code(std::errc::operation_not_supported);
    return getUnderlyingFS().openFileForRead(path);
  }
};

/// The precompiled head, laid over the rest. The file system in memory would hash all of it, to number it.
class WithPreamble : public llvm::vfs::ProxyFileSystem {
 public:
  WithPreamble(llvm::IntrusiveRefCntPtr<FileSystem> rest, std::string_view bytes)
      : ProxyFileSystem(std::move(rest)), bytes_(bytes) {}

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine &path) override {
    if (is_preamble(path)) return status_of(bytes_);
    return getUnderlyingFS().status(path);
  }
  bool exists(const llvm::Twine &path) override { return is_preamble(path) || getUnderlyingFS().exists(path); }
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine &path) override {
    if (is_preamble(path)) return std::make_unique<Bytes>(bytes_);
    return getUnderlyingFS().openFileForRead(path);
  }

 private:
  class Bytes : public llvm::vfs::File {
   public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
    llvm::ErrorOr<llvm::vfs::Status> status() override { return status_of(bytes_); }
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine &name, std::int64_t, bool,
                                                                 bool) override {
      return llvm::MemoryBuffer::getMemBuffer(bytes_, name.str(), /*RequiresNullTerminator=*/false);
    }
    std::error_code close() override { return {}; }

   private:
    std::string_view bytes_;
  };

  static bool is_preamble(const llvm::Twine &path) {
    llvm::SmallString<64> storage;
    return path.toStringRef(storage) == kPreamblePath;
  }
  static llvm::vfs::Status status_of(std::string_view bytes) {
    // No device has this number, so no real file is taken for it.
    const llvm::sys::fs::UniqueID id(~std::uint64_t{0}, 1);
    return {kPreamblePath, id, {}, 0, 0, bytes.size(), llvm::sys::fs::file_type::regular_file, llvm::sys::fs::owner_read};
  }

  std::string_view bytes_;
};

} // namespace

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> compile_file_system(std::string_view preamble,
                                                                    const std::vector<Source> &headers, InputTrace *trace) {
  auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  const auto show = [&](const std::string &path, std::string_view text) {
    memory->addFileNoOwn(path, /*ModificationTime=*/0, llvm::MemoryBufferRef(llvm::StringRef(text), path));
  };
  for (const EmbeddedHeader &header : embedded_headers())
    show(std::string(kVirtualIncludeDir) + "/" + std::string(header.name), header.text);
  // The first of two with one path counts: what stands in for a file also does so for one in memory.
  for (const Source &header : headers)
    if (header.contents && header.name.starts_with('/')) show(header.name, *header.contents);
  for (const Source &header : headers)
    if (header.contents && !header.name.starts_with('/'))
      show(std::string(kJobIncludeDir) + "/" + header.name, *header.contents);
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> real = llvm::makeIntrusiveRefCnt<RegularFiles>();
  if (trace != nullptr) real = note_looks(std::move(real), *trace);
  auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(std::move(real));
  overlay->pushOverlay(std::move(memory));
  if (preamble.empty()) return overlay;
  return llvm::makeIntrusiveRefCnt<WithPreamble>(std::move(overlay), preamble);
}

} // namespace graft::driver
