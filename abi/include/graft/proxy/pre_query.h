/* Before a query runs: it may be rewritten, blocked, or answered at once. A rewrite is the query that the next plugin meets.
 */
#ifndef GRAFT_PROXY_PRE_QUERY_H
#define GRAFT_PROXY_PRE_QUERY_H

#include "types.h"

enum {
  PROXY_PRE_QUERY_REWRITE = 1, /* `query->query` was replaced; goes on */
  PROXY_PRE_QUERY_BLOCK = 2,   /* ends with `reason` */
  PROXY_PRE_QUERY_CACHED = 3   /* ends with `rows` */
};

typedef struct proxy_pre_query_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str reason;
  const proxy_rows *rows;
} proxy_pre_query_decision;

GRAFT_HOOK(pre_query, "proxy.pre_query", 1, 0,
           GRAFT_FOLD(PROXY_PRE_QUERY_CACHED, PROXY_PRE_QUERY_BLOCK, PROXY_PRE_QUERY_BLOCK)) {
  graft_status (*run)(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *decision);
};

#endif
