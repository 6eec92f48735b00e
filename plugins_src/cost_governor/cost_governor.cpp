// Holds each tenant to its budget: what a query costs is known behind it, so the next one is refused when a window's budget
// is used up.
#include "meter.hpp"

#include <graft/proxy/post_query.h>

static budget::Meter meter;

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) { return meter.acquire(host); }

/// Empty: nobody's.
static std::string tenant_of(const graft_hook_context *context, const proxy_query *query) {
  std::string_view tenant = store::attribute(context, "tenant_id");
  if (tenant.empty() && query->identity != nullptr) tenant = store::view(query->identity->tenant_id);
  return tenant.empty() ? std::string() : "tenant:" + std::string(tenant);
}

static graft_status before(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *decision) {
  const std::string tenant = tenant_of(context, query);
  return tenant.empty() ? GRAFT_OK : meter.check(context, tenant, "tenant", *decision);
}

static graft_status behind(graft_hook_context *context, proxy_outcome *outcome, graft_no_decision *) {
  const std::string tenant = tenant_of(context, outcome->query);
  if (!tenant.empty()) meter.count(tenant, budget::query_cost(outcome->response_bytes, outcome->elapsed_us));
  return GRAFT_OK;
}

GRAFT_PROVIDE(pre_query, {.run = before});
GRAFT_PROVIDE(post_query, {.run = behind});
