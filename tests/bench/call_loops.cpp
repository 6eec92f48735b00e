// The two loops of the call row: through a Bound, and the plain indirect call that is its peer. Built by clang and by g++.
#include "call_loops.hpp"

#define NAME_(what, compiler) what##_##compiler
#define NAME(what, compiler) NAME_(what, compiler)

// The peer: a table pointer that any call may change, loaded each time, and a function pointer out of it.
int NAME(loop_plain, GRAFT_LOOPS)(const bench_step *const *table, int rounds) {
  int value = 0;
  for (int round = 0; round < rounds; ++round) value = (*table)->step(value);
  return value;
}

int NAME(loop_bound, GRAFT_LOOPS)(const graft::Bound<bench_step> &bound, int rounds) {
  int value = 0;
  for (int round = 0; round < rounds; ++round) value = bound->step(value);
  return value;
}
