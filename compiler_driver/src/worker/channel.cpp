// See channel.hpp. Sockets, not pipes: writing to one whose other end is gone is an error without a signal.
#include "channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace graft::driver {
namespace {

using Room = std::array<char, CMSG_SPACE(2 * sizeof(int))>;

/// Whether the socket is ready before `until`.
bool await(int socket, short events, Until until) {
  for (;;) {
    int wait = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      wait = static_cast<int>(std::min<std::int64_t>(left, 60'000));
    }
    pollfd ready{socket, events, 0};
    if (::poll(&ready, 1, wait) > 0) return true;
  }
}

} // namespace

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

std::optional<std::pair<Descriptor, Descriptor>> socket_pair(int type) {
  int ends[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return std::nullopt;
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

bool send_request(int socket, const Request &request) {
  const int passed[2] = {request.job.number(), request.fate.number()};
  WorkerLimits limits = request.limits;
  iovec part{&limits, sizeof limits};
  alignas(cmsghdr) Room room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  cmsghdr *const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof passed);
  std::memcpy(CMSG_DATA(head), passed, sizeof passed);
  ssize_t sent = 0;
  while ((sent = ::sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  return sent == sizeof limits;
}

std::optional<Request> take_request(int socket) {
  Request request;
  iovec part{&request.limits, sizeof request.limits};
  alignas(cmsghdr) Room room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  ssize_t got = 0;
  while ((got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  const cmsghdr *const head = CMSG_FIRSTHDR(&message);
  int passed[2];
  if (got != sizeof request.limits || head == nullptr || head->cmsg_len != CMSG_LEN(sizeof passed)) return std::nullopt;
  std::memcpy(passed, CMSG_DATA(head), sizeof passed);
  request.job = Descriptor(passed[0]);
  request.fate = Descriptor(passed[1]);
  return request;
}

bool send_message(int socket, std::string_view message, Until until) {
  const std::uint64_t size = message.size();
  std::string bytes(reinterpret_cast<const char *>(&size), sizeof size);
  bytes.append(message);
  for (std::size_t at = 0; at < bytes.size();) {
    if (!await(socket, POLLOUT, until)) return false;
    const ssize_t written = ::send(socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    at += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return true;
}

Incoming::Came Incoming::next(std::string &message, Until until) {
  for (;;) {
    std::uint64_t size = 0;
    const bool has_size = bytes_.size() >= sizeof size;
    if (has_size) std::memcpy(&size, bytes_.data(), sizeof size);
    if (has_size && bytes_.size() - sizeof size >= size) {
      message = bytes_.substr(sizeof size, size);
      bytes_.erase(0, sizeof size + size);
      return Came::kMessage;
    }
    if (!await(socket_, POLLIN, until)) return Came::kLate;
    const std::size_t had = bytes_.size();
    bytes_.resize(std::max<std::size_t>(2 * had, 64 * 1024));
    const ssize_t got = ::recv(socket_, bytes_.data() + had, bytes_.size() - had, 0);
    bytes_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0 || (got < 0 && errno != EINTR)) return Came::kEnd;
  }
}

} // namespace graft::driver
