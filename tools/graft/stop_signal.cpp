// The handler writes to an eventfd: one of the few things that a handler may do.
#include "stop_signal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

namespace graft::tool {
namespace {

std::atomic<int> written_to{-1}; // relaxed: set before the handlers are, read in them

void note(int) {
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(written_to.load(std::memory_order_relaxed), &one, sizeof one);
  errno = saved;
}

} // namespace

Result<std::unique_ptr<StopSignal>> StopSignal::create() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) return error(Code::kExhausted, std::string("cannot wait for signals: ") + std::strerror(errno));
  written_to.store(descriptor, std::memory_order_relaxed);
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return std::unique_ptr<StopSignal>(new StopSignal(descriptor));
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  ::close(descriptor_);
}

} // namespace graft::tool
