#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.syntax-error", 1, 0) {
  int32_t (*answer)(void);
};
