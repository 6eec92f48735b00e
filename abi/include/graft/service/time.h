/* Host contract "graft.time": the host's clocks, which a test moves by hand. */
#ifndef GRAFT_SERVICE_TIME_H
#define GRAFT_SERVICE_TIME_H

#include "../abi/service.h"

GRAFT_CONTRACT(graft_time, "graft.time", 1, 0) {
  /* Nanoseconds since some moment in the past; never goes back. [any thread] */
  uint64_t (*monotonic_ns)(void *self);
  /* Nanoseconds since 1970-01-01 00:00 UTC; may be set. [any thread] */
  int64_t (*wall_ns)(void *self);
};

#endif
