// Where superseded generations wait until nobody is inside, and are stopped and unmapped.
//
//   retired --no pin names it (P3)--> stopped --> unmapped
//
// The thread that retires tries at once; what is still pinned is left to one thread that looks again, first soon and then less often,
// and sleeps while there is nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include "generation.hpp"

#include <graft/holders.hpp>

namespace graft {

/// The first few of them, with "; " between.
std::string in_words(const std::vector<Holder> &holders);

/// Owns: the retired generations and the thread. Threads: any.
class Retirement {
public:
  Retirement() = default;
  /// Waits for every pin to end: a runtime that is destroyed under a call waits for it.
  ~Retirement();

  /// Takes generations that no slot names any more. Those given together are stopped in their order, as far as they can be now.
  void retire(std::vector<std::unique_ptr<Generation>> generations);
  void retire(std::unique_ptr<Generation> generation);
  /// How many generations of a bundle still wait.
  std::size_t waiting(const std::string &bundle) const;
  /// "bundle 'b' generation 7": the older generations of a bundle that are among `pinned`, or whose finalisers run.
  std::vector<std::string> inside(const std::string &bundle, const std::vector<const void *> &pinned) const;
  /// Why those of a bundle, or of all, still wait (holders.cpp).
  std::vector<Holder> holders(std::string_view bundle, AskThreads ask) const;
  /// The retired generation of a bundle whose memory an address lies in.
  std::optional<std::uint64_t> owner_of(const std::string &bundle, std::uintptr_t address) const;
  /// kBusy with who is still held after `limit`.
  Result<void> await(std::chrono::milliseconds limit);

private:
  void look_until_closed();
  /// Stops and unmaps what is not pinned; says whether anything is left.
  bool sweep();
  /// What newer ones go on with and that points into the generation's code or constants: "kept 'x'"; nothing when there is none.
  std::optional<std::string> pointing_at(const Generation &generation) const GRAFT_REQUIRES(mutex_);
  /// Whether an older generation of its bundle, which may share its kept objects, is not gone yet (K3).
  bool waits_for_older(const Generation &generation, const std::vector<const void *> &pinned) const GRAFT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Condition changed_;
  std::vector<std::unique_ptr<Generation>> retired_ GRAFT_GUARDED_BY(mutex_);
  struct Stopping {
    std::string bundle;
    std::uint64_t number = 0;
    const Generation *asked = nullptr; // of one that was stopped before and waited for its own threads, until it is stopped
  };
  std::vector<Stopping> stopping_ GRAFT_GUARDED_BY(mutex_); // taken out by a sweep, their finalisers still running
  bool closed_ GRAFT_GUARDED_BY(mutex_) = false;
  std::thread thread_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
