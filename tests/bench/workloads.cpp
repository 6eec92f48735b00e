// What a database proxy's eight plugins cost together: a query through all of their hooks, permissions and services
// included.
#include "crowded.hpp"
#include "plugins.hpp"

#include <graft/proxy.hpp>
#include <graft/services.hpp>

#include <chrono>
#include <cstdlib>

namespace graft::bench {
namespace {

void expect(const Result<void> &result) {
  if (!result) std::abort();
}

/// Median nanoseconds of a query from its first hook to its last; the backend answers at once.
Median query_ns(const proxy::Hooks &hooks, HookRequest &request) {
  constexpr int kTurns = 101, kQueries = 200;
  std::vector<double> times;
  proxy_query query{};
  query.query = proxy::view_of("SELECT id, ssn, email FROM users WHERE tenant_id = 'acme' AND id = 1 LIMIT 10");
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto start = std::chrono::steady_clock::now();
    for (int count = 0; count < kQueries; ++count) {
      request.renew();
      for (const auto &[name, value] : {std::pair("app_name", "gpt-shopper-claude-opus"), std::pair("tenant_id", "acme"),
                                        std::pair("helios.region", "eu-west"), std::pair("helios.vector_node", "vec")})
        expect(request.set_attribute(name, value));
      const auto backend = [](const proxy_query &, const proxy::Target &) { return proxy::Answer{.bytes = 4'000}; };
      benchmark::DoNotOptimize(hooks.run_query(request, query, backend).status);
    }
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    times.push_back(passed.count() / kQueries);
  }
  return median(times);
}

} // namespace

void add_workload_rows(std::vector<Row> &rows) {
  auto runtime = must(Runtime::create());
  ServicesConfig services;
  services.kv.limits.keys = 0; // the classifier notes each query for a minute, and a benchmark has many in one
  expect(runtime->offer_services(std::move(services)));
  const proxy::Hooks hooks = must(proxy::Hooks::create(*runtime));
  for (const char *bundle : {"ai_classifier", "llm_guardrail", "cost_governor", "token_budget", "column_mask", "audit_chain",
                             "residency_router", "pgvector_router"})
    must(runtime->load(std::string(GRAFT_SOURCE_DIR "/plugins_src/") + bundle));
  const auto put = [&](const char *bundle, const char *key, const char *value) {
    expect(runtime->kv()->space(bundle).set(key, value));
  };
  put("cost-governor", "tenant:acme:budget", R"({"minute":1e9,"hour":1e9,"day":1e9})");
  put("token-budget", "agent:gpt-shopper-claude-opus:claude-opus:budget", R"({"minute":1e9,"day":1e9})");
  put("column-mask", "rules", R"([{"table":"users","column":"ssn","mask_function":"mask_ssn","unmask_role":"pii_reader"}])");
  put("residency-router", "region_map", R"([["eu-west","pg-eu.svc"]])");
  if (!runtime->await_tier_up(std::chrono::minutes(4))) std::abort();
  HookRequest request(*runtime);
  rows.push_back(
      make_row("query through eight workloads", query_ns(hooks, request), "ns", "", 0, Bar::kValueAtMost, 20'000));
}

} // namespace graft::bench
