// An unchanged bundle in a new process, from the cache.
#pragma once

#include "row.hpp"

#include <string>
#include <vector>

namespace graft::bench {

/// What `graft_bench --cached BUNDLE CACHE` does: loads a bundle, and prints what the whole of it and the link took.
int load_cached(const std::string &bundle, const std::string &cache);

/// `program`: this one, to be started anew for each measurement.
void add_cached_rows(std::vector<Row> &rows, const std::string &program);

} // namespace graft::bench
