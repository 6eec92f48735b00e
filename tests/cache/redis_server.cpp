// See redis_server.hpp. That the server is up is seen by connecting to it, as often as it takes.
#include "redis_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

extern char **environ;

namespace graft::test {
namespace {

sockaddr_un address_of(const std::string &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

bool accepts(const std::string &path) {
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(path);
  const bool connected = ::connect(client, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  ::close(client);
  return connected;
}

} // namespace

RedisServer::RedisServer(std::vector<std::string> more) {
  std::vector<std::string> words = {"redis-server", "--port", "0",     "--unixsocket", socket(),    "--save",       "",
                                    "--appendonly", "no",     "--dir", folder_.path(), "--logfile", folder_ / "log"};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char *> arguments;
  for (std::string &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawnp(&process_, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    process_ = 0;
    return;
  }
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!accepts(socket()) && std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = 0;
      return;
    }
    std::this_thread::yield();
  }
}

void RedisServer::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

SilentServer::SilentServer() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const sockaddr_un address = address_of(path());
  ::bind(listener_, reinterpret_cast<const sockaddr *>(&address), sizeof address);
  ::listen(listener_, 16);
}

SilentServer::~SilentServer() {
  for (const int client : open_) ::close(client);
  ::close(listener_);
}

int SilentServer::connections() {
  int count = 0;
  for (int client; (client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ++count) open_.push_back(client);
  return count;
}

void SilentServer::answer(const std::string &text) {
  pollfd listening = {listener_, POLLIN, 0};
  ::poll(&listening, 1, -1);
  connections();
  char asked[4096];
  [[maybe_unused]] ssize_t size = ::read(open_.back(), asked, sizeof asked);
  size = ::write(open_.back(), text.data(), text.size());
}

} // namespace graft::test
