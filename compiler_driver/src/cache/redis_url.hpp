// Where a Redis server is, and who we are to it.
#pragma once

#include <graft/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace graft::driver {

struct RedisUrl {
  std::string host;
  std::uint16_t port = 6379;
  std::string socket; ///< path of a Unix socket; empty: host and port
  std::string user;   ///< may be empty beside a password
  std::string password;
  unsigned database = 0;

  /// For messages: without user and password.
  std::string shown() const;
};

/// `redis://[[user:]password@]host[:port][/db]` or `redis+unix://[[user:]password@]/path/to/socket[?db=n]`. `%40` and its
/// kin are read. Fails: kInvalid for another form; kUnsupported for `rediss`.
Result<RedisUrl> parse_redis_url(std::string_view text);

} // namespace graft::driver
