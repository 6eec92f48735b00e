#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.wrong-version", 1, 0) {
  int32_t (*answer)(void);
};
