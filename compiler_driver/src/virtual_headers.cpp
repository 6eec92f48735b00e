// Builds the overlay of graft's embedded headers over the real file system. Making it anew for each compile takes
// microseconds; sharing it would race on its working directory.
#include "virtual_headers.hpp"

#include "abi_preamble.hpp"

#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <string>

namespace graft::driver {

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> compile_file_system(std::string_view preamble) {
  auto headers = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  for (const EmbeddedHeader &header : embedded_headers()) {
    const std::string path = std::string(kVirtualIncludeDir) + "/" + std::string(header.name);
    headers->addFileNoOwn(path, /*ModificationTime=*/0, llvm::MemoryBufferRef(llvm::StringRef(header.text), path));
  }
  if (!preamble.empty())
    headers->addFileNoOwn(kPreamblePath, /*ModificationTime=*/0,
                          llvm::MemoryBufferRef(llvm::StringRef(preamble), kPreamblePath));
  auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(llvm::vfs::createPhysicalFileSystem());
  overlay->pushOverlay(std::move(headers));
  return overlay;
}

} // namespace graft::driver
