// Holds each agent, with each model, to a budget of tokens.
#include "meter.hpp"

#include <graft/proxy/post_query.h>

static budget::Meter meter;

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) { return meter.acquire(host); }

/// Empty: no agent's.
static std::string agent_of(const graft_hook_context *context) {
  const std::string_view agent = store::attribute(context, "agent_id"), model = store::attribute(context, "model_id");
  return agent.empty() || model.empty() ? std::string() : "agent:" + std::string(agent) + ":" + std::string(model);
}

static graft_status before(graft_hook_context *context, proxy_query *, proxy_pre_query_decision *decision) {
  const std::string agent = agent_of(context);
  return agent.empty() ? GRAFT_OK : meter.check(context, agent, "agent", *decision);
}

static graft_status behind(graft_hook_context *context, proxy_outcome *outcome, graft_no_decision *) {
  const std::string agent = agent_of(context);
  if (!agent.empty()) meter.count(agent, budget::token_cost(outcome->response_bytes));
  return GRAFT_OK;
}

GRAFT_PROVIDE(pre_query, {.run = before});
GRAFT_PROVIDE(post_query, {.run = behind});
