// See handlers.hpp.
#include "handlers.hpp"

#include <signal.h>
#include <sys/time.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory_resource>
#include <new>
#include <optional>

namespace graft::jit {
namespace {

bool is_of(const Image &image, const void *address) { return image.owns(reinterpret_cast<std::uintptr_t>(address)); }
bool is_of(const Image &image, void (*function)()) { return image.owns(reinterpret_cast<std::uintptr_t>(function)); }

/// `setitimer`'s, and `alarm`'s: the process has one of each.
std::optional<__itimer_which_t> timer_behind(int signal) {
  switch (signal) {
  case SIGALRM:
    return ITIMER_REAL;
  case SIGVTALRM:
    return ITIMER_VIRTUAL;
  case SIGPROF:
    return ITIMER_PROF;
  default:
    return std::nullopt;
  }
}

/// Who set the handler set the timer, which would end the process without it.
bool stop_timer(int signal) {
  const auto timer = timer_behind(signal);
  if (!timer) return false;
  const itimerval none{};
  itimerval old{};
  if (::setitimer(*timer, &none, &old) != 0) return false;
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN; // forgets one that is on its way
  ::sigaction(signal, &ignored, nullptr);
  return old.it_value.tv_sec != 0 || old.it_value.tv_usec != 0;
}

void take_back_signals(const Image &image, std::vector<std::string> &words) {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) != 0 || !is_of(image, reinterpret_cast<const void *>(action.sa_handler)))
      continue;
    const bool had_timer = stop_timer(signal);
    action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
    words.push_back("the handler of " + std::string(::strsignal(signal)) + (had_timer ? " and its interval timer" : ""));
  }
}

} // namespace

std::vector<std::string> take_back_handlers(const Image &image) {
  std::vector<std::string> words;
  take_back_signals(image, words);
  if (is_of(image, std::get_new_handler())) {
    std::set_new_handler(nullptr);
    words.emplace_back("the handler of memory that is not to be had (set_new_handler)");
  }
  if (is_of(image, std::get_terminate())) {
    std::set_terminate(nullptr); // libstdc++ takes null for its own
    words.emplace_back("the handler of exceptions that nobody catches (set_terminate)");
  }
  if (is_of(image, std::pmr::get_default_resource())) {
    std::pmr::set_default_resource(nullptr);
    words.emplace_back("the default memory resource (std::pmr::set_default_resource)");
  }
  return words;
}

} // namespace graft::jit
