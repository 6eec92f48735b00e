// The rows of compiles.cpp.
#pragma once

#include "row.hpp"

namespace graft::bench {

void add_compile_rows(std::vector<Row> &rows);

} // namespace graft::bench
