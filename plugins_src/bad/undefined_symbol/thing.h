#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.undefined-symbol", 1, 0) {
  int32_t (*answer)(void);
};
