// See watch_report.hpp. Events come on the watcher's thread, one at a time.
#include "watch_report.hpp"

#include "json.hpp"
#include "output.hpp"
#include "stop_signal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace graft::tool {
namespace {

/// "a: generation 3" or "a, b: generations 3, 4".
std::string named(const std::vector<BundleInfo> &bundles) {
  std::vector<std::string> names;
  std::vector<std::uint64_t> generations;
  for (const BundleInfo &bundle : bundles) {
    names.push_back(bundle.name);
    generations.push_back(bundle.generation);
  }
  return fmt::format("{}: generation{} {}", fmt::join(names, ", "), names.size() == 1 ? "" : "s",
                     fmt::join(generations, ", "));
}

/// What became of their state, each way once.
std::string plans(const std::vector<BundleInfo> &bundles) {
  std::vector<std::string> words;
  for (const BundleInfo &bundle : bundles)
    if (std::ranges::find(words, bundle.plan) == words.end()) words.push_back(bundle.plan);
  return fmt::format("{}", fmt::join(words, "; "));
}

std::string files(const std::vector<std::string> &changed) {
  std::vector<std::string> names;
  for (const std::string &file : changed) names.push_back(shorten(file));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string steps(const WatchEvent &event) {
  const StepTimes &times = event.times;
  const bool is_cached =
      std::ranges::none_of(event.bundles, [](const BundleInfo &b) { return b.origin == Origin::kCompiled; });
  return fmt::format("{} {}, link {}, swap {}", is_cached ? "cached" : "compile", duration(times.read_ns + times.compile_ns),
                     duration(times.link_ns), duration(times.initialise_ns + times.publish_ns));
}

void print_failure(const WatchEvent &event) {
  print_error(*event.error);
  for (const BundleInfo &bundle : event.bundles)
    fmt::print(stderr, "{} stays at generation {}\n", bundle.name, bundle.generation);
  if (!event.path.empty()) fmt::print(stderr, "{} is not loaded\n", shorten(event.path));
}

void print_event(const WatchEvent &event) {
  for (const BundleInfo &bundle : event.bundles)
    if (event.phase == WatchPhase::kLoaded || event.phase == WatchPhase::kReloaded) print_diagnostics(bundle.warnings);
  const std::string word = paint(stdout, Ink::kGreen, to_string(event.phase));
  switch (event.phase) {
  case WatchPhase::kLoaded:
    return fmt::print("{} {}, {}\n", word, named(event.bundles), steps(event));
  case WatchPhase::kReloaded:
    return fmt::print("{} {}, {}, {}, changed {}\n", word, named(event.bundles), plans(event.bundles), steps(event),
                      files(event.changed));
  case WatchPhase::kUnchanged:
    return fmt::print("{} {}, changed {}\n", paint(stdout, Ink::kDim, "same code"), named(event.bundles),
                      files(event.changed));
  case WatchPhase::kUnloaded:
    return fmt::print("{} {}\n", word, named(event.bundles));
  case WatchPhase::kFailed:
    return print_failure(event);
  }
}

void print_event_json(const WatchEvent &event) {
  Json line = {{"event", to_string(event.phase)}, {"changed", event.changed}, {"bundles", Json::array()}};
  for (const BundleInfo &bundle : event.bundles) line["bundles"].push_back(json_of(bundle));
  if (!event.path.empty()) line["path"] = event.path;
  if (event.phase == WatchPhase::kLoaded || event.phase == WatchPhase::kReloaded) line["times_ns"] = json_of(event.times);
  if (event.error != nullptr) line["error"] = json_of(*event.error);
  print_json_line(line);
}

} // namespace

void report(const WatchEvent &event, const HostOptions &options) {
  if (options.format == Format::kJson) return print_event_json(event);
  print_event(event);
  const bool is_new = event.phase == WatchPhase::kLoaded || event.phase == WatchPhase::kReloaded;
  if (options.timings && is_new) print_timings(event.times);
  std::fflush(stdout);
}

void print_timings(const StepTimes &times) {
  const CompileTimes &stages = times.stages;
  const std::uint64_t codegen = stages.lower_ns + stages.optimise_ns + stages.emit_ns;
  const std::pair<const char *, std::uint64_t> rows[] = {
      {"scan", times.read_ns},        {"compile", times.compile_ns},
      {"  cache", times.cache_ns},    {"  preamble", stages.preamble_ns},
      {"  parse", stages.parse_ns()}, {"  instantiate", stages.instantiate_ns},
      {"  codegen", codegen},         {"link", times.link_ns},
      {"verify", times.verify_ns},    {"init", times.initialise_ns},
      {"migrate", times.migrate_ns},  {"swap", times.publish_ns}};
  fmt::print(stderr, "compiled {} of {}\n", times.compiled, counted(times.files, "file"));
  for (const auto &[name, took] : rows)
    if (took != 0) fmt::print(stderr, "{:<14}{:>10}\n", name, duration(took));
}

int watch_until_stopped(std::size_t bundles, Format format) {
  const auto stop = StopSignal::create();
  if (!stop) return fail(stop.error(), format);
  if (format == Format::kJson)
    print_json_line({{"event", "watching"}});
  else
    fmt::print(stderr, "watching {}; end with ctrl-c\n", counted(bundles, "bundle"));
  pollfd descriptor = {(*stop)->descriptor(), POLLIN, 0};
  while (::poll(&descriptor, 1, -1) < 0 && errno == EINTR) {
  }
  return kDone;
}

} // namespace graft::tool
