// The cache that machines share: the same sealed entries, in a Redis server. It is asked when this machine does not know,
// and what was compiled here is sent to it.
//
//   E1  A question takes no longer than the deadline, connecting included. A server that fails, or is late, is left alone:
//   five seconds,
//       then ten, up to five minutes; meanwhile it costs nothing.
//   E2  What does not open with the shared secret, under its very name, is as if it were not there.
#pragma once

#include "entry.hpp"
#include "redis_connection.hpp"

#include <graft/base/cache.hpp>
#include <graft/base/clock.hpp>
#include <graft/base/mutex.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace graft::driver {

/// Threads: any. Questions go one after the other, and so does what is sent; neither waits for the other.
class RedisStore {
 public:
  /// `tell` hears once what is wrong with the server. Connects to nothing yet. Fails: as parse_redis_url and shared_secret.
  static Result<std::unique_ptr<RedisStore>> create(const CacheConfig &config, const std::string &url, Clock &clock,
                                                    std::function<void(std::string_view)> tell);

  std::optional<Entry> get(EntryKind kind, const ContentKey &key);
  void put(EntryKind kind, const ContentKey &key, std::span<const char> body);

  bool takes(std::size_t bytes) const { return bytes <= most_bytes_; }

 private:
  /// A connection that is made when it is needed.
  struct Line {
    Mutex mutex;
    std::unique_ptr<RedisConnection> connection GRAFT_GUARDED_BY(mutex);
  };
  RedisStore(const CacheConfig &config, RedisUrl url, const Secret &secret, Clock &clock,
             std::function<void(std::string_view)> tell);

  std::optional<std::vector<char>> ask(Line &line, std::initializer_list<std::string_view> words);
  Result<std::optional<std::vector<char>>> try_once(Line &line, std::initializer_list<std::string_view> words,
                                                    Clock::Time until) GRAFT_REQUIRES(line.mutex);
  bool is_left_alone();
  void note_failure(const Error &why);

  const RedisUrl url_;
  const Secret secret_;
  const std::chrono::milliseconds deadline_;
  const std::string ttl_;
  const std::size_t most_bytes_;
  Clock &clock_;
  const std::function<void(std::string_view)> tell_;
  Line questions_;
  Line sending_;
  Mutex mutex_;
  Clock::Time alone_until_ GRAFT_GUARDED_BY(mutex_){};
  std::chrono::seconds pause_ GRAFT_GUARDED_BY(mutex_){0};
  bool told_ GRAFT_GUARDED_BY(mutex_) = false;
};

} // namespace graft::driver
