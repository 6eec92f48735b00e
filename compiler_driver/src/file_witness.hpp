// Whether the files that something was made of are still what they were, and those that were looked for in vain still
// absent.
#pragma once

#include <graft/base/content_key.hpp>

#include <llvm/ADT/IntrusiveRefCntPtr.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace llvm::vfs {
class FileSystem;
}

namespace graft::driver {

/// The paths that a compile asked for and did not get. Threads: one compile.
using AbsentFiles = std::set<std::string>;

/// `files`, with what is asked of it in vain noted in `absent`, which it borrows.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> note_absent(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                                            AbsentFiles &absent);

/// Immutable once it is filled.
class FileWitness {
 public:
  /// Call both before anybody else could learn of what was made: a change that comes later is seen, whatever its time stamp.
  void add_present(const std::string &path, const ContentKey &content);
  void add_absent(const AbsentFiles &paths);

  /// A few hundred calls of the system; reads a file only if it was younger than a time stamp can tell when it was added.
  bool holds() const;

 private:
  struct Stamp {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t file = 0; ///< inode
    bool operator==(const Stamp &) const = default;
  };
  struct Present {
    std::string path;
    Stamp stamp;
    ContentKey content;
    bool is_young = false; ///< changed so shortly before that another change might bear the same time
  };
  static bool look(const std::string &path, Stamp &stamp);

  std::vector<Present> present_;
  std::vector<std::string> absent_;
};

} // namespace graft::driver
