// How many lines a bundle may write to the log: a bucket that fills with time, and a count of what did not fit.
#pragma once

#include <graft/base/clock.hpp>
#include <graft/base/mutex.hpp>
#include <graft/services.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace graft {

/// Threads: any.
class LogGate {
 public:
  explicit LogGate(const LogRate &rate) : rate_(rate), room_(rate.burst) {}

  /// Lets a line through and says how many were dropped since the last one; nothing where it is dropped, too.
  std::optional<std::uint64_t> pass(Clock::Time now) {
    const MutexLock lock(mutex_);
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    room_ = std::min<double>(rate_.burst, room_ + std::max(0.0, seconds) * rate_.lines_per_second);
    filled_ = now;
    if (room_ < 1) {
      ++since_;
      ++dropped_;
      return std::nullopt;
    }
    room_ -= 1;
    return std::exchange(since_, 0);
  }

  std::uint64_t dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  const LogRate rate_;
  mutable Mutex mutex_;
  double room_ GRAFT_GUARDED_BY(mutex_);
  Clock::Time filled_ GRAFT_GUARDED_BY(mutex_){};
  std::uint64_t since_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GRAFT_GUARDED_BY(mutex_) = 0;
};

} // namespace graft
