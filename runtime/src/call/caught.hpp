// Where exceptions of plugin code end: behind thunks (on the calling thread, under its pin) and around what the runtime calls itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <graft/jit/linker.hpp>

namespace graft {

/// Runs `body` and says what it threw ("std::runtime_error: text"), or nothing. Forced unwinding (`pthread_exit`, cancellation)
/// passes through.
std::optional<std::string> catch_all(const std::function<void()> &body);

/// The functions that thunks call, for the linker.
std::vector<jit::Symbol> thunk_symbols();

} // namespace graft
