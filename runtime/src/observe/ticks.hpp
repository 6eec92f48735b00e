// The processor's own count of time: a third of what reading a clock costs, for what is measured at every call.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace graft {

/// Counts at one rate on every processor that x86-64 has had since 2008; TickRate and TickScale say at which.
inline std::uint64_t ticks() noexcept { return __builtin_ia32_rdtsc(); }

/// What the count and the clock said at one moment.
struct TickMoment {
  std::uint64_t ticks = 0;
  std::chrono::steady_clock::time_point time;

  /// The best of a few looks: a thread may have to wait between two readings.
  static TickMoment now() noexcept {
    constexpr int kLooks = 8;
    TickMoment best;
    std::uint64_t least = ~std::uint64_t{0};
    for (int look = 0; look < kLooks; ++look) {
      const std::uint64_t before = graft::ticks();
      const auto time = std::chrono::steady_clock::now();
      const std::uint64_t took = graft::ticks() - before;
      if (took < least) best = {before + took / 2, time};
      least = std::min(least, took);
    }
    return best;
  }
};

/// Nanoseconds of a tick, as of a fifth of a millisecond or more between two moments: known to a thousandth.
class TickScale {
 public:
  TickScale() = default;
  /// Waits out what is left of that since `begin`.
  static TickScale since(const TickMoment &begin) noexcept {
    constexpr std::chrono::microseconds kLeast{200};
    while (std::chrono::steady_clock::now() - begin.time < kLeast) {
    }
    const TickMoment end = TickMoment::now();
    const std::chrono::duration<double, std::nano> time = end.time - begin.time;
    TickScale scale;
    scale.ns_ = static_cast<std::uint64_t>(time.count() / static_cast<double>(end.ticks - begin.ticks) * kOne);
    return scale;
  }

  /// From `begin` to `end`; nothing where another processor's count lags behind.
  std::chrono::nanoseconds between(std::uint64_t begin, std::uint64_t end) const noexcept {
    if (end <= begin) return {};
    return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<unsigned __int128>(end - begin) * ns_ >> kBits));
  }

 private:
  static constexpr unsigned kBits = 32;
  static constexpr double kOne = 4294967296.0; // 2^kBits
  std::uint64_t ns_ = std::uint64_t{1} << kBits;
};

} // namespace graft
