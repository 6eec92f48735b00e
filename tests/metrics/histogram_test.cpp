// Histograms beside the exact answer: what sorting all values would say.
#include "seed.hpp"

#include <graft/histogram.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace graft {
namespace {

std::uint64_t exact_quantile(const std::vector<std::uint64_t> &sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

void expect_quantiles(std::vector<std::uint64_t> values, const HistogramSnapshot &snapshot) {
  std::ranges::sort(values);
  for (const double share : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<double>(exact_quantile(values, share));
    EXPECT_LE(std::abs(static_cast<double>(snapshot.quantile(share)) - exact), 0.03 * exact + 1e-9)
        << "at " << share << " of " << values.size() << " values: " << snapshot.quantile(share) << ", exactly " << exact;
  }
}

TEST(Histogram, QuantilesAreWithinThreePercentWhateverTheValues) {
  std::mt19937_64 random(test::seed_of_run());
  const std::vector<std::function<std::uint64_t()>> kinds = {
      [&] { return random() % 70; },
      [&] { return random(); },
      [&] { return random() >> (random() % 64); },
      [&] { return static_cast<std::uint64_t>(std::lognormal_distribution<double>(8, 3)(random)); },
      [&] { return std::uint64_t{1} << (random() % 64); },
      [&] { return (std::uint64_t{1} << (random() % 63)) + 1; },
      [&] { return random() % 2 == 0 ? 100u : 1'000'000u; },
  };
  for (const auto &kind : kinds) {
    for (const std::size_t count : {1u, 2u, 10u, 5'000u}) {
      Histogram histogram;
      std::vector<std::uint64_t> values;
      for (std::size_t index = 0; index < count; ++index) histogram.record(values.emplace_back(kind()));
      const HistogramSnapshot snapshot = histogram.snapshot();
      EXPECT_EQ(snapshot.count(), count);
      EXPECT_EQ(snapshot.max(), *std::ranges::max_element(values));
      expect_quantiles(values, snapshot);
    }
  }
}

TEST(Histogram, NothingRecordedIsZeroEverywhere) {
  const HistogramSnapshot snapshot = Histogram().snapshot();
  EXPECT_EQ(snapshot.count(), 0u);
  EXPECT_EQ(snapshot.quantile(0.5), 0u);
  EXPECT_EQ(snapshot.max(), 0u);
  EXPECT_EQ(snapshot.mean(), 0);
  EXPECT_TRUE(snapshot.buckets().empty());
}

TEST(Histogram, TheExtremesAreCounted) {
  Histogram histogram;
  histogram.record(0);
  EXPECT_EQ(histogram.snapshot().quantile(1), 0u);
  histogram.record(std::numeric_limits<std::uint64_t>::max());
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.quantile(1), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(snapshot.count_up_to(0), 1u);
  EXPECT_EQ(snapshot.count_up_to(1), 1u);
  EXPECT_EQ(snapshot.count_up_to(std::numeric_limits<std::uint64_t>::max()), 2u);
}

TEST(Histogram, BucketsTouchEachOtherAndEachHoldsItsOwnEnds) {
  Histogram histogram;
  for (unsigned shift = 0; shift < 64; ++shift)
    for (const std::uint64_t value : {std::uint64_t{1} << shift, (std::uint64_t{1} << shift) + 1}) histogram.record(value);
  std::uint64_t end = 0;
  for (const auto &bucket : histogram.snapshot().buckets()) {
    EXPECT_GE(bucket.above, end);
    EXPECT_GT(bucket.most, bucket.above);
    end = bucket.most;
    Histogram probe;
    probe.record(bucket.above + 1);
    probe.record(bucket.most);
    ASSERT_EQ(probe.snapshot().buckets().size(), 1u) << bucket.above << " to " << bucket.most;
    EXPECT_EQ(probe.snapshot().buckets()[0], (HistogramSnapshot::Bucket{bucket.above, bucket.most, 2}));
  }
}

TEST(Histogram, PowersOfTwoAreExactBounds) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 4096; ++value) histogram.record(value);
  for (std::uint64_t bound = 1; bound <= 4096; bound *= 2) EXPECT_EQ(histogram.snapshot().count_up_to(bound), bound);
  EXPECT_EQ(histogram.snapshot().sum(), 4096u * 4097 / 2);
}

TEST(Histogram, MergedIsAsIfRecordedInOne) {
  std::mt19937_64 random(test::seed_of_run());
  Histogram one, other, both;
  for (int index = 0; index < 10'000; ++index) {
    const std::uint64_t value = random() >> (random() % 64);
    (index % 3 == 0 ? one : other).record(value);
    both.record(value);
  }
  HistogramSnapshot merged = one.snapshot();
  merged.merge(other.snapshot());
  EXPECT_EQ(merged, both.snapshot());
}

TEST(Histogram, ThreadsLoseNothing) {
  Histogram histogram;
  constexpr std::uint64_t kEach = 50'000;
  const auto record = [&](std::uint64_t first) {
    for (std::uint64_t index = 0; index < kEach; ++index) histogram.record(first + index % 1000);
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < 12; ++thread) threads.emplace_back(record, thread * 1000);
    while (histogram.snapshot().count() < kEach) std::this_thread::yield(); // reads beside writers
  }
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.count(), 12 * kEach);
  EXPECT_EQ(snapshot.max(), 11'999u);
  EXPECT_EQ(snapshot.sum(), kEach * (12 * 999 / 2 + 1000 * 66));
}

} // namespace
} // namespace graft
