// What plugins ask of a service, function by function: how often, how it went, how long it took.
#pragma once

#include "../observe/ticks.hpp"

#include <graft/base/error.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace graft {

/// Turns ticks into nanoseconds by how many of each went by since it was made.
class TickRate {
 public:
  std::uint64_t to_ns(std::uint64_t count) const noexcept {
    const std::uint64_t went = ticks() - ticks_;
    const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - time_;
    return went == 0 ? 0
                     : static_cast<std::uint64_t>(static_cast<double>(count) * static_cast<double>(time.count()) /
                                                  static_cast<double>(went));
  }

 private:
  std::uint64_t ticks_ = ticks();
  std::chrono::steady_clock::time_point time_ = std::chrono::steady_clock::now();
};

/// Of one function. Threads: any; they are spread over lines of the cache, so that two seldom write the same one.
class CallStats {
 public:
  struct Totals {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    std::uint64_t ticks = 0;
    std::uint64_t most_ticks = 0;
  };

  void count(graft_status status, std::uint64_t took) noexcept;
  Totals totals() const noexcept;

 private:
  static constexpr std::size_t kShards = 8;
  struct alignas(64) Shard { // relaxed, all: a count says nothing about other memory
    std::atomic<std::uint64_t> ok{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> ticks{0};
    std::atomic<std::uint64_t> most_ticks{0};
  };
  std::array<Shard, kShards> shards_;
};

} // namespace graft
