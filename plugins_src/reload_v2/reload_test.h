/* The contract of the pair reload_v1 and reload_v2; both carry the same text. */
#ifndef RELOAD_TEST_H
#define RELOAD_TEST_H

#include <graft/abi.h>

GRAFT_CONTRACT(reload_test, "reload.test", 1, 0) {
  /* 100 in v1, 200 in v2. */
  int32_t (*version)(void);
};

#endif
