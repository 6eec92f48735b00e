// What compiled code calls when its stack pointer is below its thread's limit (graft/base/stack_check.hpp). No part of the
// process names them, so that they are found here.
#pragma once

#include <string_view>

namespace graft::jit {

/// The function behind one of the names; null when it is none of these.
const void *stack_function(std::string_view name);

} // namespace graft::jit
