// What a host sees, through the shared library; then the parts' rows; then the table.
#include "builds.hpp"
#include "cached.hpp"
#include "call_loops.hpp"
#include "crowded.hpp"
#include "kernels.hpp"
#include "peers.hpp"
#include "plugins.hpp"
#include "row.hpp"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

namespace {

using namespace graft;
using namespace graft::bench;

std::string peer_text(int add) { return "int step(int value) { return value + " + std::to_string(add) + "; }\n"; }

/// A loop of so many calls beside its peer: they take turns of a fifth of a millisecond, so that what slows the machine down for longer
/// slows both; the ratio is the median of the turns'.
template <class Ours, class Peer>
Row call_row(const char *name, Ours ours, Peer peer, double bar) {
  constexpr int kTurns = 301, kCalls = 100'000;
  std::vector<double> our_times, peer_times, ratios;
  const auto per_call = [](auto loop) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(loop(kCalls));
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    return passed.count() / kCalls;
  };
  for (int turn = 0; turn < kTurns; ++turn) {
    peer_times.push_back(per_call(peer));
    our_times.push_back(per_call(ours));
    ratios.push_back(our_times.back() / peer_times.back());
  }
  Row row = make_row(name, median(our_times), "ns", "plain indirect call", median(peer_times), Bar::kRatioAtMost, bar);
  row.ratio = median(ratios);
  return row;
}

void add_call_rows(std::vector<Row> &rows) {
  const auto runtime = step_runtime(2);
  const auto bound = must(runtime->bind<bench_step>());
  const bench_step *table = &*bound.pin(); // nothing reloads this bundle, so the peer needs no pin
  const auto plain_clang = [&](int calls) { return loop_plain_clang(&table, calls); };
  const auto bound_clang = [&](int calls) { return loop_bound_clang(bound, calls); };
  const auto nested_clang = [&](int calls) {
    const auto outer = bound.pin();
    return loop_bound_clang(bound, calls);
  };
  rows.push_back(call_row("call, clang host", bound_clang, plain_clang, 1.25));
  rows.push_back(call_row("call inside a pinned call, clang host", nested_clang, plain_clang, 2.5));
  rows.push_back(call_row("call, g++ host", [&](int calls) { return loop_bound_gcc(bound, calls); },
                          [&](int calls) { return loop_plain_gcc(&table, calls); }, 1.35));
}

void add_rows_of_saves(std::vector<Row> &rows, const Collector &measured) {
  const Median save = measured.median_ns("save_to_callable") / 1e6;
  rows.push_back(make_row("save -> callable, one C function", save, "ms", "", 0, Bar::kValueAtMost, 2));
  rows.push_back(make_row("save -> callable, one C function", save, "ms", "spawn clang -shared + dlopen",
                          measured.median_ns("spawn_clang") / 1e6, Bar::kRatioAtLeast, 15));
  rows.push_back(make_row("save -> callable, one C function", save, "ms", "spawn gcc -shared + dlopen",
                          measured.median_ns("spawn_gcc") / 1e6, Bar::kRatioAtLeast, 15));
  if (is_installed("tcc"))
    rows.push_back(make_row("save -> callable, one C function", save, "ms", "spawn tcc -shared + dlopen",
                            measured.median_ns("spawn_tcc") / 1e6, Bar::kRatioAtMost, 1));
  rows.push_back(make_row("save -> told of a syntax error, one C function", measured.median_ns("save_with_an_error") / 1e6, "ms",
                          "save -> callable", save, Bar::kValueAtMost, 2));
}

