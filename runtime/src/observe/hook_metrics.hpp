// What plugins did in hooks, and the states that bundles are in, as metrics.
#pragma once

#include <graft/metrics.hpp>
#include <graft/plugin_state.hpp>

#include <vector>

namespace graft {

std::vector<MetricFamily> families_of(const std::vector<HookPart> &parts);
std::vector<MetricFamily> families_of(const std::vector<BundleStatus> &statuses);

} // namespace graft
