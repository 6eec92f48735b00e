// See repl_channel.hpp. Both halves are one program, so the bytes are as they lie in memory.
#include "repl_channel.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace graft::tool {
namespace {

/// Code may close what it likes below, its output too, and what is opened next is then in that place: none of ours must be.
constexpr int kAboveCode = 900;

int moved_away(int descriptor) {
  const int away = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kAboveCode);
  if (away < 0) return descriptor; // so many are not allowed here
  ::close(descriptor);
  return away;
}

struct Head {
  std::uint32_t size = 0;
  std::uint32_t name_size = 0;
  std::uint32_t keeps_size = 0;
  std::uint32_t line = 0;
  std::uint8_t kind = 0;
  std::uint8_t is_silent = 0;
  std::uint8_t padding[2] = {};
};

bool send_all(int descriptor, const char *bytes, std::size_t size) {
  while (size != 0) {
    const ssize_t sent = ::send(descriptor, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int descriptor, char *bytes, std::size_t size) {
  while (size != 0) {
    const ssize_t read = ::recv(descriptor, bytes, size, 0);
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return false;
    bytes += read;
    size -= static_cast<std::size_t>(read);
  }
  return true;
}

union Control {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr aligned;
};

/// The head, and a descriptor beside it.
bool send_head(int channel, const Head &head, int descriptor) {
  Head copy = head;
  iovec part{&copy, sizeof copy};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr *along = CMSG_FIRSTHDR(&message);
    along->cmsg_level = SOL_SOCKET;
    along->cmsg_type = SCM_RIGHTS;
    along->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(along), &descriptor, sizeof descriptor);
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(channel, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof copy);
}

bool receive_head(int channel, Head &head, int &descriptor) {
  iovec part{&head, sizeof head};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t read = 0;
  do read = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  while (read < 0 && errno == EINTR);
  if (read != static_cast<ssize_t>(sizeof head)) return false;
  descriptor = -1;
  if (const cmsghdr *along = CMSG_FIRSTHDR(&message); along != nullptr && along->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&descriptor, CMSG_DATA(along), sizeof descriptor);
    descriptor = moved_away(descriptor);
  }
  return true;
}

} // namespace

Channel::~Channel() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Channel &Channel::operator=(Channel &&other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

bool Channel::ask(const Question &question, int descriptor) {
  Head head;
  head.size = static_cast<std::uint32_t>(question.text.size());
  head.name_size = static_cast<std::uint32_t>(question.name.size());
  head.keeps_size = static_cast<std::uint32_t>(question.keeps.size());
  head.line = question.line;
  head.kind = static_cast<std::uint8_t>(question.what);
  head.is_silent = question.is_silent ? 1 : 0;
  return send_head(descriptor_, head, descriptor) && send_all(descriptor_, question.name.data(), question.name.size()) &&
         send_all(descriptor_, question.text.data(), question.text.size()) &&
         send_all(descriptor_, question.keeps.data(), question.keeps.size());
}

std::optional<Question> Channel::next_question(int &descriptor) {
  Head head;
  if (!receive_head(descriptor_, head, descriptor)) return std::nullopt;
  Question question{static_cast<Asks>(head.kind), head.is_silent != 0, head.line, std::string(head.name_size, '\0'),
                    std::string(head.size, '\0'), std::string(head.keeps_size, '\0')};
  if (!receive_all(descriptor_, question.name.data(), head.name_size) ||
      !receive_all(descriptor_, question.text.data(), head.size) ||
      !receive_all(descriptor_, question.keeps.data(), head.keeps_size))
    return std::nullopt;
  return question;
}

bool Channel::reply(const Reply &reply) {
  Head head;
  head.size = static_cast<std::uint32_t>(reply.text.size());
  head.kind = static_cast<std::uint8_t>(reply.outcome);
  return send_head(descriptor_, head, -1) && send_all(descriptor_, reply.text.data(), reply.text.size());
}

std::optional<Reply> Channel::next_reply() {
  Head head;
  int descriptor = -1;
  if (!receive_head(descriptor_, head, descriptor)) return std::nullopt;
  Reply reply{static_cast<Outcome>(head.kind), std::string(head.size, '\0')};
  if (!receive_all(descriptor_, reply.text.data(), head.size)) return std::nullopt;
  return reply;
}

std::pair<int, int> make_channel() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return {-1, -1};
  return {moved_away(ends[0]), moved_away(ends[1])};
}

} // namespace graft::tool
