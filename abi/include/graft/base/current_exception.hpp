// What was thrown, in words: for errors about plugin code that throws. Catching itself is done where the code is called.
#pragma once

#include "error.hpp"

#include <string>

namespace graft {

/// Inside a handler: the type and, where there is one, the text of what was caught ("std::out_of_range: no such row").
std::string describe_current_exception() noexcept;

/// Inside a handler: kException, "WHO threw ...", or kStackLimit, "WHO ran out of stack".
Error thrown_error(const std::string &who);

} // namespace graft
