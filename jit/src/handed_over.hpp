// Memory of an image that its code hands to the C library for good: text of the environment (`putenv`), buffers of streams
// (`setvbuf`). The environment and the streams are the process's, and go on when the image's memory is gone.
#pragma once

#include <graft/jit/linker.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace graft::jit {

/// The function behind a "graft." name of a stub; null when it is none of these.
const void *handed_over_function(std::string_view name);

/// Puts copies where the environment has text of the image; nothing of the image runs any more. What there was, in words.
std::vector<std::string> copy_variables(const Image &image);

} // namespace graft::jit
