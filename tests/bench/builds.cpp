// Builds of other shapes than one small file: many files of which one is edited, many weak functions, many saves, a busy
// machine.
#include "builds.hpp"

#include "peers.hpp"
#include "plugins.hpp"
#include "temp_folder.hpp"

#include <graft/abi.h>

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

GRAFT_CONTRACT(bench_step, "bench.step", 1, 0) { int32_t (*step)(int32_t value); };

namespace graft::bench {
namespace {

constexpr int kFiles = 30, kEdits = 15, kSpawns = 7, kSaves = 2'000, kBusySaves = 500;

double milliseconds(const std::function<void()> &what) {
  const auto start = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// A file of a C library: two headers of libc, forty functions that call those of the file before.
std::string c_file(int file, int edit) {
  std::string text =
      "#include <stdio.h>\n#include <string.h>\nint edit" + std::to_string(file) + " = " + std::to_string(edit) + ";\n";
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i), name = "f" + std::to_string(file) + "_" + number;
    const std::string callee = "f" + std::to_string((file + kFiles - 1) % kFiles) + "_" + number;
    text += "int " + callee + "(char *, unsigned long, int);\nint " + name +
            "(char *text, unsigned long size, int depth) {\n  char local[64] = {0};\n  if (depth == 0) return "
            "(int)strlen(text) + " +
            number +
            ";\n  for (unsigned long i = 0; i + 1 < size && i < sizeof local - 1; ++i) local[i] = (char)(text[i] ^ " +
            number + ");\n  return snprintf(text, size, \"%s\", local) + " + callee + "(text, size, depth - 1);\n}\n";
  }
  return text;
}

MemoryBundle c_library(int edit) {
  MemoryBundle bundle{"library", {{"main.c", step_text(1) + c_file(0, 0)}}};
  for (int file = 1; file < kFiles; ++file)
    bundle.files.push_back({"file" + std::to_string(file) + ".c", c_file(file, file == 7 ? edit : 0)});
  return bundle;
}

/// What make would do: one compile, and a link of all.
Median spawned_edit_ms() {
  const test::TempFolder folder;
  std::vector<std::string> link = {"clang-22", "-shared", "-fuse-ld=lld", "-o", folder / "all.so"};
  const auto compile = [&](int file, int edit) {
    const std::string source = folder.write("file" + std::to_string(file) + ".c", c_file(file, edit));
    spawn({"clang-22", "-O0", "-fPIC", "-c", "-o", source + ".o", source});
    return source + ".o";
  };
  for (int file = 0; file < kFiles; ++file) link.push_back(compile(file, 0));
  std::vector<double> times;
  for (int edit = 1; edit <= kSpawns; ++edit)
    times.push_back(milliseconds([&] {
      compile(7, edit);
      spawn(link);
      void *handle = nullptr;
      benchmark::DoNotOptimize(open_and_find(folder / "all.so", "f7_0", &handle));
      dlclose(handle);
    }));
  return median(times);
}

void add_many_files_rows(std::vector<Row> &rows) {
  const auto runtime = must(Runtime::create());
  must(runtime->load(c_library(0)));
  std::vector<double> edits;
  StepTimes times;
  std::size_t most = 0;
  for (int edit = 1; edit <= kEdits; ++edit) {
    edits.push_back(milliseconds([&] { must(runtime->reload(c_library(edit), {.times = &times})); }));
    most = std::max(most, times.compiled);
  }
  rows.push_back(
      make_row("30 C files, one edited: files compiled", static_cast<double>(most), "", "", 0, Bar::kValueAtMost, 1));
  rows.push_back(make_row("30 C files, one edited", median(edits), "ms", "spawn clang -c, clang -shared, dlopen",
                          spawned_edit_ms(), Bar::kRatioAtMost, 1));
}

/// Four chains of 500 functions that a template makes, each calling the next.
Row weak_functions_row() {
  std::string text = "#include <graft/abi.h>\n"
                     "template <int Chain, int N> [[gnu::noinline]] int link(int x) {\n"
                     "  if constexpr (N == 0) return x; else return link<Chain, N - 1>(x + Chain) + 1;\n}\n"
                     "GRAFT_CONTRACT(bench_step, \"bench.step\", 1, 0) { int32_t (*step)(int32_t value); };\n"
                     "static int32_t step(int32_t value) { return 0";
  for (int chain = 0; chain < 4; ++chain) text += " + link<" + std::to_string(chain) + ", 500>(value)";
  text += "; }\nGRAFT_PROVIDE(bench_step, {.step = step})\n";
  const auto runtime = must(Runtime::create());
  std::vector<double> links;
  StepTimes times;
  must(runtime->load({"weak", {{"main.cpp", text}}}));
  for (int edit = 0; edit < 9; ++edit) {
    text += "int edit" + std::to_string(edit) + ";\n";
    must(runtime->reload(MemoryBundle{"weak", {{"main.cpp", text}}}, {.times = &times}));
    links.push_back(static_cast<double>(times.link_ns) / 1e6);
  }
  return make_row("2,000 weak functions in one file, link", median(links), "ms", "", 0, Bar::kValueAtMost, 100);
}

/// Of the STL plugin's shape, saved as somebody does who is at it all day.
Row saves_memory_row() {
  const auto text = [](int edit) {
    return "#include <graft/abi.h>\n#include <algorithm>\n#include <iostream>\n#include <stdexcept>\n#include <string>\n"
           "#include <unordered_map>\n#include <vector>\n"
           "GRAFT_CONTRACT(bench_step, \"bench.step\", 1, 0) { int32_t (*step)(int32_t value); };\n"
           "static int32_t step(int32_t value) {\n  std::vector<int> values = {3, 1, value};\n"
           "  std::sort(values.begin(), values.end());\n  std::unordered_map<std::string, int> counts;\n"
           "  for (int one : values) counts[std::to_string(one)] += " +
           std::to_string(edit) +
           ";\n  if (counts.empty()) std::cout << \"none\" << std::endl;\n  return counts[\"3\"];\n}\n"
           "GRAFT_PROVIDE(bench_step, {.step = step})\n";
  };
  Config config;
  config.learning = Learning::kAtOnce;
  const auto runtime = must(Runtime::create(std::move(config)));
  must(runtime->load({"saved", {{"main.cpp", text(0)}}}));
  runtime->await_learning();
  std::size_t after_first_hundred = 0;
  for (int save = 1; save <= kSaves; ++save) {
    must(runtime->reload(MemoryBundle{"saved", {{"main.cpp", text(save)}}}));
    if (save == 100) after_first_hundred = resident_bytes();
  }
  const double grown = static_cast<double>(resident_bytes()) - static_cast<double>(after_first_hundred);
  return make_row("RSS growth, 2,000 saves of the STL plugin after 100", std::max(grown, 0.0) / 1024, "KiB", "", 0,
                  Bar::kValueAtMost, 2'048);
}

/// The slowest hundredth of saves while somebody else computes on each other processor.
Row busy_row() {
  std::atomic<bool> stop{false}; // relaxed: it carries nothing but itself
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::max(2u, std::thread::hardware_concurrency()); ++i)
    others.emplace_back([&stop] {
      for (std::uint64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) benchmark::DoNotOptimize(n);
    });
  const auto runtime = step_runtime(0);
  const auto bound = must(runtime->bind<bench_step>());
  std::vector<double> saves;
  for (int save = 0; save < kBusySaves; ++save)
    saves.push_back(milliseconds([&] {
      must(runtime->reload(bundle("step", step_text(save + 2))));
      benchmark::DoNotOptimize(bound->step(1));
    }));
  stop.store(true, std::memory_order_relaxed);
  std::ranges::sort(saves);
  return make_row("save -> callable, other processors busy: p99", saves[saves.size() * 99 / 100], "ms", "its median",
                  median(saves), Bar::kRatioAtMost, 3);
}

} // namespace

void add_build_rows(std::vector<Row> &rows) {
  add_many_files_rows(rows);
  rows.push_back(weak_functions_row());
  rows.push_back(busy_row());
  rows.push_back(saves_memory_row());
}

} // namespace graft::bench
