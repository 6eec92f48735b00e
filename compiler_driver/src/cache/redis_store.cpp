// See redis_store.hpp.
#include "redis_store.hpp"

#include <algorithm>

namespace graft::driver {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPause = 5s;
constexpr auto kLongestPause = 300s;
constexpr std::string_view kPrefix = "graft:1:";

std::string name_of(EntryKind kind, const ContentKey &key) { return std::string(kPrefix) + entry_name(kind, key); }

} // namespace

RedisStore::RedisStore(const CacheConfig &config, RedisUrl url, const Secret &secret, Clock &clock,
                       std::function<void(std::string_view)> tell)
    : url_(std::move(url)), secret_(secret), deadline_(config.deadline),
      ttl_(std::to_string(std::max<std::int64_t>(config.remote_ttl.count(), 1))), most_bytes_(config.remote_entry_bytes),
      clock_(clock), tell_(std::move(tell)) {}

Result<std::unique_ptr<RedisStore>> RedisStore::create(const CacheConfig &config, const std::string &url, Clock &clock,
                                                       std::function<void(std::string_view)> tell) {
  GRAFT_TRY_ASSIGN(RedisUrl place, parse_redis_url(url));
  const char *given = std::getenv("GRAFT_CACHE_KEY");
  const std::string from_environment = given != nullptr ? given : "";
  GRAFT_TRY_ASSIGN(const Secret secret, shared_secret(config.remote_key.empty() ? from_environment : config.remote_key));
  return std::unique_ptr<RedisStore>(new RedisStore(config, std::move(place), secret, clock, std::move(tell)));
}

std::optional<Entry> RedisStore::get(EntryKind kind, const ContentKey &key) {
  auto sealed = ask(questions_, {"GETEX", name_of(kind, key), "EX", ttl_});
  if (!sealed) return std::nullopt;
  return open_entry(secret_, kind, key, *std::move(sealed));
}

void RedisStore::put(EntryKind kind, const ContentKey &key, std::span<const char> body) {
  const std::vector<char> sealed = seal(secret_, entry_name(kind, key), body);
  if (!takes(sealed.size())) return;
  ask(sending_, {"SET", name_of(kind, key), {sealed.data(), sealed.size()}, "EX", ttl_});
}

std::optional<std::vector<char>> RedisStore::ask(Line &line, std::initializer_list<std::string_view> words) {
  if (is_left_alone()) return std::nullopt;
  const MutexLock lock(line.mutex);
  if (is_left_alone()) return std::nullopt; // who asked before us found out
  const Clock::Time until = clock_.now() + deadline_;
  const bool was_connected = line.connection != nullptr;
  auto answer = try_once(line, words, until);
  // A server may hang up on who was silent for long.
  if (!answer && was_connected && clock_.now() < until) answer = try_once(line, words, until);
  if (!answer) {
    note_failure(answer.error());
    return std::nullopt;
  }
  const MutexLock state(mutex_);
  pause_ = 0s;
  return *std::move(answer);
}

Result<std::optional<std::vector<char>>> RedisStore::try_once(Line &line, std::initializer_list<std::string_view> words,
                                                              Clock::Time until) {
  if (!line.connection) {
    GRAFT_TRY_ASSIGN(line.connection, RedisConnection::connect(url_, clock_, until));
  }
  auto answer = line.connection->ask(words, until, most_bytes_);
  if (!answer) line.connection.reset();
  return answer;
}

bool RedisStore::is_left_alone() {
  const MutexLock lock(mutex_);
  return clock_.now() < alone_until_;
}

void RedisStore::note_failure(const Error &why) {
  {
    const MutexLock lock(mutex_);
    pause_ = std::clamp<std::chrono::seconds>(pause_ * 2, kFirstPause, kLongestPause);
    alone_until_ = clock_.now() + pause_;
    if (std::exchange(told_, true)) return;
  }
  tell_("the cache at " + url_.shown() + " is left alone for a while: " + why.message);
}

} // namespace graft::driver
