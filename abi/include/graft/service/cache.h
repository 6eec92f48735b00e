/* Host contract "graft.cache": the host's cache, in the regions that it allows this bundle. What is put there may be gone at
 * any time. */
#ifndef GRAFT_SERVICE_CACHE_H
#define GRAFT_SERVICE_CACHE_H

#include "../abi/service.h"

/* GRAFT_REFUSED: the host does not allow that region. GRAFT_PAYLOAD_LIMIT: too much. GRAFT_UNSUPPORTED: this host has no
 * cache. */
GRAFT_CONTRACT(graft_cache, "graft.cache", 1, 0) {
  /* Appends the value to `out`, which the caller frees. GRAFT_NOT_FOUND. [any thread] */
  graft_status (*get)(void *self, graft_str region, graft_str key, graft_buf *out);
  /* `live_ns` 0: as long as the cache likes. [any thread] */
  graft_status (*set)(void *self, graft_str region, graft_str key, graft_str value, uint64_t live_ns);
  /* GRAFT_NOT_FOUND. [any thread] */
  graft_status (*remove)(void *self, graft_str region, graft_str key);
};

#endif
