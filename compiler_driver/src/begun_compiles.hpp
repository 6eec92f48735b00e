// The compiles that have begun before their texts were known (begun_compile.hpp), a few: made in the background after each
// compile of a source that is likely to be compiled again, and taken by the next.
#pragma once

#include "begun_compile.hpp"

#include <graft/base/mutex.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace graft::driver {

/// Threads: any. One thread of its own, started when there is something to begin.
class BegunCompiles {
 public:
  /// Keeps the `limit` that were made last; 0: none is ever begun.
  explicit BegunCompiles(std::size_t limit) : limit_(limit) {}
  ~BegunCompiles();

  /// What was begun for a compile of that source. Null: nothing, nothing yet, or nothing that still stands.
  std::unique_ptr<BegunCompile> take(const Prepared &prepared, const std::string &name, const std::vector<Source> &headers,
                                     const Preamble *preamble);
  /// A compile ended, or its head was made anew: the next one of the same source is begun, in the place of what was begun
  /// for it.
  void begin(NextCompile next);
  /// Ends what is of no use any more, in the background.
  void end(std::unique_ptr<BegunCompile> spent);

  void wait_until_idle();
  std::uint64_t used() const;

 private:
  void start() GRAFT_REQUIRES(mutex_);
  void work();
  /// Finds out what its text reads of its head. Not if a compile of the same source comes meanwhile.
  bool rehearse(NextCompile &next);
  std::unique_ptr<BegunCompile> make(NextCompile next);

  const std::size_t limit_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<NextCompile> to_begin_ GRAFT_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<BegunCompile>> begun_ GRAFT_GUARDED_BY(mutex_);  ///< the newest last
  std::vector<std::unique_ptr<BegunCompile>> spent_ GRAFT_GUARDED_BY(mutex_); ///< to be ended
  const NextCompile *rehearsed_ GRAFT_GUARDED_BY(mutex_) = nullptr;           ///< by the thread, which owns it
  std::atomic<bool> is_overtaken_{false}; ///< written under the mutex: its rehearsal is of no use any more
  std::uint64_t used_ GRAFT_GUARDED_BY(mutex_) = 0;
  bool is_busy_ GRAFT_GUARDED_BY(mutex_) = false;
  bool stop_ GRAFT_GUARDED_BY(mutex_) = false;
  std::thread thread_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
