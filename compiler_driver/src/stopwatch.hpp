// Adds the wall time of a scope to a counter of nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace graft::driver {

class Stopwatch {
 public:
  explicit Stopwatch(std::uint64_t &total_ns) : total_ns_(total_ns), begin_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() {
    const auto passed = std::chrono::steady_clock::now() - begin_;
    total_ns_ += static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
  }
  Stopwatch(const Stopwatch &) = delete;
  Stopwatch &operator=(const Stopwatch &) = delete;

 private:
  std::uint64_t &total_ns_;
  std::chrono::steady_clock::time_point begin_;
};

} // namespace graft::driver
