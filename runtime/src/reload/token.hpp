// The commit token: who holds it may change what is published. First come, first served; its owner is known, so asking twice is an
// error and not a deadlock. It is the one thing of graft that is held while foreign code runs.
#pragma once

#include <cstdint>
#include <thread>

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

namespace graft {

/// Threads: any.
class CommitToken {
public:
  /// Waits its turn. kWouldDeadlock when the caller holds the token already (it is inside a callback, an initialiser or a probe).
  Result<void> acquire() {
    GRAFT_TRY(refuse_owner());
    const MutexLock lock(mutex_);
    const std::uint64_t turn = next_turn_++;
    freed_.wait(mutex_, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return serving_ == turn; });
    owner_ = std::this_thread::get_id();
    return {};
  }

  void release() {
    const MutexLock lock(mutex_);
    owner_ = {};
    ++serving_;
    freed_.notify_all();
  }

  /// Makes a thread that works for the owner count as the owner, too, until `take_back_lent`.
  void lend(std::thread::id thread) {
    const MutexLock lock(mutex_);
    if (owner_ != std::thread::id()) lent_ = thread;
  }
  void take_back_lent() {
    const MutexLock lock(mutex_);
    lent_ = {};
  }

  /// kWouldDeadlock when the caller holds the token; for work that is done before it is asked for.
  Result<void> refuse_owner() const {
    const MutexLock lock(mutex_);
    const std::thread::id caller = std::this_thread::get_id();
    if (owner_ != caller && lent_ != caller) return {};
    return error(Code::kWouldDeadlock,
                 "load, reload and unload cannot be called from inside a commit of the same runtime; call from another thread");
  }

private:
  mutable Mutex mutex_;
  Condition freed_;
  std::uint64_t next_turn_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::uint64_t serving_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::thread::id owner_ GRAFT_GUARDED_BY(mutex_);
  std::thread::id lent_ GRAFT_GUARDED_BY(mutex_); ///< to whom; none otherwise
};

/// Gives the token back at the end of a scope.
class HeldToken {
public:
  explicit HeldToken(CommitToken &token) : token_(token) {}
  ~HeldToken() { token_.release(); }
  HeldToken(const HeldToken &) = delete;
  HeldToken &operator=(const HeldToken &) = delete;

private:
  CommitToken &token_;
};

} // namespace graft
