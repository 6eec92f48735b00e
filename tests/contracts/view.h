/* A contract of which the test program carries a view. */
#include <graft/abi.h>

struct seen {
  uint64_t id;
#ifdef SEEN_IS_WIDE
  uint64_t count;
#else
  uint32_t count;
#endif
};

GRAFT_CONTRACT(viewed, "test.viewed", 1, 0) {
  int32_t (*look)(const struct seen *seen);
};
