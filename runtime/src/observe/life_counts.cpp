// See life_counts.hpp.
#include "life_counts.hpp"

namespace graft {

LifeCounts::Counts &LifeCounts::of(std::string_view bundle) {
  const auto found = bundles_.find(bundle);
  if (found != bundles_.end()) return *found->second;
  return *bundles_.emplace(std::string(bundle), std::make_unique<Counts>()).first->second;
}

void LifeCounts::happened(const Event &event) {
  if (event.phase != Phase::kLoaded && event.phase != Phase::kReloaded && event.phase != Phase::kFailed) return;
  const MutexLock lock(mutex_);
  Counts &counts = of(event.bundle);
  ++(event.phase == Phase::kLoaded ? counts.loads : event.phase == Phase::kReloaded ? counts.reloads : counts.failures);
}

void LifeCounts::compiled(std::string_view bundle, Origin origin, std::uint64_t took_ns) {
  const MutexLock lock(mutex_);
  Counts &counts = of(bundle);
  if (origin != Origin::kCompiled)
    ++counts.cache_hits;
  else
    counts.compiles.record(took_ns);
}

void LifeCounts::forget(std::string_view bundle) {
  const MutexLock lock(mutex_);
  if (const auto found = bundles_.find(bundle); found != bundles_.end()) bundles_.erase(found);
}

std::vector<MetricFamily> LifeCounts::families() const {
  MetricFamily loads{"graft_bundle_loads_total", "Loads of a bundle", MetricKind::kCounter, {}};
  MetricFamily reloads{"graft_bundle_reloads_total", "Reloads of a bundle that became live", MetricKind::kCounter, {}};
  MetricFamily failures{
      "graft_bundle_failed_reloads_total", "Reloads of a bundle that left the old version live", MetricKind::kCounter, {}};
  MetricFamily hits{
      "graft_bundle_cache_hits_total", "Versions of a bundle whose code was there already", MetricKind::kCounter, {}};
  MetricFamily compiles{"graft_bundle_compile_seconds", "How long compiles of a bundle took", MetricKind::kHistogram, {}};
  const MutexLock lock(mutex_);
  for (const auto &[name, counts] : bundles_) {
    const MetricLabels labels = {{"bundle", name}};
    loads.samples.push_back({labels, static_cast<double>(counts->loads), {}});
    reloads.samples.push_back({labels, static_cast<double>(counts->reloads), {}});
    failures.samples.push_back({labels, static_cast<double>(counts->failures), {}});
    hits.samples.push_back({labels, static_cast<double>(counts->cache_hits), {}});
    HistogramSnapshot took = counts->compiles.snapshot();
    const double seconds = static_cast<double>(took.sum()) * 1e-9;
    compiles.samples.push_back({labels, seconds, std::move(took)});
  }
  return {std::move(loads), std::move(reloads), std::move(failures), std::move(hits), std::move(compiles)};
}

} // namespace graft
