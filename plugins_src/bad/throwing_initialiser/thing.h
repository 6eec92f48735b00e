#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.throwing-initialiser", 1, 0) {
  int32_t (*answer)(void);
};
