// The plugins that hosts load here, and what every host needs to load them.
#pragma once

#include "row.hpp"

#include <graft/runtime.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft::bench {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "graft_bench: %s\n%s", result.error().text().c_str(), render(result.error().diagnostics).c_str());
    std::exit(1);
  }
  return *std::move(result);
}

inline MemoryBundle bundle(const std::string &name, const std::string &text) { return {name, {{"main.c", text}}}; }

/// One contract of one function, which adds `add`.
inline std::string step_text(int add) {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(bench_step, \"bench.step\", 1, 0) { int32_t (*step)(int32_t value); };\n"
         "static int32_t step(int32_t value) { return value + " +
         std::to_string(add) + "; }\nGRAFT_PROVIDE(bench_step, {.step = step})\n";
}

/// What of this process is in memory.
inline std::size_t resident_bytes() {
  std::size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

inline std::unique_ptr<Runtime> step_runtime(unsigned optimise) {
  Config config;
  config.optimise = optimise;
  config.tier_up = TierUp::kFast; // nothing is compiled beside what is measured
  auto runtime = must(Runtime::create(std::move(config)));
  must(runtime->load(bundle("step", step_text(1))));
  return runtime;
}

} // namespace graft::bench
