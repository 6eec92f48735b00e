#include "thing.h"

static int32_t answer(void) { return 1; }

GRAFT_PROVIDE(thing, {.answer = answer});
