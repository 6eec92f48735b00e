// How far a compile of many files is: one line on a terminal that is written over, or a JSON line a file.
#pragma once

#include "command.hpp"

namespace graft::tool {

/// Shows it where somebody looks: on a terminal as a line that goes when the last file is done, in JSON where `format` says
/// so. Otherwise nothing.
void show_progress(std::string_view bundle, const CompiledFile &file, Format format);

/// Shows the compiles of a runtime, from now on.
void show_progress_of(Runtime &runtime, Format format);

} // namespace graft::tool
