// Do the proxy's twelve hooks mean what a proxy's plugins count on?
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/proxy.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace graft {
namespace {

using proxy::Answer;
using proxy::Login;
using proxy::QueryEnd;
using proxy::Target;
using proxy::text_of;
using proxy::view_of;
using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

/// A bundle with one body for each of its hooks, over `context`, `it` and `decision`.
struct Body {
  std::string hook;
  std::string payload;
  std::string decision;
  std::string code;
};

Body pre(const std::string &code) { return {"pre_query", "proxy_query", "proxy_pre_query_decision", code}; }
Body post(const std::string &code) { return {"post_query", "proxy_outcome", "graft_no_decision", code}; }
Body routes(const std::string &code) { return {"route", "proxy_query", "proxy_route_decision", code}; }
Body rewrites(const std::string &code) { return {"rewrite", "proxy_query", "graft_no_decision", code}; }
Body gets(const std::string &code) { return {"cache_get", "proxy_cache_read", "proxy_cache_decision", code}; }
Body sets(const std::string &code) { return {"cache_set", "proxy_cache_write", "graft_no_decision", code}; }

MemoryBundle takes_part(const std::string &name, const std::vector<Body> &bodies, const std::string &manifest = {}) {
  std::string text =
      "#include <graft/abi.h>\n#include <graft/proxy.h>\n"
      "static int contains(graft_str where, const char *what) {\n"
      "  size_t size = strlen(what);\n"
      "  for (size_t at = 0; at + size <= where.size; ++at) if (memcmp(where.data + at, what, size) == 0) return 1;\n"
      "  return 0;\n}\n";
  for (const Body &body : bodies)
    text += "static graft_status run_" + body.hook + "(graft_hook_context *context, " + body.payload + " *it, " +
            body.decision + " *decision) {\n(void)context, (void)it, (void)decision, (void)contains;\n" + body.code +
            "\nreturn GRAFT_OK;\n}\nGRAFT_PROVIDE(" + body.hook + ", {.run = run_" + body.hook + "});\n";
  return {name, {{"main.c", text}, {"graft.toml", "name = \"" + name + "\"\n" + manifest}}};
}

/// Says in attributes what an observer was told.
const std::string kTells = "char status = (char)('0' + it->status); graft_str one = {&status, 1};\n"
                           "graft_attribute_set(context, graft_str_of(\"status\"), one);\n"
                           "graft_attribute_set(context, graft_str_of(\"error\"), it->error);\n"
                           "graft_attribute_set(context, graft_str_of(\"node\"), it->target_node);\n"
                           "graft_attribute_set(context, graft_str_of(\"query\"), it->query->query);";

class Proxy : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Runtime::create({.hooks = {.call_limit = {}}}); // a busy machine is no plugin's failure
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
    auto all = proxy::Hooks::create(*runtime);
    ASSERT_THAT(all, Succeeds());
    hooks.emplace(*std::move(all));
    request.emplace(*runtime);
  }
  void TearDown() override { request.reset(); }
  void load(const MemoryBundle &bundle) { ASSERT_THAT(runtime->load(bundle), Succeeds()); }

  QueryEnd run(const std::string &sql, Answer answer = {.rows = nullptr, .node = "db1", .error = {}, .bytes = 10}) {
    proxy_query query{};
    query.query = view_of(sql);
    backend_query.clear();
    return hooks->run_query(
        *request, query,
        [&](const proxy_query &asked, const Target &target) {
          backend_query = text_of(asked.query);
          backend_target = target;
          return answer;
        },
        [](std::string_view node) { return node == "db1" || node == "db2"; });
  }
  std::string told(const std::string &name) const { return std::string(request->attribute(name)); }

  std::unique_ptr<Runtime> runtime;
  std::optional<proxy::Hooks> hooks;
  std::optional<HookRequest> request;
  std::string backend_query;
  Target backend_target;
};

TEST_F(Proxy, WithoutPluginsTheBackendAnswers) {
  EXPECT_EQ(run("select 1").status, PROXY_DONE);
  EXPECT_EQ(backend_query, "select 1");
}

const std::string kMasks =
    "it->query = graft_str_of(\"select mask(ssn) from users\"); decision->action = PROXY_PRE_QUERY_REWRITE;";
