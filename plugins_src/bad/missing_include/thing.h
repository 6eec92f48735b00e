#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.missing-include", 1, 0) {
  int32_t (*answer)(void);
};
