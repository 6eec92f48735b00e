// What the runtime remembers of a bundle besides its code: the state it is in, its failures, and its numbers in each hook.
// Outlives reloads; calls write it, so everything a call touches is atomic.
#pragma once

#include <graft/base/ids.hpp>
#include <graft/base/mutex.hpp>
#include <graft/histogram.hpp>
#include <graft/plugin_state.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace graft {

enum class Paused : std::uint8_t { kNo, kYes };

/// One bundle. Threads: any.
struct PluginRecord {
  explicit PluginRecord(std::string name) : name(std::move(name)), id(bundle_id(this->name)) {}

  const std::string name;
  const BundleId id;
  /// Relaxed: whoever reads the old state calls once more, or once less; the chain that a change of it publishes orders the
  /// rest.
  std::atomic<BundleState> state{BundleState::kLoading};

  mutable Mutex mutex;
  std::string error GRAFT_GUARDED_BY(mutex);
  Paused paused = Paused::kNo; ///< guarded by the registry
};

/// One bundle in one hook. Counters are relaxed: each is a number of its own.
struct HookRecord {
  HookRecord(std::shared_ptr<PluginRecord> plugin, std::string hook) : plugin(std::move(plugin)), hook(std::move(hook)) {}

  const std::shared_ptr<PluginRecord> plugin; // shared by its hooks, the chains that it is in, and the registry
  const std::string hook;
  Histogram latency; ///< of every call that was timed alone, in nanoseconds
  mutable Mutex mutex;
  /// Of the calls that were timed together with those of others (fused.hpp). Shared with the fused chains that record them.
  std::vector<std::shared_ptr<const Histogram>> runs GRAFT_GUARDED_BY(mutex);
  HistogramSnapshot past GRAFT_GUARDED_BY(mutex); ///< the same of fused chains that are gone

  /// Of every call, in nanoseconds.
  HistogramSnapshot calls() const {
    HistogramSnapshot all = latency.snapshot();
    const MutexLock lock(mutex);
    for (const auto &run : runs) all.merge(run->snapshot());
    all.merge(past);
    return all;
  }
  std::array<std::atomic<std::uint64_t>, kCallFailures> failures{};
  std::atomic<std::uint32_t> spent{0};       ///< of the error budget, in this minute and since the last reload or resume
  std::atomic<std::int64_t> budget_until{0}; ///< steady nanoseconds at which the next minute begins
  std::atomic<std::int64_t> quiet_until{0};  ///< steady nanoseconds before which no failure is logged
  std::atomic<std::uint64_t> unsaid{0};      ///< failures that were not logged since the last that was
};

} // namespace graft