const std::string kGuards =
    "if (contains(it->query, \"ssn from\")) { decision->action = PROXY_PRE_QUERY_BLOCK; decision->reason = "
    "graft_str_of(\"unmasked\"); }";

TEST_F(Proxy, ARewriteIsWhatTheNextPluginMeets) {
  load(takes_part("mask", {pre(kMasks)}, "priority = 1"));
  load(takes_part("guard", {pre(kGuards)}));
  EXPECT_EQ(run("select ssn from users").status, PROXY_DONE);
  EXPECT_EQ(backend_query, "select mask(ssn) from users");
}

TEST_F(Proxy, AGuardBeforeTheMaskBlocks) {
  load(takes_part("mask", {pre(kMasks)}));
  load(takes_part("guard", {pre(kGuards)}, "priority = 1"));
  const QueryEnd end = run("select ssn from users");
  EXPECT_EQ(end.status, PROXY_BLOCKED);
  EXPECT_EQ(end.reason, "unmasked");
  EXPECT_EQ(backend_query, "");
}

TEST_F(Proxy, ObserversAreToldOfWhatWasBlocked) {
  load(takes_part("guard", {pre(kGuards)}));
  load(takes_part("audit", {post(kTells)}));
  run("select ssn from users");
  EXPECT_EQ(told("status"), std::to_string(PROXY_BLOCKED));
  EXPECT_EQ(told("error"), "unmasked");
  EXPECT_EQ(told("query"), "select ssn from users");
  EXPECT_EQ(told("node"), "");
}

const std::string kRows =
    "static const proxy_column columns[] = {{{\"n\", 1}, 25}}; static const graft_str cells[] = {{\"7\", 1}};\n"
    "static const proxy_rows rows = {sizeof rows, 1, columns, cells, 1};\n";

TEST_F(Proxy, WhatAPluginAnswersNeverReachesTheBackendAndIsTold) {
  load(takes_part("answers", {pre(kRows + "decision->action = PROXY_PRE_QUERY_CACHED; decision->rows = &rows;")}));
  load(takes_part("audit", {post(kTells)}));
  const QueryEnd end = run("select 7");
  EXPECT_EQ(end.status, PROXY_CACHED);
  ASSERT_NE(end.rows, nullptr);
  EXPECT_EQ(text_of(end.rows->cells[0]), "7");
  EXPECT_EQ(backend_query, "");
  EXPECT_EQ(told("status"), std::to_string(PROXY_CACHED));
}

TEST_F(Proxy, AnAnswerWithoutRowsIsNoWayAroundTheOthers) {
  load(takes_part("answers", {pre("decision->action = PROXY_PRE_QUERY_CACHED;")}));
  EXPECT_EQ(run("select 7").status, PROXY_BLOCKED);
  EXPECT_EQ(backend_query, "");
}

TEST_F(Proxy, ABackendsErrorIsAFailureToObservers) {
  load(takes_part("audit", {post(kTells)}));
  EXPECT_EQ(run("select 1", {.node = "db1", .error = "syntax error"}).status, PROXY_FAILED);
  EXPECT_EQ(told("status"), std::to_string(PROXY_FAILED));
  EXPECT_EQ(told("error"), "syntax error");
  EXPECT_EQ(told("node"), "db1");
}

TEST_F(Proxy, ARouteLeadsToItsNode) {
  load(takes_part("near", {routes("decision->action = PROXY_ROUTE_NODE; decision->target = graft_str_of(\"db2\");")}));
  EXPECT_EQ(run("select 1").status, PROXY_DONE);
  EXPECT_EQ(backend_target.kind, static_cast<std::uint32_t>(PROXY_ROUTE_NODE));
  EXPECT_EQ(backend_target.name, "db2");
}

TEST_F(Proxy, ANodeThatTheHostDoesNotKnowIsRefused) {
  load(takes_part("far", {routes("decision->action = PROXY_ROUTE_NODE; decision->target = graft_str_of(\"10.0.0.1:5432\");"),
                          post(kTells)}));
  const QueryEnd end = run("select 1");
  EXPECT_EQ(end.status, PROXY_BLOCKED);
  EXPECT_EQ(end.reason, "a plugin routes to a node that is not known");
  EXPECT_EQ(backend_query, "");
  EXPECT_EQ(told("status"), std::to_string(PROXY_BLOCKED));
}

