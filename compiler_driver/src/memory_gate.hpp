// How many files may be compiled at once, counted in memory: before each a pass is asked for, of as many bytes as the file
// is likely to take. What a file took the last time is the best guess of what it takes now.
//
//   G1  While somebody has a pass, those that are out amount to no more than the bound. One pass may always be had.
//   G2  Who waits keeps nobody waiting who fits: a small file goes ahead of a large one.
#pragma once

#include <graft/base/mutex.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace graft::driver {

/// Threads: any.
class MemoryGate {
 public:
  /// `bound` 0: none.
  explicit MemoryGate(std::size_t bound) : bound_(bound) {}

  /// The right to take `bytes`, until its end.
  class Pass {
   public:
    Pass(MemoryGate &gate, std::size_t bytes) : gate_(gate), bytes_(bytes) { gate.enter(bytes); }
    ~Pass() { gate_.leave(bytes_); }
    Pass(const Pass &) = delete;

   private:
    MemoryGate &gate_;
    const std::size_t bytes_;
  };

  /// What `file` took the last time, or `guess`.
  std::size_t expected(const std::string &file, std::size_t guess) const;
  void note(const std::string &file, std::size_t bytes);

  std::size_t waiting() const; ///< for a pass

 private:
  void enter(std::size_t bytes);
  void leave(std::size_t bytes);

  const std::size_t bound_;
  mutable Mutex mutex_;
  Condition changed_;
  std::size_t out_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::size_t waiting_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::size_t> known_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
