/* One of two texts of one bundle: reloading the other's folder swaps what is answered here. */
#include "reload_test.h"

static int32_t version(void) { return 100; }

GRAFT_PROVIDE(reload_test, {.version = version});
