// A row of the table: a subject's number beside its peer's, their ratio, and the bar.
#pragma once

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace graft::bench {

/// What the bar is about: the value itself, or the ratio, and on which side of it the good numbers are.
enum class Bar { kValueAtMost, kRatioAtMost, kRatioAtLeast };

/// A median, and how much the middle half of what it is the median of spreads, over it. NaN: a number that was not repeated.
struct Median {
  double value;
  double noise = std::nan("");

  Median(double number = 0) noexcept : value(number) {}
  explicit Median(std::vector<double> numbers) {
    std::sort(numbers.begin(), numbers.end());
    const auto at = [&](double part) { return numbers[static_cast<std::size_t>(part * static_cast<double>(numbers.size() - 1) + 0.5)]; };
    value = at(0.5);
    if (numbers.size() > 2) noise = (at(0.75) - at(0.25)) / value;
  }
  operator double() const noexcept { return value; }
  friend Median operator/(Median median, double by) noexcept {
    median.value /= by;
    return median;
  }
};

inline Median median(std::vector<double> values) { return Median(std::move(values)); }

struct Row {
  std::string name;
  Median value;
  std::string unit;
  std::string peer;        ///< what it is measured beside; empty for a row about its own value
  double peer_value = 0;   ///< 0: there is none
  double ratio = 0;        ///< kRatioAtLeast: peer / value (times faster); else value / peer
  Bar kind = Bar::kRatioAtMost;
  double bar = 0;

  bool holds() const {
    if (kind == Bar::kValueAtMost) return value <= bar;
    return kind == Bar::kRatioAtMost ? ratio <= bar : ratio >= bar;
  }
};

inline Row make_row(std::string name, Median value, std::string unit, std::string peer, double peer_value, Bar kind, double bar) {
  Row row{std::move(name), value, std::move(unit), std::move(peer), peer_value, 0, kind, bar};
  if (peer_value != 0 && value != 0) row.ratio = kind == Bar::kRatioAtLeast ? peer_value / value.value : value.value / peer_value;
  return row;
}

inline nlohmann::json to_json(const Row &row) {
  const char *kinds[] = {"value <=", "ratio <=", "ratio >="};
  return {{"name", row.name},
          {"value", row.value.value},
          {"noise", row.value.noise}, // null where there is none
          {"unit", row.unit},
          {"peer", row.peer},
          {"peer_value", row.peer_value},
          {"ratio", row.ratio},
          {"bar", row.bar},
          {"bar_is", kinds[static_cast<int>(row.kind)]},
          {"holds", row.holds()}};
}

inline Row from_json(const nlohmann::json &json) {
  Row row;
  row.name = json.at("name");
  row.value = json.at("value").get<double>();
  if (const auto &noise = json.at("noise"); !noise.is_null()) row.value.noise = noise;
  row.unit = json.at("unit");
  row.peer = json.at("peer");
  row.peer_value = json.at("peer_value");
  row.ratio = json.at("ratio");
  row.bar = json.at("bar");
  const std::string kind = json.at("bar_is");
  row.kind = kind == "value <=" ? Bar::kValueAtMost : kind == "ratio <=" ? Bar::kRatioAtMost : Bar::kRatioAtLeast;
  return row;
}

/// Collects each benchmark's repeats; the number of a benchmark is their median.
class Collector : public benchmark::BenchmarkReporter {
public:
  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs)
      if (run.run_type == Run::RT_Iteration && !run.error_occurred)
        times_[run.run_name.function_name].push_back(run.real_accumulated_time / static_cast<double>(run.iterations) * 1e9);
  }

  /// In nanoseconds; NaN for a benchmark that did not run.
  Median median_ns(const std::string &name) const {
    const auto found = times_.find(name);
    return found == times_.end() || found->second.empty() ? Median(std::nan("")) : Median(found->second);
  }

private:
  std::map<std::string, std::vector<double>> times_;
};

/// Runs what is registered: nine repeats of everything, interleaved at random.
inline void run_interleaved(Collector &collector) {
  char name[] = "graft_bench", repeats[] = "--benchmark_repetitions=9", random[] = "--benchmark_enable_random_interleaving=true",
       time[] = "--benchmark_min_time=0.05";
  char *arguments[] = {name, repeats, random, time};
  int count = 4;
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks(&collector);
}

} // namespace graft::bench
