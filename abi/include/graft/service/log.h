/* Host contract "graft.log": lines for the host's log, each tagged with the bundle's name.
 *
 * A bundle may write so many lines a second; what comes on top is dropped, counted, and the next line that goes through is
 * preceded by one that says how many were. */
#ifndef GRAFT_SERVICE_LOG_H
#define GRAFT_SERVICE_LOG_H

#include "../abi/service.h"

GRAFT_CONTRACT(graft_log, "graft.log", 1, 0) {
  /* Writes one line; `level` is a graft_log_level. What is no printable text is escaped. GRAFT_BUSY: dropped, the bundle
   * writes more lines than it may. GRAFT_PAYLOAD_LIMIT: the line is too long. GRAFT_INVALID: no such level. [any thread] */
  graft_status (*write)(void *self, uint32_t level, graft_str line);
};

#endif
