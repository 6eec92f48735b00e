// What hooks cost: one that nobody takes part in, one plugin that does nothing, eight that do little.
#include "crowded.hpp"
#include "plugins.hpp"

#include <chrono>

typedef struct bench_payload {
  uint32_t struct_size;
  uint32_t number;
  graft_str text;
} bench_payload;

GRAFT_HOOK(bench_hook, "bench.hook", 1, 0, GRAFT_FOLD(2, 2, 2)) {
  graft_status (*run)(graft_hook_context *context, bench_payload *payload, graft_no_decision *decision);
};

namespace graft::bench {
namespace {

/// A plugin with a body over `payload` and `decision`.
MemoryBundle hooked(const std::string &name, const std::string &body) {
  return bundle(
      name, "#include <graft/abi.h>\n"
            "typedef struct bench_payload { uint32_t struct_size; uint32_t number; graft_str text; } bench_payload;\n"
            "GRAFT_HOOK(bench_hook, \"bench.hook\", 1, 0, GRAFT_FOLD(2, 2, 2)) {\n"
            "  graft_status (*run)(graft_hook_context *context, bench_payload *payload, graft_no_decision *decision);\n"
            "};\n"
            "static graft_status run(graft_hook_context *context, bench_payload *payload, graft_no_decision *decision) {\n" +
                body + "\n  return GRAFT_OK;\n}\nGRAFT_PROVIDE(bench_hook, {.run = run});\n");
}

/// Median nanoseconds of a run.
Median run_ns(const Hook<bench_hook> &hook, HookRequest &request) {
  constexpr int kTurns = 301, kCalls = 20'000;
  std::vector<double> times;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto start = std::chrono::steady_clock::now();
    for (int call = 0; call < kCalls; ++call) {
      bench_payload payload{};
      graft_no_decision decision{};
      benchmark::DoNotOptimize(hook.run(request, payload, decision).action);
      benchmark::DoNotOptimize(payload.number);
    }
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    times.push_back(passed.count() / kCalls);
  }
  return median(times);
}

} // namespace

void add_hook_rows(std::vector<Row> &rows) {
  auto runtime = must(Runtime::create({.optimise = 2, .tier_up = TierUp::kFast}));
  const Hook<bench_hook> hook = must(runtime->hook<bench_hook>());
  HookRequest request(*runtime);
  rows.push_back(make_row("hook, nobody takes part", run_ns(hook, request), "ns", "", 0, Bar::kValueAtMost, 2));
  must(runtime->load(hooked("b0", "(void)context, (void)payload, (void)decision;")));
  const Median one = run_ns(hook, request);
  rows.push_back(make_row("hook, one plugin that does nothing", one, "ns", "", 0, Bar::kValueAtMost, 100));
  for (int index = 1; index < 8; ++index)
    must(runtime->load(hooked("b" + std::to_string(index), "(void)context, (void)decision; payload->number += 1;")));
  rows.push_back(make_row("chain of 8 small plugins", run_ns(hook, request), "ns", "one plugin", one, Bar::kRatioAtMost, 8));
}

} // namespace graft::bench
