// What debuggers, and `lines_at`, are told of an image: each of its objects that has debug information, with the addresses
// at which its sections ended up.
//
// gdb finds them through the list that LLVM's `__jit_debug_descriptor` heads, which is one a process; we look there, too.
#pragma once

#include <graft/base/artifact.hpp>

#include <llvm/ADT/DenseMap.h>
#include <llvm/ExecutionEngine/JITLink/JITLink.h>

#include <cstdint>
#include <memory>
#include <vector>

struct jit_code_entry;

namespace graft::jit {

/// An object as it lies in memory, told to the debugger while it lives.
///
/// Owns: a copy of the object's bytes. Threads: any.
class DebugObject {
 public:
  /// Where the section ended up whose contents begin at `offset` of the file.
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t address = 0;
  };

  DebugObject(const ObjectFile &object, const std::vector<Place> &places);
  ~DebugObject();
  DebugObject(const DebugObject &) = delete;
  DebugObject &operator=(const DebugObject &) = delete;

 private:
  std::vector<char> bytes_; ///< with `sh_addr` filled in
  std::unique_ptr<jit_code_entry> entry_;
};

/// Whether an object was compiled with debug information. Its bytes may be anything.
bool has_debug_information(const ObjectFile &object);

/// Follows the sections of objects with debug information through a link.
class DebugRecorder {
 public:
  /// Before dead code is dropped: which blocks are the beginnings of sections. Blocks point into the objects' bytes until
  /// then.
  void note(const std::vector<ObjectFile> &objects, llvm::jitlink::LinkGraph &graph);
  /// When addresses are final.
  std::vector<std::unique_ptr<DebugObject>> objects(llvm::jitlink::LinkGraph &graph) const;

 private:
  struct Noted {
    const ObjectFile *object;
    std::uint64_t offset;
    const llvm::jitlink::Block *block; ///< may be gone when the graph was pruned
  };
  std::vector<const ObjectFile *> objects_;
  std::vector<Noted> blocks_;
};

} // namespace graft::jit
