// Are the unwind records of an object ones that JITLink can read? It traps on pointer encodings that it does not expect.
#pragma once

#include <cstddef>
#include <string>

namespace graft::jit {

/// What is wrong with the contents of an `.eh_frame` section; empty when nothing is.
std::string check_frames(const char *section, std::size_t bytes);

} // namespace graft::jit
