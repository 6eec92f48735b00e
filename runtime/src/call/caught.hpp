// Where exceptions of plugin code end: behind thunks (on the calling thread, under its pin) and around what the runtime
// calls itself.
#pragma once

#include <graft/abi.h>
#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace graft {

/// Runs `body` and says what it threw ("std::runtime_error: text"), or nothing. Forced unwinding (`pthread_exit`, cancellation)
/// passes through.
std::optional<std::string> catch_all(const std::function<void()> &body);

/// The same as an error: kException, or kStackLimit, that begins with `who`.
std::optional<Error> catch_error(const std::string &who, const std::function<void()> &body);

/// Calls a function of a plugin that answers with a status. What it threw is kException or kStackLimit, any status but GRAFT_OK that code, with the text that
/// it left; both begin with `what`.
Result<void> call_status(const std::string &what, const std::function<graft_status()> &call);

/// Starts `thread` on `body`. kExhausted, with a sentence that begins with `refusal`, when the system has no thread left.
Result<void> start_thread(std::thread &thread, const char *refusal, std::function<void()> body);

/// The functions that thunks call, for the linker.
std::vector<jit::Symbol> thunk_symbols();

} // namespace graft
