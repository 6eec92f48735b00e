// See hook_metrics.hpp. Kinds of failures that did not happen are exported, too: a rate needs to begin at 0.
#include "hook_metrics.hpp"

#include <utility>

namespace graft {

std::vector<MetricFamily> families_of(const std::vector<HookPart> &parts) {
  MetricFamily seconds{"graft_hook_seconds", "How long calls of a bundle in a hook took", MetricKind::kHistogram, {}};
  MetricFamily failures{"graft_hook_failures_total", "Calls of a bundle in a hook that failed", MetricKind::kCounter, {}};
  for (const HookPart &part : parts) {
    const MetricLabels labels = {{"bundle", part.bundle}, {"hook", part.hook}};
    seconds.samples.push_back({labels, static_cast<double>(part.latency.sum()) * 1e-9, part.latency});
    for (std::size_t kind = 0; kind < kCallFailures; ++kind) {
      MetricLabels of_kind = labels;
      of_kind.emplace_back("kind", to_string(static_cast<CallFailure>(kind)));
      failures.samples.push_back({std::move(of_kind), static_cast<double>(part.failures[kind]), {}});
    }
  }
  return {std::move(seconds), std::move(failures)};
}

std::vector<MetricFamily> families_of(const std::vector<BundleStatus> &statuses) {
  MetricFamily state{"graft_bundle_state", "1 for the state that a bundle is in", MetricKind::kGauge, {}};
  for (const BundleStatus &status : statuses)
    state.samples.push_back({{{"bundle", status.name}, {"state", to_string(status.state)}}, 1, {}});
  return {std::move(state)};
}

} // namespace graft