void add_memory_rows(std::vector<Row> &rows) {
  const auto runtime = step_runtime(0);
  constexpr int kReloads = 10'000;
  std::size_t after_first_hundred = 0;
  for (int round = 1; round <= kReloads; ++round) {
    must(runtime->reload(bundle("step", step_text(round % 1'000 + 2))));
    if (round == 100) after_first_hundred = resident_bytes();
  }
  const double grown = static_cast<double>(resident_bytes()) - static_cast<double>(after_first_hundred);
  rows.push_back(make_row("RSS growth, 10,000 reloads after the first 100", std::max(grown, 0.0) / 1024, "KiB", "", 0,
                          Bar::kValueAtMost, 1'024));
}

void add_crowd_rows(std::vector<Row> &rows) {
  constexpr int kBundles = 5'000, kSample = 500;
  // What is optimised meanwhile would be measured as well, at the end more than at the beginning.
  const auto runtime = must(Runtime::create({.tier_up = TierUp::kFast}));
  must(runtime->load(bundle("warm", step_text(1))));
  const std::size_t before = resident_bytes();
  double first = 0, last = 0;
  for (int index = 0; index < kBundles; ++index) {
    const auto start = std::chrono::steady_clock::now();
    must(runtime->load(bundle("b" + std::to_string(index), step_text(index + 2))));
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
    if (index < kSample) first += passed.count() / kSample;
    if (index >= kBundles - kSample) last += passed.count() / kSample;
  }
  const double each = static_cast<double>(resident_bytes() - before) / kBundles / 1'000;
  rows.push_back(make_row("memory a bundle, 5,000 live", each, "kB", "", 0, Bar::kValueAtMost, 30));
  rows.push_back(make_row("load, last 500 of 5,000", last, "ms", "first 500 of 5,000", first, Bar::kRatioAtMost, 1.2));
}

/// The rows of the program that links the pieces.
void add_part_rows(std::vector<Row> &rows) {
  const std::string file = std::string(GRAFT_BENCH_JSON) + ".parts";
  if (std::system((std::string("'") + GRAFT_BENCH_PARTS + "' '" + file + "'").c_str()) != 0) {
    std::fprintf(stderr, "graft_bench: %s failed\n", GRAFT_BENCH_PARTS);
    return;
  }
  std::ifstream stream(file);
  for (const auto &json : nlohmann::json::parse(stream)) rows.push_back(from_json(json));
  unlink(file.c_str());
}

std::string cell(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  return text;
}

void print(const std::vector<Row> &rows) {
  const char *signs[] = {"<=", "<= x", ">= x"};
  std::printf("%-48s %12s %7s  %-30s %12s %8s  %-8s\n", "what", "value", "noise", "beside", "its value", "ratio", "bar");
  for (const Row &row : rows) {
    const std::string bar = std::string(signs[static_cast<int>(row.kind)]) + cell(row.bar);
    const std::string noise = std::isnan(row.value.noise) ? "" : cell(row.value.noise * 100) + " %";
    std::printf("%-48s %9s %-3s %6s  %-30s %9s %-3s %7sx  %-8s %s\n", row.name.c_str(), cell(row.value).c_str(), row.unit.c_str(),
                noise.c_str(), row.peer.c_str(), row.peer_value != 0 ? cell(row.peer_value).c_str() : "",
                row.peer_value != 0 ? row.unit.c_str() : "", row.ratio != 0 ? cell(row.ratio).c_str() : "", bar.c_str(),
                row.holds() ? "holds" : "falls short");
  }
}

/// One function's save beside spawned compilers, and one that has an error in it.
void add_save_rows(std::vector<Row> &rows) {
  const auto add_loop = [](const char *name, auto loop) {
    benchmark::RegisterBenchmark(name, [loop](benchmark::State &state) {
      for (auto _ : state) benchmark::DoNotOptimize(loop());
    });
  };
  const auto saves = step_runtime(0);
  const auto saved = must(saves->bind<bench_step>());
  int version = 1;
  benchmark::RegisterBenchmark("save_to_callable", [&](benchmark::State &state) {
    for (auto _ : state) {
      must(saves->reload(bundle("step", step_text(++version))));
      benchmark::DoNotOptimize(saved->step(1));
      state.PauseTiming();
      saves->await_learning(); // who saves thinks in between; what is done then is not waited for
      state.ResumeTiming();
    }
  });
  benchmark::RegisterBenchmark("save_with_an_error", [&](benchmark::State &state) {
    for (auto _ : state) {
      std::string text = step_text(++version);
      text.insert(text.find("; }\nGRAFT_PROVIDE"), " +* 2");
      if (saves->reload(bundle("step", text))) state.SkipWithError("compiles");
      state.PauseTiming();
      saves->await_learning();
      state.ResumeTiming();
    }
  });
  const auto add_spawn = [&](const char *name, const char *compiler) {
    add_loop(name, [&version, compiler] {
      void *handle = nullptr;
      const auto step = reinterpret_cast<int (*)(int)>(
          open_and_find(spawn_compile(compiler, {"-O0"}, peer_text(++version)), "step", &handle));
      const int value = step(1);
      dlclose(handle);
      return value;
    });
  };
  add_spawn("spawn_clang", "clang-22");
  add_spawn("spawn_gcc", "gcc");
  if (is_installed("tcc")) add_spawn("spawn_tcc", "tcc");
  Collector measured;
  run_interleaved(measured);
  benchmark::ClearRegisteredBenchmarks();
  add_rows_of_saves(rows, measured);
}

/// The rows of a group, from a process of its own: what one group leaves in memory would be copied with the tables of its pages
/// whenever the next one starts a process.
std::vector<Row> measured_apart(const std::function<void(std::vector<Row> &)> &add) {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::vector<Row> rows;
    add(rows);
    nlohmann::json json = nlohmann::json::array();
    for (const Row &row : rows) json.push_back(to_json(row));
    const std::string text = json.dump();
    std::FILE *const to = ::fdopen(ends[1], "w");
    std::fwrite(text.data(), 1, text.size(), to);
    std::exit(std::fclose(to) == 0 ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char some[4096];
  for (ssize_t count; (count = ::read(ends[0], some, sizeof some)) > 0;) text.append(some, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) std::exit(1);
  std::vector<Row> rows;
  for (const nlohmann::json &row : nlohmann::json::parse(text)) rows.push_back(from_json(row));
  return rows;
}

} // namespace

/// usage: graft_bench [GROUP...]; without a group, all, and the table is written as JSON too.
int main(int argc, char **argv) {
  if (argc == 4 && std::string(argv[1]) == "--cached") return load_cached(argv[2], argv[3]);
  setenv("GRAFT_CACHE", "off", /*overwrite=*/1); // what is measured is compiled; the rows of the cache say where theirs is
  const std::pair<std::string, std::function<void(std::vector<Row> &)>> groups[] = {
      {"saves", add_save_rows},
      {"calls", add_call_rows},
      {"lookup", add_lookup_rows},
      {"publication", add_publication_rows},
      {"services", add_service_rows},
      {"hooks", add_hook_rows},
      {"workloads", add_workload_rows},
      {"edits", add_edit_rows},
      {"builds", add_build_rows},
      {"cached", [&](std::vector<Row> &rows) { add_cached_rows(rows, argv[0]); }},
      {"repl", add_repl_rows},
      {"kernels", add_kernel_rows},
      {"parts", add_part_rows},
      {"memory", add_memory_rows},
      {"crowd", add_crowd_rows},
  };
  const std::set<std::string> asked(argv + 1, argv + argc);
  for (const std::string &name : asked)
    if (std::ranges::none_of(groups, [&](const auto &group) { return group.first == name; })) {
      std::fprintf(stderr, "graft_bench: no group '%s'; there are:", name.c_str());
      for (const auto &group : groups) std::fprintf(stderr, " %s", group.first.c_str());
      std::fprintf(stderr, "\n");
      return 2;
    }
  std::vector<Row> rows;
  for (const auto &[name, add] : groups)
    if (asked.empty() || asked.contains(name)) std::ranges::move(measured_apart(add), std::back_inserter(rows));
  print(rows);
  if (!asked.empty()) return 0;
  nlohmann::json json = nlohmann::json::array();
  for (const Row &row : rows) json.push_back(to_json(row));
  std::ofstream(GRAFT_BENCH_JSON) << json.dump(2) << "\n";
  std::printf("noise is the spread of the middle half over the median; written to %s\n", GRAFT_BENCH_JSON);
}
