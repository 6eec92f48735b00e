#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.two-providers", 1, 0) {
  int32_t (*answer)(void);
};
