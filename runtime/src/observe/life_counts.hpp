// What happened to each bundle since the runtime began: loads, reloads, failures, compiles. By name, so that an unload
// forgets nothing.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/histogram.hpp>
#include <graft/metrics.hpp>
#include <graft/runtime.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Threads: any.
class LifeCounts {
 public:
  /// kLoaded, kReloaded and kFailed count; of the others nothing is kept.
  void happened(const Event &event);
  /// A compile, or that it was not needed.
  void compiled(std::string_view bundle, Origin origin, std::uint64_t took_ns);
  /// What a later load of that name does is counted from the start.
  void forget(std::string_view bundle);
  std::vector<MetricFamily> families() const;

 private:
  struct Counts {
    std::uint64_t loads = 0;
    std::uint64_t reloads = 0;
    std::uint64_t failures = 0;
    std::uint64_t cache_hits = 0;
    Histogram compiles;
  };
  Counts &of(std::string_view bundle) GRAFT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Counts>, std::less<>> bundles_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
