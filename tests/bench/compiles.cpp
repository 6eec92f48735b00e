// What a compile in a worker costs beside one in this process.
#include "compiles.hpp"

#include <graft/driver/compiler.hpp>
#include <graft/driver/worker.hpp>

#include <chrono>
#include <thread>

namespace graft::bench {
namespace {

constexpr int kRounds = 60;
constexpr auto kPause = std::chrono::milliseconds(40); // nobody saves without one; the worker is warm again after it

driver::Job step_job(int add) {
  driver::Job job;
  job.bundle = "step";
  job.options.kept = driver::Kept::kOutside;
  const std::string text =
      "#include <graft/abi.h>\nGRAFT_CONTRACT(step, \"bench.step\", 1, 0) { int32_t (*step)(int32_t value); };\n"
      "static int32_t add(int32_t value) { return value + " +
      std::to_string(add) +
      "; }\n"
      "GRAFT_PROVIDE(step, {.step = add});\n";
  job.sources.push_back({"step.c", text, driver::Language::kFromName});
  return job;
}

template <class Compile>
double compile_ms(Compile compile) {
  std::this_thread::sleep_for(kPause);
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(compile());
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

void add_compile_rows(std::vector<Row> &rows) {
  const auto compiler = driver::Compiler::create();
  const auto worker = driver::Worker::create();
  if (!compiler || !worker) return;
  std::vector<double> here, detours;
  for (int round = 0; round < kRounds; ++round) {
    const driver::Job job = step_job(round);
    here.push_back(compile_ms([&] { return (*compiler)->compile(job).has_value(); }));
    detours.push_back(compile_ms([&] { return (*worker)->compile(**compiler, job).has_value(); }) - here.back());
  }
  rows.push_back(make_row("detour of a compile in a worker", median(detours), "ms", "the compile in this process",
                          median(here), Bar::kValueAtMost, 2));
}

} // namespace graft::bench
