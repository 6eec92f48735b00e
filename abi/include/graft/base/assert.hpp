// Asserts of graft's own promises. What the outside world can cause is a `Result`, never one of these.
#pragma once

#include <graft/base/export.hpp>

namespace graft {

/// Prints the sentence with its place and ends the process.
[[noreturn]] GRAFT_API void assert_failed(const char *sentence, const char *file, int line) noexcept;

}  // namespace graft

/// Ends the process with `sentence` when `condition` is false; in every build type.
#define GRAFT_ASSERT(condition, sentence) \
  ((condition) ? static_cast<void>(0) : ::graft::assert_failed(sentence, __FILE__, __LINE__))
