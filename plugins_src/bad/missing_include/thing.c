#include "thing.h"
#include "no_such_header.h"

static int32_t answer(void) { return 42; }

GRAFT_PROVIDE(thing, {.answer = answer});
