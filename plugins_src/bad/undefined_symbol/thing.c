#include "thing.h"

int32_t compute_anwser(int32_t seed);
int32_t compute_answer(int32_t seed) { return seed + 2; }

static int32_t answer(void) { return compute_anwser(40); }

GRAFT_PROVIDE(thing, {.answer = answer});
