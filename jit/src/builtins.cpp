// An archive's symbol table and its members, read through LLVM.
#include "builtins.hpp"

#include <llvm/ADT/StringMap.h>
#include <llvm/Object/Archive.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/Path.h>

#include <cstdlib>

namespace graft::jit {
namespace {

/// GRAFT_RESOURCE_DIR in the environment wins over the directory of the LLVM that graft was built with.
std::string archive_path() {
  llvm::SmallString<256> path;
  if (const char *resources = std::getenv("GRAFT_RESOURCE_DIR")) {
    path = resources;
  } else {
    path = GRAFT_LLVM_LIBDIR;
    llvm::sys::path::append(path, "clang", GRAFT_LLVM_MAJOR);
  }
  llvm::sys::path::append(path, "lib", "linux", "libclang_rt.builtins-x86_64.a");
  return path.str().str();
}

} // namespace

struct Builtins::Archive {
  std::unique_ptr<llvm::MemoryBuffer> bytes;
  std::unique_ptr<llvm::object::Archive> archive;
  llvm::StringMap<std::size_t> offsets; ///< of members, by the names they define
  std::unordered_map<std::size_t, std::unique_ptr<ObjectFile>> members;
};

Builtins::Builtins() = default;
Builtins::~Builtins() = default;

void Builtins::open() {
  opened_ = true;
  auto bytes = llvm::MemoryBuffer::getFile(archive_path(), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!bytes) return;
  auto archive = llvm::object::Archive::create((*bytes)->getMemBufferRef());
  if (!archive) {
    llvm::consumeError(archive.takeError());
    return;
  }
  archive_ = std::make_unique<Archive>();
  archive_->bytes = std::move(*bytes);
  archive_->archive = std::move(*archive);
  for (const auto &symbol : archive_->archive->symbols()) {
    auto member = symbol.getMember();
    if (!member) {
      llvm::consumeError(member.takeError());
      continue;
    }
    archive_->offsets.try_emplace(symbol.getName(), member->getChildOffset());
  }
}

const ObjectFile *Builtins::member_defining(const std::string &name) {
  MutexLock lock(mutex_);
  if (!opened_) open();
  if (archive_ == nullptr) return nullptr;
  const auto offset = archive_->offsets.find(name);
  if (offset == archive_->offsets.end()) return nullptr;
  auto &member = archive_->members[offset->second];
  if (member != nullptr) return member.get();
  auto symbol = archive_->archive->findSym(name);
  if (!symbol) {
    llvm::consumeError(symbol.takeError());
    return nullptr;
  }
  if (!*symbol) return nullptr;
  auto bytes = (*symbol)->getBuffer();
  if (!bytes) {
    llvm::consumeError(bytes.takeError());
    return nullptr;
  }
  // A copy: members lie at even offsets, and ELF tables want eight.
  member = std::make_unique<ObjectFile>(ObjectFile{"libclang_rt.builtins", {bytes->begin(), bytes->end()}});
  return member.get();
}

} // namespace graft::jit
