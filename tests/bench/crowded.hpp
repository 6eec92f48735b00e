// The rows that ask whether something costs more among many.
#pragma once

#include "row.hpp"

#include <vector>

namespace graft::bench {

/// `find` and `resolve` among 10, 100 and 1,000 contracts, from one thread and from two.
void add_lookup_rows(std::vector<Row> &rows);
/// Publications and a host's `throw`, with 1,000 live bundles beside one or none; and a swap alone.
void add_publication_rows(std::vector<Row> &rows);

} // namespace graft::bench
