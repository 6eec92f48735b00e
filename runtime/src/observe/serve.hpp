// A host's socket: one thread that reads and writes and never waits for anybody, and one that does what takes long.
//
// S1: a client owns at most one request at a time; further lines wait in its buffer, and when that is full nothing is read
// from it. S2: what a client is owed is bounded: answers wait for the client, events do not - a subscriber that does not
// read is let go. S3: a client that neither asks, reads nor listens is let go after `idle`.
#pragma once

#include "serve_protocol.hpp"

#include <graft/base/clock.hpp>
#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace graft {

/// Owns: the socket and its file, two threads. Threads: made and destroyed by one, not from inside a callback of the
/// runtime.
class Server {
 public:
  static Result<std::unique_ptr<Server>> create(Runtime &runtime, ServeOptions options);
  /// Waits for a request that is being done.
  ~Server();

  const std::string &path() const { return path_; }

 private:
  struct Client {
    int socket = -1;
    std::string in;
    std::string out;
    bool is_busy = false; ///< its request is with the worker (S1)
    bool is_subscribed = false;
    bool ends = false;    ///< once `out` is sent
    bool is_lost = false; ///< nobody is there any more
    Clock::Time last{};   ///< when it asked, or read, last
  };
  struct Job {
    std::uint64_t client = 0;
    Request request;
  };
  using Lines = std::vector<std::pair<std::uint64_t, std::string>>;

  Server(Runtime &runtime, ServeOptions options, std::string path, int listener, int wake);
  Result<void> start();
  void run();
  void work();
  bool wait();
  void accept_clients();
  void drop(std::map<std::uint64_t, Client>::iterator client);
  bool read_from(Client &client);
  void take_requests(std::uint64_t number, Client &client);
  void deliver();
  bool write_to(Client &client);
  bool is_idle(const Client &client) const;
  void wake();

  Runtime &runtime_;
  const ServeOptions options_;
  const std::string path_;
  const int listener_;
  const int wake_;
  SystemClock machine_;
  Clock &clock_;
  std::uint64_t events_ = 0;                // the listener's number
  std::map<std::uint64_t, Client> clients_; // of the reading thread
  bool has_newcomers_ = false;
  std::uint64_t next_client_ = 1;
  Clock::Time accepts_from_{};              // later than now while the process has no descriptors left
  std::atomic<std::size_t> subscribers_{0}; // relaxed: a hint, so that events nobody hears cost nothing

  Mutex mutex_;
  Condition changed_;
  bool stopping_ GRAFT_GUARDED_BY(mutex_) = false;
  std::deque<Job> jobs_ GRAFT_GUARDED_BY(mutex_);
  Lines answers_ GRAFT_GUARDED_BY(mutex_);
  std::vector<std::string> told_ GRAFT_GUARDED_BY(mutex_); // events
  bool overrun_ GRAFT_GUARDED_BY(mutex_) = false;          // more of them than can wait
  std::thread reader_;
  std::thread worker_;
};

} // namespace graft
