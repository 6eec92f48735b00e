// One save is often several writes: says when it has been quiet for long enough. Noise that never ends is cut off, so that a
// log that is written all the time holds up nothing.
#pragma once

#include <graft/base/clock.hpp>

#include <algorithm>
#include <optional>

namespace graft {

/// For one thread.
class Quiet {
 public:
  explicit Quiet(std::chrono::milliseconds span) : span_(span) {}

  void note(Clock::Time now) {
    if (!first_) first_ = now;
    last_ = now;
  }
  /// When it will have been quiet, if nothing else happens; none while nothing happened.
  std::optional<Clock::Time> due() const {
    if (!first_) return std::nullopt;
    return std::min(last_ + span_, *first_ + kMost * span_);
  }
  void clear() { first_.reset(); }

 private:
  static constexpr int kMost = 20;

  std::chrono::milliseconds span_;
  std::optional<Clock::Time> first_;
  Clock::Time last_{};
};

} // namespace graft
