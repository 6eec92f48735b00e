// The rows that ask whether code that was optimised in the background is as fast as a compiler's own.
#pragma once

#include "row.hpp"

#include <vector>

namespace graft::bench {

/// Each kernel of `kernels/`, called through a binding after its tier-up, beside `clang -O2 -march=native -shared` and
/// dlopen.
void add_kernel_rows(std::vector<Row> &rows);

} // namespace graft::bench
