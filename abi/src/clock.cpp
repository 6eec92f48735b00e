// The machine's clock.
#include <graft/base/clock.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace graft {
namespace {

/// Rounded up, so that the time has come when poll says so; -1 for ever.
int milliseconds_to(std::optional<Clock::Time> until, Clock::Time now) {
  if (!until) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - now).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 60'000));
}

} // namespace

Clock::Time SystemClock::now() const { return std::chrono::steady_clock::now(); }

int SystemClock::poll(std::span<pollfd> descriptors, std::optional<Time> until) {
  for (;;) {
    const int ready = ::poll(descriptors.data(), descriptors.size(), milliseconds_to(until, now()));
    if (ready >= 0 || errno != EINTR) return ready;
  }
}

} // namespace graft
