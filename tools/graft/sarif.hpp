// Diagnostics as SARIF 2.1.0, which code hosts and editors read.
#pragma once

#include "json.hpp"

#include <vector>

namespace graft::tool {

/// One run of graft with a result for each diagnostic; notes are its related locations, fix-its its one fix. Files below the
/// working directory are named relative to it.
Json sarif_of(const std::vector<Diagnostic> &diagnostics);

} // namespace graft::tool
