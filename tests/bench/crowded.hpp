// The rows that time themselves: what costs more among many, and edits of heavy C++.
#pragma once

#include "row.hpp"

#include <vector>

namespace graft::bench {

/// `find` and `resolve` among 10, 100 and 1,000 contracts, from one thread and from two.
void add_lookup_rows(std::vector<Row> &rows);
/// Publications and a host's `throw`, with 1,000 live bundles beside one or none; and a swap alone.
void add_publication_rows(std::vector<Row> &rows);
/// What services cost: a kept value, a record in a histogram; from one thread and from two.
void add_service_rows(std::vector<Row> &rows);
void add_hook_rows(std::vector<Row> &rows);
/// A query through the eight workloads.
void add_workload_rows(std::vector<Row> &rows);
void add_repl_rows(std::vector<Row> &rows);
/// Edits of C++ plugins that lean on their headers: the second save on, one that needs more, and the first build.
void add_edit_rows(std::vector<Row> &rows);

} // namespace graft::bench
