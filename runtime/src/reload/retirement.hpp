// Where superseded generations wait until nobody is inside, and are stopped and unmapped.
//
//   retired --no pin names it (P3)--> stopped --> unmapped
//
// The thread that retires tries at once; what is still pinned is left to one thread that looks again, first soon and then less often,
// and sleeps while there is nothing.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include "generation.hpp"

namespace graft {

/// Owns: the retired generations and the thread. Threads: any.
class Retirement {
public:
  Retirement() = default;
  /// Waits for every pin to end: a runtime that is destroyed under a call waits for it.
  ~Retirement();

  /// Takes generations that no slot names any more.
  void retire(std::vector<std::unique_ptr<Generation>> generations);
  /// How many generations of a bundle still wait.
  std::size_t waiting(const std::string &bundle) const;
  /// kBusy with the bundles that are still pinned after `limit`.
  Result<void> await(std::chrono::milliseconds limit);

private:
  void look_until_closed();
  /// Stops and unmaps what is not pinned; says whether anything is left.
  bool sweep();

  mutable Mutex mutex_;
  Condition changed_;
  std::vector<std::unique_ptr<Generation>> retired_ GRAFT_GUARDED_BY(mutex_);
  std::size_t stopping_ GRAFT_GUARDED_BY(mutex_) = 0; // taken out by a sweep, their finalisers still running
  bool closed_ GRAFT_GUARDED_BY(mutex_) = false;
  std::thread thread_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
