// What a thousand live bundles cost those who come after: a publication, and a `throw` of the host's. And a swap alone,
// which is what is left of a reload when its artifact is there already.
#include "crowded.hpp"
#include "plugins.hpp"

#include <chrono>

namespace graft::bench {
namespace {

constexpr int kRollbacks = 500;

/// What goes back and forth between two versions.
std::unique_ptr<Runtime> swapping_runtime() {
  auto runtime = step_runtime(0);
  must(runtime->reload(bundle("step", step_text(2))));
  return runtime;
}

struct SwapTimes {
  std::vector<double> publish_ns;
  std::vector<double> whole_ns;
};

void swap_once(Runtime &runtime, SwapTimes &times) {
  StepTimes steps;
  ReloadOptions options;
  options.times = &steps;
  const auto start = std::chrono::steady_clock::now();
  must(runtime.rollback("step", 1, options));
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
  times.publish_ns.push_back(static_cast<double>(steps.publish_ns));
  times.whole_ns.push_back(passed.count());
}

/// One throw in the host, caught in the frame above.
__attribute__((noinline)) void throw_in_host(int value) { throw value; }
int catch_in_host() {
  try {
    throw_in_host(1);
  } catch (int value) {
    return value;
  }
  return 0;
}

Median throw_ns() {
  constexpr int kThrows = 2'000, kRepeats = 9;
  std::vector<double> times;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kThrows; ++i) benchmark::DoNotOptimize(catch_in_host());
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    times.push_back(passed.count() / kThrows);
  }
  return median(times);
}

} // namespace

void add_publication_rows(std::vector<Row> &rows) {
  constexpr int kBundles = 1'000;
  const Median throw_alone = throw_ns();
  const auto alone = swapping_runtime(), crowded = swapping_runtime();
  for (int index = 1; index < kBundles; ++index)
    must(crowded->load(bundle("b" + std::to_string(index), step_text(index + 2))));
  SwapTimes with_one, with_many;
  for (int round = 0; round < kRollbacks; ++round) { // interleaved
    swap_once(*alone, with_one);
    swap_once(*crowded, with_many);
  }
  rows.push_back(make_row("publication, 1,000 bundles loaded", median(with_many.publish_ns) / 1e3, "us", "the same with 1",
                          median(with_one.publish_ns) / 1e3, Bar::kRatioAtMost, 1.25));
  rows.push_back(make_row("swap alone (publication)", median(with_one.publish_ns) / 1e3, "us", "the rollback that it ends",
                          median(with_one.whole_ns) / 1e3, Bar::kValueAtMost, 10));
  rows.push_back(make_row("rollback, 1,000 bundles loaded", median(with_many.whole_ns) / 1e3, "us", "the same with 1",
                          median(with_one.whole_ns) / 1e3, Bar::kValueAtMost, 10'000));
  rows.push_back(make_row("throw in the host, 1,000 live bundles", throw_ns() / 1e3, "us", "the same with none",
                          throw_alone / 1e3, Bar::kRatioAtMost, 2));
}

} // namespace graft::bench
