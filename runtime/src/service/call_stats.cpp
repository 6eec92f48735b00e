// See call_stats.hpp.
#include "call_stats.hpp"

#include "../observe/shards.hpp"

#include <algorithm>

namespace graft {

void CallStats::count(graft_status status, std::uint64_t took) noexcept {
  Shard &shard = shards_[number_of_thread() % kShards];
  (status == GRAFT_OK ? shard.ok : shard.failed).fetch_add(1, std::memory_order_relaxed);
  shard.ticks.fetch_add(took, std::memory_order_relaxed);
  std::uint64_t most = shard.most_ticks.load(std::memory_order_relaxed);
  while (took > most && !shard.most_ticks.compare_exchange_weak(most, took, std::memory_order_relaxed)) {
  }
}

CallStats::Totals CallStats::totals() const noexcept {
  Totals totals;
  for (const Shard &shard : shards_) {
    totals.ok += shard.ok.load(std::memory_order_relaxed);
    totals.failed += shard.failed.load(std::memory_order_relaxed);
    totals.ticks += shard.ticks.load(std::memory_order_relaxed);
    totals.most_ticks = std::max(totals.most_ticks, shard.most_ticks.load(std::memory_order_relaxed));
  }
  return totals;
}

} // namespace graft
