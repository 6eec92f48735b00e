// The eight workloads through the whole manager: manifests, permissions, hooks, services. Acceptance vectors, and what must
// hold when many queries come at once.
#include "../../plugins_src/audit_chain/audit_chain.h"
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/proxy.hpp>
#include <graft/services.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace graft {
namespace {

using proxy::text_of;
using proxy::view_of;
using test::Succeeds;
using testing::HasSubstr;

class Workloads : public testing::Test {
 protected:
  void SetUp() override {
    ServicesConfig services;
    services.wall_ns = [this] { return now_ns.load(std::memory_order_relaxed); };
    ASSERT_THAT(runtime->offer_services(std::move(services)), Succeeds());
    auto made = proxy::Hooks::create(*runtime);
    ASSERT_THAT(made, Succeeds());
    hooks.emplace(*std::move(made));
  }
  void load(std::initializer_list<const char *> bundles) {
    for (const char *bundle : bundles) ASSERT_THAT(runtime->load(test::shipped(bundle)), Succeeds()) << bundle;
  }
  void put(const char *bundle, const char *key, std::string_view value) {
    ASSERT_THAT(runtime->kv()->space(bundle).set(key, value), Succeeds());
  }

  using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

  /// One query, to its end; what the backend was given is in `asked`, where it went in `node`.
  proxy::QueryEnd run(const std::string &query, const Attributes &attributes, const proxy_identity *identity = nullptr) {
    request.renew();
    for (const auto &[name, value] : attributes) EXPECT_THAT(request.set_attribute(name, value), Succeeds());
    proxy_query payload{};
    payload.query = view_of(query);
    payload.identity = identity;
    asked.clear(), node.clear();
    return hooks->run_query(request, payload, [&](const proxy_query &sent, const proxy::Target &target) {
      asked = text_of(sent.query);
      node = target.name;
      return proxy::Answer{.bytes = 4'000};
    });
  }
  /// What is told behind a query that took so long and answered so much.
  void tell(const std::string &query, const Attributes &attributes, std::uint64_t elapsed_us, std::uint64_t bytes) {
    request.renew();
    for (const auto &[name, value] : attributes) EXPECT_THAT(request.set_attribute(name, value), Succeeds());
    proxy_query payload{};
    payload.struct_size = sizeof payload;
    payload.query = view_of(query);
    proxy_outcome outcome{};
    outcome.query = &payload;
    outcome.elapsed_us = elapsed_us;
    outcome.response_bytes = bytes;
    EXPECT_EQ(hooks->post_query.run(request, outcome).failed, 0u);
  }
  /// {records, first broken or -1}
  std::pair<std::uint64_t, std::int64_t> verify() {
    std::uint64_t records = 0;
    std::int64_t broken = 0;
    const auto chain = runtime->bind<audit_verify>();
    EXPECT_THAT(chain, Succeeds());
    EXPECT_EQ((*chain)->verify(&records, &broken), GRAFT_OK);
    return {records, broken};
  }

  std::atomic<std::int64_t> now_ns{1'700'000'000'000'000'000}; // relaxed: a clock
  std::atomic<unsigned> warnings{0};                           // relaxed: read when all is quiet
  std::unique_ptr<Runtime> runtime = *Runtime::create({.log = [this](LogLevel level, std::string_view) {
    if (level >= LogLevel::kWarn) warnings.fetch_add(1, std::memory_order_relaxed);
  }});
  std::optional<proxy::Hooks> hooks;
  HookRequest request{*runtime};
  std::string asked, node;
};

TEST_F(Workloads, CostGovernorBlocksWhoUsedUpABudget) {
  load({"cost_governor"});
  put("cost-governor", "tenant:acme:budget", R"({"minute":1,"hour":10,"day":100})");
  const Attributes acme = {{"tenant_id", "acme"}};
  EXPECT_EQ(run("SELECT 1", acme).status, PROXY_DONE);
  tell("SELECT 1", acme, 2'000'000, 64'000); // 2.001 units
  const auto end = run("SELECT 1", acme);
  EXPECT_EQ(end.status, PROXY_BLOCKED);
  EXPECT_THAT(std::string(end.reason), HasSubstr("tenant exceeded minute budget (2.00/1.00) (retry in 60s)"));
  EXPECT_EQ(run("SELECT 1", {{"tenant_id", "other"}}).status, PROXY_DONE) << "no budget";
  now_ns.fetch_add(60'000'000'000, std::memory_order_relaxed);
  EXPECT_EQ(run("SELECT 1", acme).status, PROXY_DONE) << "the next minute";
  put("cost-governor", "tenant:acme:budget", "no budget");
  EXPECT_EQ(run("SELECT 1", acme).status, PROXY_BLOCKED);
}

TEST_F(Workloads, TokenBudgetCountsAnswersOfAgents) {
  load({"token_budget"});
  const Attributes agent = {{"agent_id", "robot"}, {"model_id", "gpt-4"}};
  put("token-budget", "agent:robot:gpt-4:budget", R"({"minute":1,"day":100})");
  EXPECT_EQ(run("SELECT 1", agent).status, PROXY_DONE); // 4,000 bytes: one unit
  EXPECT_THAT(std::string(run("SELECT 1", agent).reason), HasSubstr("minute budget (1.00/1.00)"));
}

TEST_F(Workloads, NamesWithoutABudgetTakeNoKeys) {
  load({"cost_governor", "token_budget"});
  const Attributes agent = {{"tenant_id", "acme"}, {"agent_id", "robot"}, {"model_id", "gpt-4"}};
  put("cost-governor", "tenant:acme:budget", R"({"minute":1e6})");
  put("token-budget", "agent:robot:gpt-4:budget", R"({"minute":1})");
  for (int i = 0; i < 1'100; ++i) {
    const std::string name = "robot" + std::to_string(i);
    EXPECT_EQ(run("SELECT 1", {{"tenant_id", name}, {"agent_id", name}, {"model_id", "gpt-4"}}).status, PROXY_DONE);
  }
  EXPECT_EQ(runtime->kv()->space("cost-governor").use().keys, 1u);
  EXPECT_EQ(runtime->kv()->space("token-budget").use().keys, 1u);
  EXPECT_EQ(run("SELECT 1", agent).status, PROXY_DONE);
  EXPECT_EQ(run("SELECT 1", agent).status, PROXY_BLOCKED);
}

TEST_F(Workloads, WhatCannotBeCountedIsRefusedForAsLongAsThatLasts) {
  load({"cost_governor"});
  put("cost-governor", "tenant:acme:budget", R"({"minute":1,"day":100})");
  KvSpace &space = runtime->kv()->space("cost-governor");
  space.limit(/*keys=*/1, /*bytes=*/0); // the budget's
  const Attributes acme = {{"tenant_id", "acme"}};
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(std::string(run("SELECT 1", acme).reason), HasSubstr("tenant's use of its budget cannot be counted"));
    tell("SELECT 1", acme, 1, 1); // of a query from before: no failure either
  }
  EXPECT_EQ(run("SELECT 1", {{"tenant_id", "other"}}).status, PROXY_DONE);
  space.limit(/*keys=*/10, /*bytes=*/0);
  EXPECT_EQ(run("SELECT 1", acme).status, PROXY_DONE) << "nobody was quarantined";
  tell("SELECT 1", acme, 2'000'000, 0);
  EXPECT_THAT(std::string(run("SELECT 1", acme).reason), HasSubstr("minute budget (2.00/1.00)"));
}

TEST_F(Workloads, ClassifierTellsTheGuardrailWhoAsks) {
  load({"ai_classifier", "llm_guardrail"});
  EXPECT_EQ(run("DROP TABLE users", {{"app_name", "psql"}}).status, PROXY_DONE);
  const auto end = run("DROP TABLE users", {{"app_name", "gpt-shopper"}});
  EXPECT_EQ(end.status, PROXY_BLOCKED);
  EXPECT_THAT(std::string(end.reason), HasSubstr("llm-guardrail: DROP"));
  EXPECT_EQ(request.attribute("agent_id"), "gpt-shopper");
  EXPECT_EQ(request.attribute("model_id"), "");
  run("SELECT 1", {{"app_name", "ClaudeAgent-claude-opus-4-7"}});
  EXPECT_EQ(request.attribute("model_id"), "claude-opus");
}

TEST_F(Workloads, ClassifierRunsOutOfNoKeys) {
  load({"ai_classifier"});
  warnings.store(0, std::memory_order_relaxed);
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_EQ(run("SELECT 1", {{"app_name", "gpt-shopper"}}).status, PROXY_DONE);
    EXPECT_EQ(request.attribute("helios.ai_traffic"), "true");
  }
  EXPECT_LE(runtime->kv()->space("ai-classifier").use().keys, 1'024u);
  EXPECT_EQ(warnings.load(std::memory_order_relaxed), 1u) << "of the findings that were not kept";
}

TEST_F(Workloads, MaskThenGuardrailBothSeeTheQuery) {
  load({"ai_classifier", "llm_guardrail", "column_mask"});
  put("column-mask", "rules", R"([{"table":"users","column":"ssn","mask_function":"mask_ssn","unmask_role":"pii_reader"}])");
  const Attributes robot = {{"app_name", "gpt-shopper"}};
  EXPECT_EQ(run("SELECT ssn FROM users WHERE tenant_id = 'a'", robot).status, PROXY_DONE);
  EXPECT_EQ(asked, "SELECT mask_ssn(ssn) AS ssn FROM users WHERE tenant_id = 'a'");
  EXPECT_EQ(run("SELECT ssn FROM users", robot).status, PROXY_BLOCKED);
  run("SELECT ssn FROM users", {{"identity.roles", "reader,pii_reader"}});
  EXPECT_EQ(asked, "SELECT ssn FROM users");
  const graft_str role = view_of("pii_reader");
  proxy_identity identity{};
  identity.struct_size = sizeof identity;
  identity.role_count = 1;
  identity.roles = &role;
  run("SELECT ssn FROM users", {}, &identity);
  EXPECT_EQ(asked, "SELECT ssn FROM users");
  EXPECT_EQ(run("SELECT * FROM users", {}).status, PROXY_BLOCKED);
  put("column-mask", "columns:users", R"(["id","ssn"])");
  EXPECT_EQ(run("SELECT * FROM users", {}).status, PROXY_DONE);
  EXPECT_EQ(asked, "SELECT users.id, mask_ssn(users.ssn) AS ssn FROM users");
}

TEST_F(Workloads, RoutersNameTheNode) {
  load({"pgvector_router", "residency_router"});
  const std::string search = "SELECT * FROM t ORDER BY embedding <=> $1 LIMIT 5";
  run(search, {{"helios.vector_node", "vec"}});
  EXPECT_EQ(node, "vec");
  run(search, {});
  EXPECT_EQ(node, "");
  run("SELECT 1", {{"helios.vector_node", "vec"}});
  EXPECT_EQ(node, "");
  put("residency-router", "region_map", R"([["eu-west","pg-eu.svc"]])");
  run(search, {{"helios.region", "eu-west"}, {"helios.vector_node", "vec"}});
  EXPECT_EQ(node, "pg-eu.svc") << "residency comes first";
  EXPECT_EQ(run("SELECT 1", {{"helios.region", "ap-south"}}).status, PROXY_DONE);
  for (const char *yes : {"true", "TRUE", "1", "yes"}) {
    put("residency-router", "enforce", yes);
    EXPECT_EQ(run("SELECT 1", {{"helios.region", "ap-south"}}).reason, "no in-region replica for user") << yes;
  }
  put("residency-router", "enforce", "perhaps");
  EXPECT_THAT(std::string(run("SELECT 1", {{"helios.region", "ap-south"}}).reason), HasSubstr("neither true nor false"));
  EXPECT_EQ(run("SELECT 1", {}).status, PROXY_DONE);
}

TEST_F(Workloads, AuditChainShowsAnEdit) {
  load({"audit_chain"});
  for (const char *query : {"SELECT 1", "SELECT 2", "SELECT 3"}) tell(query, {{"client_ip", "10.0.0.1"}}, 7, 1);
  EXPECT_EQ(verify(), (std::pair<std::uint64_t, std::int64_t>(3, -1)));
  KvSpace &space = runtime->kv()->space("audit-chain");
  std::string text = *space.get("segment:0");
  text.replace(text.find("\"elapsed_us\":7", text.find("\"seq\":1")), 14, "\"elapsed_us\":8");
  ASSERT_THAT(space.set("segment:0", text), Succeeds());
  EXPECT_EQ(verify().second, 2);
}

TEST_F(Workloads, AuditChainKeepsTextWhoseCharactersAreWhole) {
  load({"audit_chain"});
  tell("SELECT 1", {{"client_ip", std::string(255, 'a') + "\xc3\xa9"}}, 7, 1);
  tell("SELECT 1", {{"client_ip", "a\xff\xc3"}}, 7, 1);
  EXPECT_THAT(*runtime->kv()->space("audit-chain").get("segment:0"),
              testing::AllOf(HasSubstr("\"" + std::string(255, 'a') + "\""), HasSubstr("\"a\xef\xbf\xbd\xef\xbf\xbd\"")));
}

TEST_F(Workloads, AuditChainSeesBlockedQueries) {
  load({"ai_classifier", "llm_guardrail", "audit_chain"});
  run("DROP TABLE users", {{"app_name", "gpt-shopper"}});
  EXPECT_THAT(*runtime->kv()->space("audit-chain").get("segment:0"),
              testing::AllOf(HasSubstr("\"success\":false"), HasSubstr("\"error\":\"llm-guardrail: DROP")));
}

/// Every thread its own requests.
template <class Each>
void at_once(Runtime &runtime, int threads, int rounds, Each each) {
  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&] {
      HookRequest request(runtime);
      for (int round = 0; round < rounds; ++round, request.renew()) each(request);
    });
}

TEST_F(Workloads, NoCountIsLostWhenManyQueriesEnd) {
  load({"cost_governor"});
  put("cost-governor", "tenant:acme:budget", R"({"day":100})");
  std::atomic<unsigned> failed{0}; // relaxed: read after the joins
  at_once(*runtime, 4, 500, [&](HookRequest &own) {
    (void)own.set_attribute("tenant_id", "acme");
    proxy_query query{};
    query.struct_size = sizeof query;
    proxy_outcome outcome{};
    outcome.query = &query;
    outcome.elapsed_us = 1;
    failed.fetch_add(hooks->post_query.run(own, outcome).failed, std::memory_order_relaxed);
  });
  EXPECT_EQ(failed.load(std::memory_order_relaxed), 0u);
  std::int64_t used = 0;
  std::size_t size = 0;
  KvSpace &space = runtime->kv()->space("cost-governor");
  const std::string key =
      "tenant:acme:usage:day:" + std::to_string(now_ns.load(std::memory_order_relaxed) / 86'400'000'000'000);
  EXPECT_EQ(space.get(key, &used, sizeof used, size), Code::kOk);
  EXPECT_EQ(used, 2'000);
}

TEST_F(Workloads, TheChainDoesNotForkWhenManyQueriesEnd) {
  load({"audit_chain"});
  std::atomic<unsigned> failed{0}; // relaxed: read after the joins
  at_once(*runtime, 4, 500, [&](HookRequest &own) {
    proxy_query query{};
    query.struct_size = sizeof query;
    query.query = view_of("SELECT 1");
    proxy_outcome outcome{};
    outcome.query = &query;
    failed.fetch_add(hooks->post_query.run(own, outcome).failed, std::memory_order_relaxed);
  });
  EXPECT_EQ(failed.load(std::memory_order_relaxed), 0u);
  EXPECT_EQ(verify(), (std::pair<std::uint64_t, std::int64_t>(2'000, -1)));
}

TEST_F(Workloads, AFailedWriteOfTheChainIsSeen) {
  load({"audit_chain"});
  runtime->kv()->space("audit-chain").limit(/*keys=*/2, /*bytes=*/0); // a tail and a segment; no second one
  unsigned failed = 0;
  for (int i = 0; i < 40; ++i) {
    proxy_query query{};
    query.struct_size = sizeof query;
    proxy_outcome outcome{};
    outcome.query = &query;
    request.renew();
    failed += hooks->post_query.run(request, outcome).failed;
  }
  EXPECT_EQ(failed, 8u); // the 33rd record begins a segment
}

TEST_F(Workloads, EachListsThePermissionsThatItNeedsAndNoMore) {
  load({"ai_classifier", "llm_guardrail", "cost_governor", "token_budget", "column_mask", "audit_chain", "residency_router",
        "pgvector_router"});
  for (const BundleInfo &bundle : runtime->bundles())
    EXPECT_THAT(bundle.permissions, testing::IsSubsetOf({"kv", "time", "crypto"})) << bundle.name;
}

} // namespace
} // namespace graft
