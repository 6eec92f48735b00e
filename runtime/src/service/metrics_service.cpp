// graft.metrics: plugins find a series once, and count without a lock.
#include "service_call.hpp"

#include <graft/service/metrics.h>

#include <cmath>

namespace graft {
namespace {

constexpr double kMostObserved = 1.8e10;

Result<void> find_series(ServiceUse &use, std::uint32_t kind, std::string_view name, const graft_str *labels,
                         std::size_t count, std::uint64_t *out) {
  if (kind < GRAFT_COUNTER || kind > GRAFT_HISTOGRAM)
    return error(Code::kInvalid, "there is no kind of metric " + std::to_string(kind) + "; 1 to 3 are");
  if (out == nullptr || (labels == nullptr && count != 0) || count % 2 != 0)
    return error(Code::kInvalid, "a series needs a place for its number, and labels as names and values in turn");
  MetricLabels pairs;
  for (std::size_t index = 0; index < count; index += 2) pairs.emplace_back(view(labels[index]), view(labels[index + 1]));
  GRAFT_TRY_ASSIGN(*out,
                   use.bundle.series.find(use.services.series_names, static_cast<MetricKind>(kind), name, std::move(pairs)));
  return {};
}

Result<Series *> series_at(ServiceUse &use, std::uint64_t number) {
  if (Series *series = use.bundle.series.at(number)) return series;
  return error(Code::kInvalid,
               "bundle '" + use.bundle.name + "' has no series " + std::to_string(number) + "; ask for one with `series`");
}

Error wrong(const Series &series, const char *what) {
  return error(Code::kInvalid, "metric '" + series.name + "' is a " + to_string(series.kind) + "; " + what);
}

Result<void> add_to(ServiceUse &use, std::uint64_t number, double amount) {
  GRAFT_TRY_ASSIGN(Series *const series, series_at(use, number));
  if (series->kind == MetricKind::kHistogram) return wrong(*series, "it observes, and is not added to");
  if (series->kind == MetricKind::kCounter && !(amount >= 0)) return wrong(*series, "it only grows");
  if (!std::isfinite(amount)) return wrong(*series, "it takes finite numbers");
  series->value.fetch_add(amount, std::memory_order_relaxed);
  return {};
}

Result<void> set_to(ServiceUse &use, std::uint64_t number, double value) {
  GRAFT_TRY_ASSIGN(Series *const series, series_at(use, number));
  if (series->kind != MetricKind::kGauge) return wrong(*series, "only a gauge is set");
  series->value.store(value, std::memory_order_relaxed);
  return {};
}

Result<void> observe_in(ServiceUse &use, std::uint64_t number, double value) {
  GRAFT_TRY_ASSIGN(Series *const series, series_at(use, number));
  if (series->kind != MetricKind::kHistogram) return wrong(*series, "only a histogram observes");
  if (!(value >= 0 && value <= kMostObserved)) return wrong(*series, "it takes values from 0 to 1.8e10");
  series->histogram.record(static_cast<std::uint64_t>(value * 1e9));
  series->sum.fetch_add(value, std::memory_order_relaxed);
  return {};
}

graft_status series(void *self, uint32_t kind, graft_str name, const graft_str *labels, size_t label_count, uint64_t *out) {
  return answer(self, ServiceFunction::kMetricsSeries,
                [&](ServiceUse &use) { return find_series(use, kind, view(name), labels, label_count, out); });
}
graft_status add(void *self, uint64_t number, double amount) {
  return answer(self, ServiceFunction::kMetricsAdd, [&](ServiceUse &use) { return add_to(use, number, amount); });
}
graft_status set(void *self, uint64_t number, double value) {
  return answer(self, ServiceFunction::kMetricsSet, [&](ServiceUse &use) { return set_to(use, number, value); });
}
graft_status observe(void *self, uint64_t number, double value) {
  return answer(self, ServiceFunction::kMetricsObserve, [&](ServiceUse &use) { return observe_in(use, number, value); });
}

} // namespace

Result<void> offer_metrics(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_metrics{.series = series, .add = add, .set = set, .observe = observe});
}

} // namespace graft
