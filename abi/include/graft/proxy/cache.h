/* A cache of whole results: asked before the backend, told behind it. */
#ifndef GRAFT_PROXY_CACHE_H
#define GRAFT_PROXY_CACHE_H

#include "types.h"

enum {
  PROXY_CACHE_HIT = 1 /* of cache_get, with `rows` */
};
enum {
  PROXY_CACHE_STORED = 1 /* of cache_set: nobody else need keep it */
};

typedef struct proxy_cache_read {
  uint32_t struct_size;
  uint32_t reserved;
  const proxy_query *query;
} proxy_cache_read;

typedef struct proxy_cache_decision {
  uint32_t struct_size;
  uint32_t action;
  const proxy_rows *rows;
} proxy_cache_decision;

typedef struct proxy_cache_write {
  uint32_t struct_size;
  uint32_t reserved;
  const proxy_query *query;
  const proxy_rows *rows;
} proxy_cache_write;

GRAFT_HOOK(cache_get, "proxy.cache_get", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_CACHE_HIT, 0)) {
  graft_status (*run)(graft_hook_context *context, proxy_cache_read *read, proxy_cache_decision *decision);
};

GRAFT_HOOK(cache_set, "proxy.cache_set", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_CACHE_STORED, 0)) {
  graft_status (*run)(graft_hook_context *context, proxy_cache_write *write, graft_no_decision *decision);
};

#endif
