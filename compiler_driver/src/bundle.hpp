// From the units of a job to its artifact: what only shows when the files are seen together.
#pragma once

#include "unit.hpp"

#include <graft/base/seen_headers.hpp>

#include <vector>

namespace graft::driver {

/// Fails: kInvalid, with both places, when two files provide one contract; kIncompatible when two files see different
/// declarations of one contract.
Result<Artifact> make_artifact(const Job &job, std::vector<Unit> units, const ContentKey &arguments_key);

/// kConflict when two files saw two texts of one header, which was saved in between.
Result<void> see_alike(const Job &job, const std::vector<Unit> &units);

/// The units' bitcode as one module. Fails: kInvalid when they cannot be linked.
Result<std::vector<char>> link_bitcode(const std::vector<Unit> &units);

} // namespace graft::driver
