// The rows of builds.cpp.
#pragma once

#include "row.hpp"

namespace graft::bench {

void add_build_rows(std::vector<Row> &rows);

} // namespace graft::bench
