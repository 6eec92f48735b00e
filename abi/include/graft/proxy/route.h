/* Where does this query go? Nobody decides: where the host would send it. */
#ifndef GRAFT_PROXY_ROUTE_H
#define GRAFT_PROXY_ROUTE_H

#include "types.h"

enum {
  PROXY_ROUTE_NODE = 1, /* to the node that `target` names; one that the host does not know is refused */
  PROXY_ROUTE_PRIMARY = 2,
  PROXY_ROUTE_STANDBY = 3,
  PROXY_ROUTE_BRANCH = 4, /* `target` names it */
  PROXY_ROUTE_BLOCK = 5   /* with `reason` */
};

typedef struct proxy_route_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str target;
  graft_str reason;
} proxy_route_decision;

GRAFT_HOOK(route, "proxy.route", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_ROUTE_BLOCK, PROXY_ROUTE_BLOCK)) {
  graft_status (*run)(graft_hook_context *context, proxy_query *query, proxy_route_decision *decision);
};

#endif
