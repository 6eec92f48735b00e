// What a runtime counts, as an API and as text: for Prometheus, and as JSON.
//
//     for (const graft::MetricFamily &family : runtime->metrics()) ...
//     std::string page = graft::to_prometheus(runtime->metrics());
#pragma once

#include "histogram.hpp"

#include <graft/base/export.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace graft {

/// As graft_metric_kind.
enum class MetricKind : std::uint8_t { kCounter = 1, kGauge = 2, kHistogram = 3 };

/// "counter", "gauge", "histogram".
GRAFT_API const char *to_string(MetricKind kind) noexcept;

/// Names and values.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// One series at one moment.
struct MetricSample {
  MetricLabels labels;
  double value = 0;              ///< of a histogram, the sum of its values
  HistogramSnapshot histogram{}; ///< in billionths of the family's unit
};

struct MetricFamily {
  std::string name; ///< with the unit at its end, such as `_seconds`
  std::string help;
  MetricKind kind = MetricKind::kCounter;
  std::vector<MetricSample> samples;
};

/// Prometheus' text format, version 0.0.4: families with samples, each once.
GRAFT_API std::string to_prometheus(const std::vector<MetricFamily> &families);
/// An object by family; histograms as count, sum, max and the quantiles p50, p90, p99.
GRAFT_API std::string to_json(const std::vector<MetricFamily> &families);

} // namespace graft
