// What hooks cost: one that nobody takes part in, one plugin that does nothing, eight that do little, and
// these as one function.
#include "crowded.hpp"
#include "plugins.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>

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

/// Nanoseconds of a run.
double run_ns(const Hook<bench_hook> &hook, HookRequest &request, int calls) {
  const auto start = std::chrono::steady_clock::now();
  for (int call = 0; call < calls; ++call) {
    bench_payload payload{};
    graft_no_decision decision{};
    benchmark::DoNotOptimize(hook.run(request, payload, decision).action);
    benchmark::DoNotOptimize(payload.number);
  }
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
  return passed.count() / calls;
}

Median median_ns(const Hook<bench_hook> &hook, HookRequest &request) {
  constexpr int kTurns = 301, kCalls = 20'000;
  std::vector<double> times;
  for (int turn = 0; turn < kTurns; ++turn) times.push_back(run_ns(hook, request, kCalls));
  return median(times);
}

/// A runtime in which eight small plugins, all optimised in the background, are run as `fuse` says.
std::unique_ptr<Runtime> eight(Fuse fuse) {
  auto runtime = must(Runtime::create({.tier_up_delay = std::chrono::milliseconds(0), .hooks = {.fuse = fuse}}));
  for (int index = 0; index < 8; ++index)
    must(runtime->load(hooked("b" + std::to_string(index), "(void)context, (void)decision; payload->number += 1;")));
  must(runtime->hook<bench_hook>());
  if (!runtime->await_tier_up(std::chrono::minutes(4))) std::abort();
  const std::string way = runtime->hook_parts().front().chain;
  if (fuse == Fuse::kWhenQuiet && way != "fused") std::cerr << "chain of 8: " << way << '\n', std::abort();
  return runtime;
}

/// The two in turns of a fifth of a millisecond.
void add_fused_row(std::vector<Row> &rows) {
  constexpr int kTurns = 1'001, kCalls = 500;
  const auto fused = eight(Fuse::kWhenQuiet), loop = eight(Fuse::kNever);
  const Hook<bench_hook> fused_hook = must(fused->hook<bench_hook>());
  const Hook<bench_hook> loop_hook = must(loop->hook<bench_hook>());
  HookRequest fused_request(*fused), loop_request(*loop);
  std::vector<double> of_fused, of_loop;
  for (int turn = 0; turn < kTurns; ++turn) {
    of_fused.push_back(run_ns(fused_hook, fused_request, kCalls));
    of_loop.push_back(run_ns(loop_hook, loop_request, kCalls));
  }
  rows.push_back(make_row("chain of 8 fused", median(of_fused), "ns", "chain of 8 loop", median(of_loop),
                          Bar::kRatioAtLeast, 2));
}

} // namespace

void add_hook_rows(std::vector<Row> &rows) {
  auto runtime = must(Runtime::create({.optimise = 2, .tier_up = TierUp::kFast}));
  const Hook<bench_hook> hook = must(runtime->hook<bench_hook>());
  HookRequest request(*runtime);
  rows.push_back(make_row("hook, nobody takes part", median_ns(hook, request), "ns", "", 0, Bar::kValueAtMost, 2));
  must(runtime->load(hooked("b0", "(void)context, (void)payload, (void)decision;")));
  const Median one = median_ns(hook, request);
  rows.push_back(make_row("hook, one plugin that does nothing", one, "ns", "", 0, Bar::kValueAtMost, 100));
  for (int index = 1; index < 8; ++index)
    must(runtime->load(hooked("b" + std::to_string(index), "(void)context, (void)decision; payload->number += 1;")));
  rows.push_back(make_row("chain of 8 small plugins", median_ns(hook, request), "ns", "one plugin", one, Bar::kRatioAtMost, 8));
  add_fused_row(rows);
}

} // namespace graft::bench
