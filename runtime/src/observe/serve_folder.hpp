// Sockets as files: the folder that is this user's only, names, and what is left of hosts that are gone.
#pragma once

#include <graft/base/result.hpp>

#include <sys/un.h>

#include <filesystem>
#include <string>

namespace graft {

/// Makes the folder, or refuses one that others can enter.
Result<void> own_folder(const std::filesystem::path &folder);

/// kInvalid when the path does not fit into an address.
Result<sockaddr_un> socket_address(const std::string &path);

/// A connected socket, or -1 with errno: ECONNREFUSED and ENOENT mean that nobody listens.
int connect_to(const sockaddr_un &address);

/// A socket that listens at `path`, for this user only. A stale file there is removed; kConflict when somebody listens, or
/// when it is no socket.
Result<int> listen_at(const std::string &path);

/// The first name for this process in the usual folder that nobody listens at.
Result<std::string> usual_socket();

} // namespace graft