TEST_F(Proxy, ABlockedRouteIsTold) {
  load(takes_part("wall", {routes("decision->action = PROXY_ROUTE_BLOCK; decision->reason = graft_str_of(\"no replica\");"),
                           post(kTells)}));
  EXPECT_EQ(run("select 1").reason, "no replica");
  EXPECT_EQ(told("error"), "no replica");
}

TEST_F(Proxy, RewritersCompose) {
  const auto appends = [](const std::string &text) {
    return rewrites("char all[64]; size_t more = strlen(\"" + text +
                    "\"); memcpy(all, it->query.data, it->query.size);\n"
                    "memcpy(all + it->query.size, \"" +
                    text +
                    "\", more); it->query = graft_arena_text(context->arena, all, "
                    "it->query.size + more); decision->action = PROXY_REWRITE_DONE;");
  };
  load(takes_part("a", {appends(" limit 5")}, "priority = 1"));
  load(takes_part("b", {appends(" -- b")}));
  run("select 1");
  EXPECT_EQ(backend_query, "select 1 limit 5 -- b");
}

TEST_F(Proxy, ACacheIsAskedBeforeTheBackendAndFilledBehindIt) {
  load(takes_part("cache",
                  {gets("static const graft_str one = {\"1\", 1}; (void)one; if (contains(it->query->query, \"hit\")) {" +
                        kRows + "decision->action = PROXY_CACHE_HIT; decision->rows = &rows; }"),
                   sets("decision->action = PROXY_CACHE_STORED; graft_attribute_set(context, graft_str_of(\"stored\"), "
                        "it->query->query);")}));
  EXPECT_EQ(run("select hit").status, PROXY_CACHED);
  EXPECT_EQ(backend_query, "");
  const proxy_rows rows{sizeof rows, 0, nullptr, nullptr, 0};
  EXPECT_EQ(run("select miss", {.rows = &rows, .node = "db1"}).status, PROXY_DONE);
  EXPECT_EQ(told("stored"), "select miss");
}

const Body kLogsIn{
    "authenticate", "proxy_auth_request", "proxy_auth_decision",
    "static const graft_str roles[] = {{\"reader\", 6}}; static const proxy_pair claims[] = {{{\"team\", 4}, {\"blue\", "
    "4}}};\n"
    "static const proxy_identity ann = {sizeof ann, 1, {\"7\", 1}, {\"ann\", 3}, {\"acme\", 4}, roles, claims, 1};\n"
    "if (contains(it->username, \"ann\")) { decision->action = PROXY_AUTHENTICATE_SUCCESS; decision->identity = &ann; }\n"
    "if (contains(it->username, \"eve\")) { decision->action = PROXY_AUTHENTICATE_DENIED; decision->reason = "
    "graft_str_of(\"not you\"); }\n"
    "if (contains(it->username, \"nobody\")) decision->action = PROXY_AUTHENTICATE_SUCCESS;"};

TEST_F(Proxy, WhoLogsInIsKnownWithClaimsToLaterHooks) {
  load(takes_part("login", {kLogsIn}));
  load(takes_part("reads", {pre("if (it->identity && it->identity->claim_count == 1) graft_attribute_set(context, "
                                "it->identity->claims[0].name, it->identity->claims[0].value);")}));
  proxy_auth_request who{};
  who.username = view_of("ann");
  const Login login = hooks->log_in(*request, who);
  ASSERT_EQ(login.outcome, Login::Outcome::kKnown);
  EXPECT_EQ(text_of(login.identity->tenant_id), "acme");
  proxy_query query{};
  query.identity = login.identity;
  hooks->run_query(*request, query, [](const proxy_query &, const Target &) { return Answer{}; });
  EXPECT_EQ(told("team"), "blue");
}

TEST_F(Proxy, ALoginMayBeDeniedOrLeftToTheBackend) {
  load(takes_part("login", {kLogsIn}));
  proxy_auth_request who{};
  who.username = view_of("eve");
  EXPECT_EQ(hooks->log_in(*request, who).reason, "not you");
  who.username = view_of("bob");
  EXPECT_EQ(hooks->log_in(*request, who).outcome, Login::Outcome::kUnknown);
}

