// The files of a bundle that are machine code already: objects (.o), archives of them (.a), one shared object (.so). Nothing
// is compiled; their bytes go into the artifact as they are, with what is read from them.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>

#include <vector>

namespace graft {

/// Adds the files among `sources` that are machine code to the artifact, which holds what was compiled of the others. Fails
/// as read_provider_records and archive_members do; kInvalid for a shared object that is not alone.
Result<void> add_machine_code(const std::vector<driver::Source> &sources, Artifact &artifact);

/// Whether the artifact's one object is a shared object.
bool is_shared_object(const Artifact &artifact);

} // namespace graft
