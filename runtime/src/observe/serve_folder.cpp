// See serve_folder.hpp and graft/serve.hpp.
#include "serve_folder.hpp"

#include <graft/base/fault.hpp>
#include <graft/serve.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr int kBacklog = 64;
constexpr std::size_t kMostAnswer = 64u << 20;

Error cannot(const char *verb, const std::string &path, int reason) {
  return error(Code::kExhausted, std::string("cannot ") + verb + " '" + path + "': " + std::strerror(reason));
}

/// Closes at the end of a scope.
struct Descriptor {
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int number;
};

/// "1234.sock", "1234.2.sock"; 0 for any other name.
int pid_of(const std::string &name) {
  int pid = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return failure == std::errc() && *end == '.' && name.ends_with(".sock") ? pid : 0;
}

bool nobody_listens(int reason) { return reason == ECONNREFUSED || reason == ENOENT; }

constexpr const char *kMakingSocket = "cannot make socket";

/// -1, with `errno`, when the process or the system has no descriptor left.
int make_socket() {
  if (fault::at(kMakingSocket, EMFILE)) return -1;
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/// Whether somebody listens there. kExhausted when there is no descriptor to ask with.
Result<bool> is_served(const std::string &path, const sockaddr_un &address) {
  const Descriptor other{make_socket()};
  if (other.number < 0) return cannot("make socket", path, errno);
  const bool is_connected = ::connect(other.number, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  return is_connected || !nobody_listens(errno);
}

} // namespace

Result<void> own_folder(const fs::path &folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot("make folder", folder.string(), errno);
  struct stat status = {};
  if (::lstat(folder.c_str(), &status) != 0) return cannot("look at", folder.string(), errno);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid())
    return error(Code::kRefused, "'" + folder.string() + "' is no folder of this user; sockets are not made there");
  if ((status.st_mode & 077) != 0)
    return error(Code::kRefused, "folder '" + folder.string() + "' is open to others; sockets are made where mode is 0700");
  return {};
}

Result<fs::path> socket_folder() {
  const char *runtime = std::getenv("XDG_RUNTIME_DIR");
  const bool is_set = runtime != nullptr && *runtime == '/';
  const fs::path folder = is_set ? fs::path(runtime) / "graft" : fs::path("/tmp/graft-" + std::to_string(::geteuid()));
  GRAFT_TRY(own_folder(folder));
  return folder;
}

Result<sockaddr_un> socket_address(const std::string &path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return error(Code::kInvalid, "socket path '" + path + "' has " + std::to_string(path.size()) + " bytes; 1 to " +
                                     std::to_string(sizeof address.sun_path - 1) + " fit");
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

int connect_to(const sockaddr_un &address) {
  const int made = make_socket();
  if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) return made;
  const int reason = errno;
  ::close(made);
  errno = reason;
  return -1;
}

Result<int> listen_at(const std::string &path) {
  constexpr const char *kListening = "cannot listen at";
  GRAFT_TRY(own_folder(fs::path(path).parent_path()));
  GRAFT_TRY_ASSIGN(const sockaddr_un address, socket_address(path));
  struct stat status = {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode))
      return error(Code::kConflict, "'" + path + "' is there and is no socket; it is left alone");
    GRAFT_TRY_ASSIGN(const bool is_taken, is_served(path, address));
    if (is_taken) return error(Code::kConflict, "another host serves at '" + path + "'");
    ::unlink(path.c_str());
  }
  Descriptor made{make_socket()};
  if (made.number < 0) return cannot("make socket", path, errno);
  if (fault::at(kListening) || ::bind(made.number, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    return cannot("listen at", path, errno);
  if (fault::at(kListening) || ::chmod(path.c_str(), 0600) != 0 || ::listen(made.number, kBacklog) != 0) {
    const int reason = errno;
    ::unlink(path.c_str());
    return cannot("listen at", path, reason);
  }
  return std::exchange(made.number, -1);
}

Result<std::string> usual_socket() {
  GRAFT_TRY_ASSIGN(const fs::path folder, socket_folder());
  const std::string stem = (folder / std::to_string(::getpid())).string();
  for (int runtime = 1;; ++runtime) {
    const std::string path = stem + (runtime == 1 ? "" : "." + std::to_string(runtime)) + ".sock";
    GRAFT_TRY_ASSIGN(const sockaddr_un address, socket_address(path));
    GRAFT_TRY_ASSIGN(const bool is_taken, is_served(path, address));
    if (!is_taken) return path;
  }
}

Result<std::vector<ServedHost>> served_hosts() {
  GRAFT_TRY_ASSIGN(const fs::path folder, socket_folder());
  std::vector<ServedHost> hosts;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string path = entry->path().string();
    const int pid = pid_of(entry->path().filename().string());
    const auto address = socket_address(path);
    if (pid == 0 || !address) continue;
    const Descriptor host{connect_to(*address)};
    if (host.number < 0 && errno == ECONNREFUSED) ::unlink(path.c_str());
    if (host.number >= 0 || errno == EAGAIN) hosts.push_back({pid, path});
  }
  std::ranges::sort(hosts, {}, [](const ServedHost &host) { return std::pair(host.pid, host.socket); });
  return hosts;
}

Result<std::string> ask(const std::string &socket, std::string_view request, std::chrono::milliseconds limit) {
  GRAFT_TRY_ASSIGN(const sockaddr_un address, socket_address(socket));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  Descriptor host{connect_to(address)};
  while (host.number < 0 && errno == EAGAIN && std::chrono::steady_clock::now() < deadline) { // its queue is full
    ::poll(nullptr, 0, 1);
    host.number = connect_to(address);
  }
  if (host.number < 0 && (errno == EMFILE || errno == ENFILE)) return cannot("make socket", socket, errno);
  if (host.number < 0) return error(Code::kNotFound, "no host answers at '" + socket + "': " + std::strerror(errno));
  std::string out = std::string(request) + "\n", in;
  while (in.find('\n') == in.npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait = {host.number, static_cast<short>(out.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    const int ready = left.count() > 0 ? ::poll(&wait, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return error(Code::kBusy, "the host at '" + socket + "' has not answered yet");
    if ((wait.revents & POLLOUT) != 0) {
      const ssize_t sent = ::send(host.number, out.data(), out.size(), MSG_NOSIGNAL);
      if (sent > 0) out.erase(0, static_cast<std::size_t>(sent));
    }
    if ((wait.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    char buffer[16 * 1024];
    const ssize_t size = ::read(host.number, buffer, sizeof buffer);
    if (size < 0 && errno == EAGAIN) continue;
    if (size <= 0 || in.size() > kMostAnswer)
      return error(Code::kNotFound, "the host at '" + socket + "' ended the connection without an answer");
    in.append(buffer, static_cast<std::size_t>(size));
  }
  return in.substr(0, in.find('\n'));
}

} // namespace graft
