// `-l`: from a library's name to the shared objects that hold its symbols, as a linker finds them.
#pragma once

#include <graft/base/result.hpp>

#include <string>
#include <vector>

namespace graft {

/// The shared objects behind `name`: `m`, `:libfoo.so.1`, or a path. `libNAME.so` in `directories` and the system's, else
/// the newest `libNAME.so.*`; a linker script is followed. Empty for what the compiler's own library covers (`gcc`).
/// kNotFound with what was looked for, kUnsupported when there is only an archive.
Result<std::vector<std::string>> find_library(const std::string &name, const std::vector<std::string> &directories);

} // namespace graft
