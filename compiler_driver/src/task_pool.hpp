// Runs the files of a job side by side: the one place in this folder that starts threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace graft::driver {

/// Threads: `for_each` may be called from any number at once; they share the workers.
class TaskPool {
 public:
  /// `threads` 0: one a core.
  explicit TaskPool(unsigned threads);
  ~TaskPool();

  /// Calls `task(0)` to `task(count - 1)` in any order, and returns when all are done. The caller works too.
  void for_each(std::size_t count, const std::function<void(std::size_t)> &task) const;
  /// The same for tasks that call `for_each`: whoever is done with its own helps with the others' files.
  void for_each_job(std::size_t count, const std::function<void(std::size_t)> &task) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace graft::driver
