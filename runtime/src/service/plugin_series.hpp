// The numbers that plugins count: by bundle, name and labels. They outlive the code that counts.
//
// Invariants:
//   M1  A name is of one kind in all bundles, and no two share one that they are exported by, as Prometheus wants it.
//   M2  A series, once made, stays where it is: plugins name it by its place.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/histogram.hpp>
#include <graft/metrics.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Whose each name in the export is (M1). Threads: any.
class SeriesNames {
 public:
  /// kConflict when it is of another kind, or would be exported by a name that another has.
  Result<void> claim(const std::string &name, MetricKind kind);

 private:
  struct Owner {
    std::string name; ///< as plugins say it
    MetricKind kind;
  };

  Mutex mutex_;
  std::map<std::string, Owner, std::less<>> owners_ GRAFT_GUARDED_BY(mutex_); ///< by the name in the export
};

/// The name of a family in the export, behind "plugin_".
std::string exported_name(const std::string &name, MetricKind kind);

struct Series {
  std::string name;
  MetricKind kind = MetricKind::kCounter;
  MetricLabels labels;          ///< sorted
  std::atomic<double> value{0}; ///< relaxed: it guards nothing
  std::atomic<double> sum{0};   ///< of a histogram; the same
  Histogram histogram{};        ///< in billionths
};

/// Threads: any; who counts takes no lock.
class SeriesOfBundle {
 public:
  explicit SeriesOfBundle(std::size_t limit) : places_(std::make_unique<Place[]>(limit)), limit_(limit) {}

  /// The number of a series, which is made where there is none. kInvalid, kConflict, kExhausted.
  Result<std::uint64_t> find(SeriesNames &names, MetricKind kind, std::string_view name, MetricLabels labels);
  /// Null when no series has that number.
  Series *at(std::uint64_t number) const noexcept;
  /// Puts each series into the family of its name, which is made where there is none.
  void add_to(std::vector<MetricFamily> &families, const std::string &bundle) const;

 private:
  /// Null until it is made; release by who makes it, acquire by who counts.
  using Place = std::atomic<Series *>;
  std::unique_ptr<Place[]> places_;
  const std::size_t limit_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Series>> all_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
