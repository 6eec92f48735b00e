// Recording is two relaxed additions in memory that a few threads share at most; whoever asks adds all of it up.
#include <graft/histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <new>

namespace graft {
namespace {

constexpr unsigned kPartBits = 5;
constexpr std::size_t kParts = 1u << kPartBits;
constexpr std::size_t kOctaves = 64 - kPartBits + 2;

struct Octave {
  std::array<std::atomic<std::uint64_t>, kParts> counts{};
};

struct Place {
  std::size_t octave, part;
};

/// 0 is octave 0; 1 to 32 are octave 1, 33 to 64 octave 2, both a value a part; then each octave is twice as wide.
constexpr Place place_of(std::uint64_t value) noexcept {
  if (value == 0) return {0, 0};
  const std::uint64_t lowered = value - 1;
  if (lowered < kParts) return {1, static_cast<std::size_t>(lowered)};
  const auto doublings = static_cast<unsigned>(std::bit_width(lowered)) - kPartBits - 1;
  return {doublings + 2, static_cast<std::size_t>(lowered >> doublings) - kParts};
}

constexpr HistogramSnapshot::Bucket bucket_at(std::size_t octave, std::size_t part, std::uint64_t count) noexcept {
  if (octave == 0) return {0, 0, count};
  if (octave == 1) return {part, part + 1, count};
  const std::uint64_t above = (kParts + part) << (octave - 2);
  const std::uint64_t width = std::uint64_t{1} << (octave - 2);
  return {above, above > ~std::uint64_t{0} - width ? ~std::uint64_t{0} : above + width, count};
}

/// Threads' stacks, and with them their control blocks, are far apart; a multiplication spreads what distinguishes them.
std::size_t number_of_thread() noexcept {
  const auto block = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
  return static_cast<std::size_t>((block >> 6) * 0x9E3779B97F4A7C15u >> 32);
}

template <class T>
T *make_once(std::atomic<T *> &place) noexcept {
  std::unique_ptr<T> made(new (std::nothrow) T());
  T *there = nullptr;
  if (made == nullptr) return nullptr;
  // Release pairs with the acquire of who follows the pointer; acquire, with that release, when another thread was first.
  if (!place.compare_exchange_strong(there, made.get(), std::memory_order_release, std::memory_order_acquire)) return there;
  return made.release();
}

} // namespace

/// All relaxed but the pointers: a count says nothing about any other memory.
struct alignas(64) Histogram::Shard {
  std::array<std::atomic<Octave *>, kOctaves> octaves{};
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> max{0};

  ~Shard() {
    for (const auto &octave : octaves) delete octave.load(std::memory_order_relaxed); // nobody records any more
  }
};

Histogram::~Histogram() {
  for (const auto &shard : shards_) delete shard.load(std::memory_order_relaxed); // nobody records any more
}

Histogram::Shard *Histogram::make_shard(std::atomic<Shard *> &place) noexcept { return make_once(place); }

void Histogram::record(std::uint64_t value) noexcept {
  std::atomic<Shard *> &mine = shards_[number_of_thread() % kShards];
  Shard *shard = mine.load(std::memory_order_acquire); // pairs with make_once
  if (shard == nullptr && (shard = make_shard(mine)) == nullptr) [[unlikely]]
    return;
  const Place place = place_of(value);
  Octave *octave = shard->octaves[place.octave].load(std::memory_order_acquire); // pairs with make_once
  if (octave == nullptr && (octave = make_once(shard->octaves[place.octave])) == nullptr) [[unlikely]]
    return;
  octave->counts[place.part].fetch_add(1, std::memory_order_relaxed);
  shard->sum.fetch_add(value, std::memory_order_relaxed);
  std::uint64_t most = shard->max.load(std::memory_order_relaxed);
  while (value > most && !shard->max.compare_exchange_weak(most, value, std::memory_order_relaxed)) {
  }
}

HistogramSnapshot Histogram::snapshot() const {
  std::array<std::uint64_t, kOctaves * kParts> counts{};
  HistogramSnapshot snapshot;
  for (const auto &place : shards_) {
    const Shard *shard = place.load(std::memory_order_acquire); // pairs with make_once
    if (shard == nullptr) continue;
    for (std::size_t octave = 0; octave < kOctaves; ++octave)
      if (const Octave *parts = shard->octaves[octave].load(std::memory_order_acquire)) // pairs with make_once
        for (std::size_t part = 0; part < kParts; ++part)
          counts[octave * kParts + part] += parts->counts[part].load(std::memory_order_relaxed);
    snapshot.sum_ += shard->sum.load(std::memory_order_relaxed);
    snapshot.max_ = std::max(snapshot.max_, shard->max.load(std::memory_order_relaxed));
  }
  for (std::size_t index = 0; index < counts.size(); ++index) {
    if (counts[index] == 0) continue;
    snapshot.buckets_.push_back(bucket_at(index / kParts, index % kParts, counts[index]));
    snapshot.count_ += counts[index];
  }
  return snapshot;
}

std::uint64_t HistogramSnapshot::quantile(double share) const noexcept {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  if (rank >= count_) return max_;
  std::uint64_t seen = 0;
  for (const Bucket &bucket : buckets_) {
    seen += bucket.count;
    if (seen < rank) continue;
    return std::min(max_, bucket.above + (bucket.most - bucket.above + 1) / 2);
  }
  return max_;
}

std::uint64_t HistogramSnapshot::count_up_to(std::uint64_t value) const noexcept {
  std::uint64_t count = 0;
  for (const Bucket &bucket : buckets_) {
    if (bucket.most > value) break;
    count += bucket.count;
  }
  return count;
}

void HistogramSnapshot::merge(const HistogramSnapshot &other) {
  std::vector<Bucket> merged;
  merged.reserve(buckets_.size() + other.buckets_.size());
  std::ranges::merge(buckets_, other.buckets_, std::back_inserter(merged), {}, &Bucket::most, &Bucket::most);
  buckets_.clear();
  for (const Bucket &bucket : merged) {
    if (!buckets_.empty() && buckets_.back().most == bucket.most)
      buckets_.back().count += bucket.count;
    else
      buckets_.push_back(bucket);
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

} // namespace graft
