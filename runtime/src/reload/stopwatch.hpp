// Wall time of one step after another.
#pragma once

#include <chrono>
#include <cstdint>

namespace graft {

class Stopwatch {
public:
  /// Nanoseconds since the last lap, or since it was made.
  std::uint64_t lap_ns() {
    const auto now = std::chrono::steady_clock::now();
    const auto passed = now - last_;
    last_ = now;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
  }

private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

} // namespace graft
