// Sends queries to the node that keeps the data of the client's region; where there must be one and is none, blocks them.
#include "kv_view.hpp"
#include "residency.hpp"

#include <graft/proxy/route.h>

static graft_service service = {};

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) {
  return GRAFT_SERVICE(host, graft_kv, &service);
}

static graft_status run(graft_hook_context *context, proxy_query *, proxy_route_decision *decision) {
  const std::string_view region = store::attribute(context, "helios.region");
  if (region.empty()) return GRAFT_OK;
  const store::Kv kv(service);
  std::string map, enforce, node;
  if (const graft_status status = kv.get("region_map", map); status != GRAFT_OK && status != GRAFT_NOT_FOUND) return status;
  if (const graft_status status = kv.get("enforce", enforce); status != GRAFT_OK && status != GRAFT_NOT_FOUND) return status;
  if (!map.empty() && !residency::node_of(map, region, node)) return GRAFT_INVALID; // the hook's policy decides
  if (!node.empty()) {
    decision->action = PROXY_ROUTE_NODE;
    decision->target = store::keep(context, node);
    return decision->target.size == node.size() ? GRAFT_OK : GRAFT_EXHAUSTED;
  }
  const std::optional<bool> is_enforced = residency::flag_of(enforce);
  if (is_enforced == false) return GRAFT_OK;
  decision->action = PROXY_ROUTE_BLOCK;
  decision->reason =
      graft_str_of(is_enforced ? "no in-region replica for user"
                               : "residency: 'enforce' is neither true nor false, and the region has no node");
  return GRAFT_OK;
}

GRAFT_PROVIDE(route, {.run = run});
