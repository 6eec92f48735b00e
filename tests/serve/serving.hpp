// A runtime that serves in a folder of its own, and clients that may behave badly.
#pragma once

#include "bundles.hpp"
#include "manual_clock.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>
#include <graft/serve.hpp>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

namespace graft::test {

using Json = nlohmann::json;

/// A connection of its own.
class RawClient {
 public:
  explicit RawClient(const std::string &path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient &) = delete;

  bool connected() const { return connected_; }
  /// What fits at once; a host that does not read stalls nobody here.
  void send(const std::string &bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT); }
  void end() const { ::shutdown(socket_, SHUT_WR); }
  /// The next line; empty at the end, or when none comes for a minute.
  std::string line() {
    std::size_t end = 0;
    while ((end = in_.find('\n')) == in_.npos) {
      pollfd wait = {socket_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&wait, 1, 60'000) <= 0) return "";
      const ssize_t size = ::read(socket_, buffer, sizeof buffer);
      if (size <= 0) return "";
      in_.append(buffer, static_cast<std::size_t>(size));
    }
    const std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    return line;
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string in_;
};

class Serving : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    folder.write("b/b.c", number_text(1));
    ASSERT_THAT(runtime->load(folder.path() / "b"), Succeeds());
    ServeOptions options;
    options.socket = socket;
    options.clock = &clock;
    ASSERT_THAT(runtime->serve(options), Succeeds());
  }
  Json ask_for(const std::string &request) {
    const auto answer = ask(socket, request);
    EXPECT_THAT(answer, Succeeds());
    return answer ? Json::parse(*answer) : Json();
  }
  Json ps() { return ask_for(R"({"graft":1,"id":7,"do":"ps"})"); }

  TempFolder folder;
  std::string socket = (folder.path() / "host.sock").string();
  ManualClock clock;
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

} // namespace graft::test
