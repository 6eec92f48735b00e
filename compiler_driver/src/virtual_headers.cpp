// Builds the overlay of graft's embedded headers over the real file system. Making it anew for each compile takes
// microseconds; sharing it would race on its working directory.
#include "virtual_headers.hpp"

#include "abi_preamble.hpp"

#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <string>

namespace graft::driver {

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> compile_file_system(std::string_view preamble,
                                                                    const std::vector<Source> &headers) {
  auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  const auto show = [&](const std::string &path, std::string_view text) {
    memory->addFileNoOwn(path, /*ModificationTime=*/0, llvm::MemoryBufferRef(llvm::StringRef(text), path));
  };
  for (const EmbeddedHeader &header : embedded_headers())
    show(std::string(kVirtualIncludeDir) + "/" + std::string(header.name), header.text);
  for (const Source &header : headers)
    if (header.contents) show(std::string(kJobIncludeDir) + "/" + header.name, *header.contents);
  if (!preamble.empty()) show(kPreamblePath, preamble);
  auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(llvm::vfs::createPhysicalFileSystem());
  overlay->pushOverlay(std::move(memory));
  return overlay;
}

} // namespace graft::driver
