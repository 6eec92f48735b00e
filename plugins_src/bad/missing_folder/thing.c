/* Fine; what is wrong stands in graft.toml. */
#include <graft/abi.h>

GRAFT_CONTRACT(thing, "bad.missing-folder", 1, 0) { int32_t (*number)(void); };

static int32_t number(void) { return 1; }

GRAFT_PROVIDE(thing, {.number = number});
