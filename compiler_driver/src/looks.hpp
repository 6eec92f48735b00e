// What a compile asks the machine's file system for, noted as it asks: the files that it reads, with a key of the very
// bytes, the folders that it lists, and every path that was there or was not. From this a cache knows whether the next
// compile would see the same.
#pragma once

#include <graft/base/artifact.hpp>

#include <llvm/ADT/IntrusiveRefCntPtr.h>

namespace llvm::vfs {
class FileSystem;
}

namespace graft::driver {

/// `files`, with whatever is asked of it noted in `trace`, which is borrowed. Threads: one compile.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> note_looks(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                                           InputTrace &trace);

/// Adds what one file's compile looked at to what the bundle's did. A file that was not the same for both makes the whole
/// unrepeatable.
void merge_trace(InputTrace &into, InputTrace from);

} // namespace graft::driver
