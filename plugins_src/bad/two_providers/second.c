#include "thing.h"

static int32_t answer(void) { return 2; }

GRAFT_PROVIDE(thing, {.answer = answer});
