// Sends searches for the nearest vectors to the node that an earlier plugin, or the host, named for them.
#include "nearest.hpp"

#include <graft/abi.h>
#include <graft/proxy/route.h>

static graft_status run(graft_hook_context *context, proxy_query *query, proxy_route_decision *decision) {
  graft_str node = {};
  const graft_str name = graft_str_of("helios.vector_node");
  if (graft_attribute_get(context, name, &node) != GRAFT_OK || node.size == 0) return GRAFT_OK;
  if (!nearest::is_search({query->query.data, query->query.size})) return GRAFT_OK;
  decision->action = PROXY_ROUTE_NODE;
  decision->target = node;
  return GRAFT_OK;
}

GRAFT_PROVIDE(route, {.run = run});
