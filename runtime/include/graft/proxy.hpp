// The host's half of the proxy's hooks (graft/proxy.h): in which order they are asked about a client and a query, and what
// the answers mean. All of it stands on graft::Hook, as a host's own hooks would; the runtime knows nothing of queries.
//
//     auto hooks = graft::proxy::Hooks::create(*runtime);
//     graft::HookRequest request(*runtime);                                     // one for each query
//     auto end = hooks->run_query(request, query, [&](const proxy_query &query, const graft::proxy::Target &target) { ...
//     });
//
//     pre_query -> rewrite -> cache_get -> route -> (the backend) -> cache_set -> post_query
//         blocked, cached      cached       blocked                               always, with what became of it
#pragma once

#include "runtime.hpp"

#include <graft/proxy.h>

#include <chrono>
#include <concepts>
#include <string_view>
#include <utility>

namespace graft::proxy {

/// Where a query goes.
struct Target {
  std::uint32_t kind = 0; ///< PROXY_ROUTE_NODE, _PRIMARY, _STANDBY, _BRANCH; 0: wherever the host would send it
  std::string_view name{};  ///< of the node or branch
};

/// What the backend answered.
struct Answer {
  const proxy_rows *rows = nullptr; ///< to be offered to caches; null: not to be kept
  std::string_view node{};
  std::string_view error{}; ///< empty: it succeeded
  std::uint64_t bytes = 0;
};

/// What became of a query. Borrowed until the request ends.
struct QueryEnd {
  proxy_status status = PROXY_DONE;
  std::string_view reason{};          ///< why it was blocked, denied, or failed
  const proxy_rows *rows = nullptr; ///< of PROXY_CACHED, and what the backend gave
  std::string_view node{};
};

/// Who a client is. Borrowed until the request ends: what is to last as long as the client is copied by the host.
struct Login {
  enum class Outcome : std::uint8_t { kUnknown, kKnown, kDenied };
  Outcome outcome = Outcome::kUnknown;
  const proxy_identity *identity = nullptr;
  std::string_view reason{};
};

inline std::string_view text_of(graft_str view) { return {view.data, view.size}; }
inline graft_str view_of(std::string_view text) { return {text.data(), text.size()}; }

/// Owns nothing; must not outlive its runtime. Threads: any, a request at a time each.
class Hooks {
 public:
  static Result<Hooks> create(Runtime &runtime) {
    GRAFT_TRY_ASSIGN(auto pre, runtime.hook<::pre_query>());
    GRAFT_TRY_ASSIGN(auto post, runtime.hook<::post_query>());
    GRAFT_TRY_ASSIGN(auto authenticating, runtime.hook<::authenticate>());
    GRAFT_TRY_ASSIGN(auto authorizing, runtime.hook<::authorize>());
    GRAFT_TRY_ASSIGN(auto getting, runtime.hook<::cache_get>());
    GRAFT_TRY_ASSIGN(auto setting, runtime.hook<::cache_set>());
    GRAFT_TRY_ASSIGN(auto routing, runtime.hook<::route>());
    GRAFT_TRY_ASSIGN(auto rewriting, runtime.hook<::rewrite>());
    GRAFT_TRY_ASSIGN(auto measuring, runtime.hook<::metrics>());
    GRAFT_TRY_ASSIGN(auto connecting, runtime.hook<::on_connect>());
    GRAFT_TRY_ASSIGN(auto disconnecting, runtime.hook<::on_disconnect>());
    GRAFT_TRY_ASSIGN(auto customs, runtime.hook<::custom_hook>());
    return Hooks{pre,     post,      authenticating, authorizing, getting,       setting,
                 routing, rewriting, measuring,      connecting,  disconnecting, customs};
  }

  Hook<::pre_query> pre_query;
  Hook<::post_query> post_query;
  Hook<::authenticate> authenticate;
  Hook<::authorize> authorize;
  Hook<::cache_get> cache_get;
  Hook<::cache_set> cache_set;
  Hook<::route> route;
  Hook<::rewrite> rewrite;
  Hook<::metrics> metrics;
  Hook<::on_connect> on_connect;
  Hook<::on_disconnect> on_disconnect;
  Hook<::custom_hook> custom;