TEST_F(Proxy, NobodyIsLetInAsNobody) {
  load(takes_part("login", {kLogsIn}));
  proxy_auth_request who{};
  who.username = view_of("nobody");
  EXPECT_EQ(hooks->log_in(*request, who).outcome, Login::Outcome::kDenied);
}

TEST_F(Proxy, TheOtherHooksAreDispatched) {
  load(
      takes_part("rest",
                 {{"authorize", "proxy_access", "proxy_authorize_decision", "decision->action = PROXY_AUTHORIZE_DENY;"},
                  {"metrics", "proxy_measurement", "graft_no_decision", "graft_attribute_set(context, it->name, it->name);"},
                  {"on_connect", "proxy_connection", "proxy_connect_decision", "decision->action = PROXY_CONNECT_REJECT;"},
                  {"on_disconnect", "proxy_disconnection", "graft_no_decision",
                   "graft_attribute_set(context, it->reason, it->reason);"},
                  {"custom_hook", "proxy_custom_request", "proxy_custom_decision",
                   "decision->action = PROXY_CUSTOM_ANSWERED; decision->data = it->name;"}},
                 "hooks = [\"Authorize\", \"METRICS\", \"connect\", \"disconnect\", \"custom_hook\"]"));
  proxy_access access{};
  proxy_authorize_decision allowed{};
  EXPECT_EQ(hooks->authorize.run(*request, access, allowed).action, static_cast<std::uint32_t>(PROXY_AUTHORIZE_DENY));
  proxy_measurement measurement{};
  measurement.name = view_of("qps");
  hooks->metrics.run(*request, measurement);
  EXPECT_EQ(told("qps"), "qps");
  proxy_connection connection{};
  proxy_connect_decision admitted{};
  EXPECT_EQ(hooks->on_connect.run(*request, connection, admitted).action, static_cast<std::uint32_t>(PROXY_CONNECT_REJECT));
  proxy_disconnection gone{};
  gone.reason = view_of("closed");
  hooks->on_disconnect.run(*request, gone);
  EXPECT_EQ(told("closed"), "closed");
  proxy_custom_request asked{};
  asked.name = view_of("echo");
  proxy_custom_decision answered{};
  hooks->custom.run(*request, asked, answered);
  EXPECT_EQ(text_of(answered.data), "echo");
}

TEST_F(Proxy, EverySpellingOfAHooksNameIsThatHook) {
  const std::pair<const char *, std::vector<const char *>> spellings[] = {
      {"pre_query", {"pre_query", "PreQuery", "PREQUERY", "proxy.pre_query"}},
      {"post_query", {"post_query", "postquery"}},
      {"authenticate", {"authenticate", "Auth"}},
      {"cache_get", {"cache_get", "cacheget"}},
      {"cache_set", {"cache_set", "CacheSet"}},
      {"route", {"route", "routing"}},
      {"rewrite", {"rewrite"}},
      {"on_connect", {"on_connect", "connect"}},
      {"on_disconnect", {"on_disconnect", "disconnect"}},
      {"custom_hook", {"custom", "custom_hook"}}};
  for (const auto &[tag, names] : spellings)
    for (const char *name : names) {
      const std::string part = "#include <graft/proxy.h>\nGRAFT_PROVIDE(" + std::string(tag) + ", {.run = 0});\n";
      EXPECT_THAT(runtime->load(MemoryBundle{
                      "b", {{"main.c", part}, {"graft.toml", "name = \"b\"\nhooks = [\"" + std::string(name) + "\"]"}}}),
                  Succeeds())
          << name;
      EXPECT_THAT(runtime->unload("b"), Succeeds());
    }
}

TEST_F(Proxy, ANameThatIsNoHooksIsAnErrorAtItsPlace) {
  EXPECT_THAT(
      runtime->load(takes_part("b", {pre("")}, "hooks = [\"pre_querry\"]")),
      FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:10: there is no hook 'pre_querry'; did you mean 'pre_query'?")));
}

} // namespace
} // namespace graft
