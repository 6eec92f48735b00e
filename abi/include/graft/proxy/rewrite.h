/* The last word on a query's text, behind all that decides whether it runs and where: each meets it as the one before left
 * it. */
#ifndef GRAFT_PROXY_REWRITE_H
#define GRAFT_PROXY_REWRITE_H

#include "types.h"

enum {
  PROXY_REWRITE_DONE = 1 /* `query->query` was replaced; goes on */
};

GRAFT_HOOK(rewrite, "proxy.rewrite", 1, 0, GRAFT_FOLD(PROXY_REWRITE_DONE, PROXY_REWRITE_DONE + 1, 0)) {
  graft_status (*run)(graft_hook_context *context, proxy_query *query, graft_no_decision *decision);
};

#endif