  /// kUnknown: nobody knows, ask the backend. A success without an identity is a denial: nobody is let in as nobody.
  Login log_in(HookRequest &request, proxy_auth_request &who) const {
    proxy_auth_decision decision{};
    switch (authenticate.run(request, who, decision).action) {
    case PROXY_AUTHENTICATE_SUCCESS:
      if (decision.identity == nullptr)
        return {Login::Outcome::kDenied, nullptr, "a plugin let somebody in and did not say whom"};
      return {Login::Outcome::kKnown, decision.identity, {}};
    case PROXY_AUTHENTICATE_DENIED:
      return {Login::Outcome::kDenied, nullptr, reason_of(decision.reason, "denied by a plugin")};
    default:
      return {};
    }
  }

  /// Asks all hooks about a query, and `backend(const proxy_query &, const Target &) -> Answer` where none ends it before.
  /// `is_node(name)` says whether the host knows a node that a plugin named; one that it does not know is blocked.
  template <class Backend, std::predicate<std::string_view> IsNode>
  QueryEnd run_query(HookRequest &request, proxy_query query, Backend &&backend, IsNode &&is_node) const {
    const auto began = std::chrono::steady_clock::now();
    Answer answer;
    const QueryEnd end = decide(request, query, std::forward<Backend>(backend), std::forward<IsNode>(is_node), answer);
    if (post_query.is_idle()) return end;
    proxy_outcome outcome{};
    outcome.status = end.status;
    outcome.query = &query;
    outcome.target_node = view_of(end.node);
    outcome.error = view_of(end.reason);
    outcome.elapsed_us =
        static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began) / std::chrono::microseconds(1));
    outcome.response_bytes = answer.bytes;
    post_query.run(request, outcome);
    return end;
  }
  template <class Backend>
  QueryEnd run_query(HookRequest &request, const proxy_query &query, Backend &&backend) const {
    return run_query(request, query, std::forward<Backend>(backend), [](std::string_view) { return true; });
  }

 private:
  Hooks(Hook<::pre_query> pre, Hook<::post_query> post, Hook<::authenticate> authenticating, Hook<::authorize> authorizing,
        Hook<::cache_get> getting, Hook<::cache_set> setting, Hook<::route> routing, Hook<::rewrite> rewriting,
        Hook<::metrics> measuring, Hook<::on_connect> connecting, Hook<::on_disconnect> disconnecting,
        Hook<::custom_hook> customs)
      : pre_query(pre), post_query(post), authenticate(authenticating), authorize(authorizing), cache_get(getting),
        cache_set(setting), route(routing), rewrite(rewriting), metrics(measuring), on_connect(connecting),
        on_disconnect(disconnecting), custom(customs) {}

  static std::string_view reason_of(graft_str reason, std::string_view otherwise) {
    return reason.size != 0 ? text_of(reason) : otherwise;
  }

  template <class Backend, class IsNode>
  QueryEnd decide(HookRequest &request, proxy_query &query, Backend &&backend, IsNode &&is_node, Answer &answer) const {
    proxy_pre_query_decision before{};
    pre_query.run(request, query, before);
    if (before.action == PROXY_PRE_QUERY_BLOCK)
      return {PROXY_BLOCKED, reason_of(before.reason, "blocked by a plugin"), nullptr, {}};
    if (before.action == PROXY_PRE_QUERY_CACHED) {
      if (before.rows != nullptr) return {PROXY_CACHED, {}, before.rows, {}};
      return {PROXY_BLOCKED, "a plugin answered and gave no rows", nullptr, {}}; // who comes behind it was not asked
    }
    rewrite.run(request, query);

    proxy_cache_read read{};
    read.query = &query;
    proxy_cache_decision cached{};
    if (cache_get.run(request, read, cached).action == PROXY_CACHE_HIT && cached.rows != nullptr)
      return {PROXY_CACHED, {}, cached.rows, {}};

    proxy_route_decision way{};
    route.run(request, query, way);
    if (way.action == PROXY_ROUTE_BLOCK) return {PROXY_BLOCKED, reason_of(way.reason, "blocked by a plugin"), nullptr, {}};
    const Target target{way.action, text_of(way.target)};
    if (target.kind == PROXY_ROUTE_NODE && !is_node(target.name))
      return {PROXY_BLOCKED, "a plugin routes to a node that is not known", nullptr, target.name};

    answer = backend(std::as_const(query), target);
    if (!answer.error.empty()) return {PROXY_FAILED, answer.error, nullptr, answer.node};
    if (answer.rows != nullptr && !cache_set.is_idle()) {
      proxy_cache_write write{};
      write.query = &query;
      write.rows = answer.rows;
      cache_set.run(request, write);
    }
    return {PROXY_DONE, {}, answer.rows, answer.node};
  }
};

} // namespace graft::proxy
