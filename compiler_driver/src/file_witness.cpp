// See file_witness.hpp. A file's time stamp moves in steps of the kernel's clock tick: what changes twice within one step
// looks unchanged.
#include "file_witness.hpp"

#include <graft/driver/compiler.hpp>

#include <llvm/Support/FileSystem.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <algorithm>
#include <chrono>

namespace graft::driver {
namespace {

/// Longer than a tick of any kernel (10 ms at 100 Hz), and than the whole-second stamps of old file systems.
constexpr std::int64_t kYoungNs = 2'000'000'000;

class AbsenceNoter : public llvm::vfs::ProxyFileSystem {
 public:
  AbsenceNoter(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files, AbsentFiles &absent)
      : ProxyFileSystem(std::move(files)), absent_(absent) {}

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine &path) override {
    auto result = getUnderlyingFS().status(path);
    if (!result) note(path);
    return result;
  }
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine &path) override {
    auto result = getUnderlyingFS().openFileForRead(path);
    if (!result) note(path);
    return result;
  }

 private:
  void note(const llvm::Twine &path) {
    llvm::SmallString<256> absolute;
    path.toVector(absolute);
    static_cast<void>(getUnderlyingFS().makeAbsolute(absolute));
    absent_.insert(absolute.str().str());
  }

  AbsentFiles &absent_;
};

} // namespace

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> note_absent(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                                            AbsentFiles &absent) {
  return llvm::makeIntrusiveRefCnt<AbsenceNoter>(std::move(files), absent);
}

bool FileWitness::look(const std::string &path, Stamp &stamp) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status)) return false;
  stamp.size = status.getSize();
  stamp.modified_ns = status.getLastModificationTime().time_since_epoch().count();
  stamp.file = status.getUniqueID().getFile();
  return true;
}

void FileWitness::add_present(const std::string &path, const ContentKey &content) {
  Present present{path, {}, content};
  if (!look(path, present.stamp)) return; // it is in memory only, and its text is known to whoever asks
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  present.is_young = now - present.stamp.modified_ns < kYoungNs;
  present_.push_back(std::move(present));
}

void FileWitness::add_absent(const AbsentFiles &paths) { absent_.assign(paths.begin(), paths.end()); }

bool FileWitness::holds() const {
  const bool all_present = std::ranges::all_of(present_, [](const Present &present) {
    Stamp now;
    if (!look(present.path, now) || now != present.stamp) return false;
    if (!present.is_young) return true;
    const auto text = llvm::MemoryBuffer::getFile(present.path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    return text && content_key(std::string_view((*text)->getBuffer())) == present.content;
  });
  return all_present && std::ranges::none_of(absent_, [](const std::string &path) { return llvm::sys::fs::exists(path); });
}

} // namespace graft::driver
