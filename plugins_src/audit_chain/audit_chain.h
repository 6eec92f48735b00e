/* What a host asks of the audit chain: is it whole? */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <graft/abi.h>

GRAFT_CONTRACT(audit_verify, "audit.verify", 1, 0) {
  /* Reads the whole chain: how many records, and the number of the first that does not fit, -1 when all do. */
  graft_status (*verify)(uint64_t *records, int64_t *broken);
};

#endif
