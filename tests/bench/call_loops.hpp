// The contract of the call row, and its loops as clang and g++ compile them.
#pragma once

#include <graft/bound.hpp>

GRAFT_CONTRACT(bench_step, "bench.step", 1, 0) { int32_t (*step)(int32_t value); };

int loop_plain_clang(const bench_step *const *table, int rounds);
int loop_bound_clang(const graft::Bound<bench_step> &bound, int rounds);
int loop_plain_gcc(const bench_step *const *table, int rounds);
int loop_bound_gcc(const graft::Bound<bench_step> &bound, int rounds);
