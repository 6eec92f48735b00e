// Asking a host that runs: `Runtime::serve` opens a socket, this is the other end. The protocol is JSON, one object a line;
// the runtime's README has it.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Where hosts serve when they name no socket: `$XDG_RUNTIME_DIR/graft`, else `/tmp/graft-UID`. Made when it is not there,
/// with mode 0700. kRefused when it is somebody else's, or open to others.
GRAFT_API Result<std::filesystem::path> socket_folder();

/// A host of this user that serves in the usual folder.
struct ServedHost {
  int pid = 0;
  std::string socket;
};

/// All that answer, sorted by pid. Sockets whose host is gone are removed.
GRAFT_API Result<std::vector<ServedHost>> served_hosts();

/// Sends one request (a line of JSON, without its end) and gives the answer, also without. kNotFound when nobody serves
/// there, kBusy when no answer came within `limit`.
GRAFT_API Result<std::string> ask(const std::string &socket, std::string_view request,
                                  std::chrono::milliseconds limit = std::chrono::minutes(5));

} // namespace graft
