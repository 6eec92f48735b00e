#include "thing.h"

int32_t seed(void) { return 40; }

static int32_t answer(void) { return seed() + 2; }

GRAFT_PROVIDE(thing, {.answer = answer});
