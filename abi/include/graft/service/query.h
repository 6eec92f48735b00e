/* Host contract "graft.query": queries to the databases that the host allows this bundle. What a query and its answer look
 * like is the host's. */
#ifndef GRAFT_SERVICE_QUERY_H
#define GRAFT_SERVICE_QUERY_H

#include "../abi/service.h"

GRAFT_CONTRACT(graft_query, "graft.query", 1, 0) {
  /* Runs one query and appends the answer to `out`, which the caller frees. GRAFT_REFUSED: the host does not allow that
   * database. GRAFT_PAYLOAD_LIMIT: too much either way. GRAFT_UNSUPPORTED: this host has no database. Else what the host
   * says. [any thread] */
  graft_status (*run)(void *self, graft_str database, graft_str query, const graft_str *values, size_t value_count,
                      graft_buf *out);
};

#endif
