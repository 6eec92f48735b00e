// A Redis server of one test, on a Unix socket in a folder of its own; and one that accepts and never answers.
#pragma once

#include "temp_folder.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace graft::test {

/// The machine's redis-server; nothing is stored on disk. Gone with the object.
class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> more = {});
  ~RedisServer() { stop(); }
  void stop();

  bool is_up() const { return process_ > 0; } ///< false when there is no redis-server on this machine
  std::string url() const { return "redis+unix://" + socket(); }
  std::string socket() const { return folder_ / "redis.sock"; }

 private:
  TempFolder folder_;
  pid_t process_ = 0;
};

/// Listens, and says `greeting` to whoever connects and asks.
class SilentServer {
 public:
  SilentServer();
  ~SilentServer();

  std::string url() const { return "redis+unix://" + path(); }
  std::string path() const { return folder_ / "silent.sock"; }
  /// How many connected since the last time that this was asked.
  int connections();
  /// Waits for the next to connect and ask, and answers.
  void answer(const std::string &text);

 private:
  TempFolder folder_;
  int listener_;
  std::vector<int> open_;
};

} // namespace graft::test
