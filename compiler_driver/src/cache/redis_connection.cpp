// See redis_connection.hpp. The context is hiredis's non-blocking one, so that each wait is ours and ends in time.
#include "redis_connection.hpp"

#include "resolve.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace graft::driver {
namespace {

constexpr std::size_t kShortAnswer = 4096; ///< what the server says to a greeting

struct FreeReply {
  void operator()(redisReply *reply) const { ::freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

/// hiredis counts what it holds of an answer that is not whole yet.
std::size_t held_bytes(const redisContext &context) { return context.reader->len; }

/// Lengths are announced: what is too long is refused before it was all received. The reader stands behind the '$' then.
bool announces_too_much(const redisContext &context, std::size_t most_bytes) {
  const redisReader &reader = *context.reader;
  if (reader.pos == 0 || reader.pos >= reader.len || reader.buf[reader.pos - 1] != '$' || reader.buf[reader.pos] == '-')
    return false;
  return std::strtoull(reader.buf + reader.pos, nullptr, 10) > most_bytes;
}

} // namespace

RedisConnection::~RedisConnection() { ::redisFree(context_); }

Error RedisConnection::broken(const char *what) const {
  const std::string why = context_->err != 0 ? context_->errstr : std::strerror(errno);
  return error(Code::kEnvironment, std::string(what) + ": " + why);
}

Result<void> RedisConnection::wait_for(short events, Clock::Time until) {
  pollfd descriptor = {context_->fd, events, 0};
  for (;;) {
    const int ready = clock_.poll({&descriptor, 1}, until);
    if (ready > 0) return {};
    if (ready == 0) return error(Code::kEnvironment, "no answer in time");
    if (errno != EINTR) return broken("cannot wait for an answer");
  }
}

/// hiredis would write: to a server that hung up, that is a signal which ends the process.
Result<void> RedisConnection::send(std::string_view bytes, Clock::Time until) {
  while (!bytes.empty()) {
    GRAFT_TRY(wait_for(POLLOUT, until));
    const ssize_t sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR && errno != EAGAIN) return broken("cannot ask");
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

Result<std::unique_ptr<RedisConnection>> RedisConnection::connect(const RedisUrl &url, Clock &clock, Clock::Time until) {
  redisContext *context = nullptr;
  if (url.socket.empty()) {
    GRAFT_TRY_ASSIGN(const std::string address, resolve(url.host, clock, until));
    context = ::redisConnectNonBlock(address.c_str(), url.port);
  } else {
    context = ::redisConnectUnixNonBlock(url.socket.c_str());
  }
  if (context == nullptr) return error(Code::kExhausted, "no memory for a connection");
  std::unique_ptr<RedisConnection> made(new RedisConnection(clock, context));
  if (context->err != 0) return made->broken("cannot connect");
  GRAFT_TRY(made->wait_for(POLLOUT, until));
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(context->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0)
    return error(Code::kEnvironment, std::string("cannot connect: ") + std::strerror(failure));
  context->flags |= REDIS_CONNECTED; // for hiredis, which would have waited itself
  if (!url.user.empty()) {
    GRAFT_TRY(made->ask({"AUTH", url.user, url.password}, until, kShortAnswer));
  } else if (!url.password.empty()) {
    GRAFT_TRY(made->ask({"AUTH", url.password}, until, kShortAnswer));
  }
  if (url.database != 0) GRAFT_TRY(made->ask({"SELECT", std::to_string(url.database)}, until, kShortAnswer));
  return made;
}

Result<std::optional<std::vector<char>>> RedisConnection::ask(std::initializer_list<std::string_view> words,
                                                              Clock::Time until, std::size_t most_bytes) {
  std::vector<const char *> arguments;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    arguments.push_back(word.data());
    sizes.push_back(word.size());
  }
  char *command = nullptr;
  const int size = ::redisFormatCommandArgv(&command, static_cast<int>(arguments.size()), arguments.data(), sizes.data());
  if (size < 0) return error(Code::kExhausted, "no memory for a question");
  const std::unique_ptr<char, decltype(&::redisFreeCommand)> owner(command, ::redisFreeCommand);
  GRAFT_TRY(send({command, static_cast<std::size_t>(size)}, until));
  for (;;) {
    void *raw = nullptr;
    if (::redisGetReplyFromReader(context_, &raw) != REDIS_OK) return broken("no answer that could be read");
    if (raw != nullptr) {
      const Reply reply(static_cast<redisReply *>(raw));
      if (reply->type == REDIS_REPLY_NIL) return std::optional<std::vector<char>>();
      const std::string_view text(reply->str != nullptr ? reply->str : "", reply->str != nullptr ? reply->len : 0);
      if (reply->type == REDIS_REPLY_ERROR) return error(Code::kEnvironment, "the server says: " + std::string(text));
      return std::optional(std::vector<char>(text.begin(), text.end()));
    }
    if (held_bytes(*context_) > most_bytes + kShortAnswer || announces_too_much(*context_, most_bytes))
      return error(Code::kEnvironment, "an answer of more than " + std::to_string(most_bytes) + " bytes");
    GRAFT_TRY(wait_for(POLLIN, until));
    if (::redisBufferRead(context_) != REDIS_OK) return broken("no answer");
  }
}

} // namespace graft::driver
