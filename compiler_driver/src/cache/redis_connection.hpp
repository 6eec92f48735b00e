// One connection to a Redis server, on which nothing takes longer than it may: hiredis parses, we wait.
#pragma once

#include "redis_url.hpp"

#include <graft/base/clock.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct redisContext;

namespace graft::driver {

/// Threads: one. After a failure of `ask` it is of no more use.
class RedisConnection {
 public:
  /// Connects, says who we are, and picks the database. Fails: kEnvironment, also when `until` comes first.
  static Result<std::unique_ptr<RedisConnection>> connect(const RedisUrl &url, Clock &clock, Clock::Time until);
  ~RedisConnection();

  /// The bytes that the server answers with; nothing for its nil. Fails: kEnvironment, with the server's own words if it has
  /// any. An answer larger than `most_bytes` is a failure.
  Result<std::optional<std::vector<char>>> ask(std::initializer_list<std::string_view> words, Clock::Time until,
                                               std::size_t most_bytes);

 private:
  RedisConnection(Clock &clock, redisContext *context) : clock_(clock), context_(context) {}
  Result<void> wait_for(short events, Clock::Time until);
  Result<void> send(std::string_view bytes, Clock::Time until);
  Error broken(const char *what) const;

  Clock &clock_;
  redisContext *context_;
};

} // namespace graft::driver
