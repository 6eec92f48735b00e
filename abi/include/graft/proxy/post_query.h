/* Behind every query, whatever became of it: those that were blocked, denied or answered from a cache are told with that
 * status. */
#ifndef GRAFT_PROXY_POST_QUERY_H
#define GRAFT_PROXY_POST_QUERY_H

#include "types.h"

typedef enum proxy_status {
  PROXY_DONE = 0,    /* the backend answered */
  PROXY_FAILED = 1,  /* the backend answered with an error, or not at all: `error` */
  PROXY_BLOCKED = 2, /* a plugin ended it: `error` has the reason */
  PROXY_CACHED = 3,  /* a plugin, or the cache, answered */
  PROXY_DENIED = 4   /* the host refused it (limits, rights): `error` */
} proxy_status;

typedef struct proxy_outcome {
  uint32_t struct_size;
  uint32_t status; /* a proxy_status; success is PROXY_DONE and PROXY_CACHED */
  const proxy_query *query;
  graft_str target_node; /* empty: none was asked */
  graft_str error;
  uint64_t elapsed_us;
  uint64_t response_bytes;
} proxy_outcome;

GRAFT_HOOK(post_query, "proxy.post_query", 1, 0, GRAFT_OBSERVE) {
  graft_status (*run)(graft_hook_context *context, proxy_outcome *outcome, graft_no_decision *decision);
};

#endif
