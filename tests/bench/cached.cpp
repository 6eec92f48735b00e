// Each measurement is a process of its own, because that is the question; its start is not counted, making its runtime is.
#include "cached.hpp"

#include "plugins.hpp"
#include "temp_folder.hpp"

#include <chrono>

namespace graft::bench {
namespace {

constexpr int kProcesses = 21;

constexpr const char *kLibraryText = R"(#include <graft/abi.h>
#include <algorithm>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>
GRAFT_CONTRACT(bench_words, "bench.words", 1, 0) { int32_t (*count)(int32_t number); };
static int32_t count(int32_t number) {
  std::unordered_map<std::string, int> counts;
  std::vector<std::string> words;
  for (int32_t i = 0; i < number; ++i) words.push_back("word" + std::to_string(i % 7));
  std::sort(words.begin(), words.end());
  for (const std::string &word : words) ++counts.at(counts.try_emplace(word, 0).first->first);
  try {
    if (counts.empty()) throw number;
  } catch (int32_t none) {
    std::cout << none << "\n";
  }
  return static_cast<int32_t>(counts.size());
}
GRAFT_PROVIDE(bench_words, {.count = count})
)";

struct Measured {
  double load_us = 0;
  double link_us = 0;
};

/// One process's.
Measured measure(const std::string &command) {
  Measured measured;
  std::FILE *out = popen(command.c_str(), "r");
  if (out == nullptr || std::fscanf(out, "%lf %lf", &measured.load_us, &measured.link_us) != 2) {
    std::fprintf(stderr, "graft_bench: %s says nothing\n", command.c_str());
    std::exit(1);
  }
  pclose(out);
  return measured;
}

} // namespace

int load_cached(const std::string &bundle, const std::string &cache) {
  const auto start = std::chrono::steady_clock::now();
  Config config;
  config.cache.folder = cache;
  const auto runtime = must(Runtime::create(std::move(config)));
  StepTimes times;
  must(runtime->load(bundle, {.times = &times}));
  const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start;
  std::printf("%f %f\n", passed.count(), static_cast<double>(times.link_ns) / 1e3);
  return 0;
}

void add_cached_rows(std::vector<Row> &rows, const std::string &program) {
  const test::TempFolder folder;
  const auto add = [&](const std::string &file, const std::string &text, const char *name) {
    const std::string command = "'" + program + "' --cached '" + folder.write(file, text) + "' '" + folder / "cache" + "'";
    const double compiled = measure(command).load_us; // and now it is in the cache
    std::vector<double> loads, links;
    for (int i = 0; i < kProcesses; ++i) {
      const Measured measured = measure(command);
      loads.push_back(measured.load_us);
      links.push_back(measured.link_us);
    }
    const std::string what = std::string("unchanged, new process: ") + name;
    rows.push_back(
        make_row(what + ", load", median(loads) / 1e3, "ms", "compiling it", compiled / 1e3, Bar::kValueAtMost, 3));
    return median(links);
  };
  const auto add_link = [&](const char *name, const Median &link, double bar) {
    rows.push_back(make_row(std::string("unchanged, new process: ") + name + ", link", link, "us", "", 0, Bar::kValueAtMost, bar));
  };
  add_link("one C function", add("step.c", step_text(1), "one C function"), 60);
  add_link("C++ with the library", add("words.cpp", kLibraryText, "C++ with the library"), 3000);
}

} // namespace graft::bench
