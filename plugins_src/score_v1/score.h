/* A counter that survives its own reload. */
#ifndef SCORE_H
#define SCORE_H

#include <graft/abi.h>

GRAFT_CONTRACT(score, "demo.score", 1, 0) {
  /* Adds points and returns the sum; negative ones count as none. */
  int64_t (*add)(int32_t points);
};

#endif
