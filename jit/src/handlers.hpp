// What an image's code had the process call: handlers of signals, of memory that is not to be had, of exceptions that nobody
// catches, and buffers of the standard streams.
#pragma once

#include <graft/jit/linker.hpp>

#include <string>
#include <vector>

namespace graft::jit {

/// Gives the process its own in their place; nothing of the image runs any more. What there was, in words.
std::vector<std::string> take_back_handlers(const Image &image);

/// The same for `std::cout` and the other seven: standard_streams.cpp.
std::vector<std::string> take_back_streams(const Image &image);

} // namespace graft::jit
