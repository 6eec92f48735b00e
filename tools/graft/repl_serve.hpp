// The half of `graft repl` that runs code: it compiles what it is told, runs it, and prints what comes of it.
#pragma once

#include "repl_channel.hpp"

#include <graft/repl.hpp>

namespace graft::tool {

struct ServeSettings {
  ReplOptions options;
  bool shows_types = false; ///< "(int) 2" instead of "2"
  bool says_more = false;   ///< "greeter 1.0 is loaded": a person reads it
  bool has_input = true;    ///< else the code's standard input is empty: the session's inputs come from there
};

/// Answers until it is told to end, or the other half is gone; then the process ends.
[[noreturn]] void serve_session(Channel channel, const ServeSettings &settings);

} // namespace graft::tool
