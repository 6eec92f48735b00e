// A thread that does what nobody waits for, one thing after the other. It is there from the first task on.
#pragma once

#include <graft/base/mutex.hpp>

#include <deque>
#include <functional>
#include <thread>

namespace graft::driver {

/// Threads: any. Its end does what is left.
class Background {
 public:
  Background() = default;
  ~Background();
  Background(const Background &) = delete;

  /// `bytes`: what the task holds. With too much waiting already, or no thread to be had, it is dropped.
  void add(std::size_t bytes, std::function<void()> task);
  /// Until nothing waits and nothing runs.
  void wait();

 private:
  struct Task {
    std::size_t bytes;
    std::function<void()> run;
  };
  void work();

  Mutex mutex_;
  Condition changed_;
  std::deque<Task> tasks_ GRAFT_GUARDED_BY(mutex_);
  std::size_t bytes_ GRAFT_GUARDED_BY(mutex_) = 0; ///< of what waits and what runs
  bool is_busy_ GRAFT_GUARDED_BY(mutex_) = false;
  bool ends_ GRAFT_GUARDED_BY(mutex_) = false;
  std::thread thread_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
