// See resolve.hpp. Digits need no look-up; for names there is glibc's getaddrinfo_a, which asks on a thread of its own.
#include "resolve.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <memory>
#include <optional>

namespace graft::driver {
namespace {

std::optional<std::string> digits_of(const addrinfo *addresses) {
  char text[NI_MAXHOST];
  if (addresses == nullptr ||
      ::getnameinfo(addresses->ai_addr, addresses->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
    return std::nullopt;
  return text;
}

/// A question that is being asked. The library writes into it, so that it must outlive the answer.
struct Question {
  std::string host;
  addrinfo hints{};
  gaicb request{};

  explicit Question(std::string name) : host(std::move(name)) {
    hints.ai_socktype = SOCK_STREAM;
    request.ar_name = host.c_str();
    request.ar_request = &hints;
  }
  ~Question() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
  }
};

timespec until_then(const Clock &clock, Clock::Time until) {
  const auto left = std::max(until - clock.now(), Clock::Time::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {seconds.count(), std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count()};
}

} // namespace

Result<std::string> resolve(const std::string &host, const Clock &clock, Clock::Time until) {
  addrinfo numeric{};
  numeric.ai_flags = AI_NUMERICHOST;
  addrinfo *found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &numeric, &found) == 0) {
    const auto digits = digits_of(found);
    ::freeaddrinfo(found);
    if (digits) return *digits;
  }
  auto question = std::make_unique<Question>(host);
  gaicb *list[] = {&question->request};
  if (::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr) != 0)
    return error(Code::kEnvironment, "cannot look up host '" + host + "'");
  const timespec left = until_then(clock, until);
  ::gai_suspend(list, 1, &left);
  const int outcome = ::gai_error(&question->request);
  if (outcome == 0)
    if (const auto digits = digits_of(question->request.ar_result)) return *digits;
  if (outcome != EAI_INPROGRESS)
    return error(Code::kEnvironment, "host '" + host + "' is not known: " + ::gai_strerror(outcome));
  // What cannot be called back any more is left to the library, for good.
  if (::gai_cancel(&question->request) == EAI_NOTCANCELED) static_cast<void>(question.release());
  return error(Code::kEnvironment, "no address for host '" + host + "' in time");
}

} // namespace graft::driver
