// How long things took, or how large they were: a histogram whose buckets grow with the value, so that every quantile is
// known to 1.6 %.
//
// A value v lands in one of 32 equal parts of (2^k, 2^(k+1)], or, up to 64, in a bucket of its own. Buckets include their
// upper end, so that powers of two are exact bounds for who exports them.
#pragma once

#include <graft/base/export.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace graft {

/// What a histogram held at one moment. A copy; values that were being recorded meanwhile may be in part of it.
class GRAFT_API HistogramSnapshot {
 public:
  struct Bucket {
    std::uint64_t above = 0; ///< values are larger than this; of the bucket of 0, 0 itself
    std::uint64_t most = 0;  ///< and at most this
    std::uint64_t count = 0;

    bool operator==(const Bucket &) const = default;
  };

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t sum() const noexcept { return sum_; } ///< modulo 2^64
  std::uint64_t max() const noexcept { return max_; } ///< exact; 0 when nothing was recorded
  double mean() const noexcept { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  /// The value that `share` (0 to 1) of all values do not exceed, to 1.6 %; 0 when nothing was recorded.
  std::uint64_t quantile(double share) const noexcept;
  /// How many values are at most `value`: exact up to 64 and at powers of two, elsewhere without those in `value`'s bucket.
  std::uint64_t count_up_to(std::uint64_t value) const noexcept;
  /// Those that are not empty, ascending.
  const std::vector<Bucket> &buckets() const noexcept { return buckets_; }
  void merge(const HistogramSnapshot &other);

  bool operator==(const HistogramSnapshot &) const = default;

 private:
  friend class Histogram;
  std::vector<Bucket> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

/// Counts values.
///
/// Owns: 80 bytes, and per group of threads that recorded 560, and 256 for each power of two that values fell in. Threads:
/// any; nobody waits for anybody. Fails: where memory is short a value is not counted.
class GRAFT_API Histogram {
 public:
  Histogram() = default;
  ~Histogram();
  Histogram(const Histogram &) = delete;
  Histogram &operator=(const Histogram &) = delete;

  void record(std::uint64_t value) noexcept;
  HistogramSnapshot snapshot() const;

 private:
  struct Shard;
  static constexpr std::size_t kShards = 8; // threads are spread over them by where their stacks are
  static Shard *make_shard(std::atomic<Shard *> &place) noexcept;

  /// Null until somebody recorded in it. Release by who made it, acquire by who follows it.
  std::array<std::atomic<Shard *>, kShards> shards_{};
};

} // namespace graft
