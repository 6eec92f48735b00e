// See crash.hpp.
#include "crash.hpp"

#include <execinfo.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

namespace graft::tool {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024; // a reader of debug information takes more than SIGSTKSZ
constexpr int kMostFrames = 64;

constinit std::array<char, kStackBytes> own_stack{}; // to handle on, of the thread that asked
CrashHandler chosen = nullptr; // set before the handlers are, read in them

void handle(int signal, siginfo_t *, void *context) {
  chosen(signal, context);
  end_by(signal);
}

} // namespace

void catch_crashes(std::span<const int> signals, CrashHandler handler) {
  chosen = handler;
  void *warm = nullptr;
  ::backtrace(&warm, 1); // loads the unwinder now
  stack_t stack = {};
  stack.ss_sp = own_stack.data();
  stack.ss_size = own_stack.size();
  if (::sigaltstack(&stack, nullptr) != 0) return;
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

std::vector<std::uintptr_t> counters_at(const void *context) {
  const auto &registers = static_cast<const ucontext_t *>(context)->uc_mcontext.gregs;
  std::array<void *, kMostFrames> addresses{};
  const int count = ::backtrace(addresses.data(), kMostFrames);
  const auto stopped_at = static_cast<std::uintptr_t>(registers[REG_RIP]);
  std::vector<std::uintptr_t> counters;
  for (int i = 0; i < count; ++i) {
    const auto counter = reinterpret_cast<std::uintptr_t>(addresses[static_cast<std::size_t>(i)]);
    counters.push_back(counter == stopped_at ? counter + 1 : counter); // no call's return address: not behind, but at it
  }
  // Behind a call of nothing there is no frame; who called is on the top of the stack.
  if (stopped_at < 4096) counters.push_back(*reinterpret_cast<const std::uintptr_t *>(registers[REG_RSP]));
  return counters;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void end_by(int signal) {
  std::signal(signal, SIG_DFL);
  ::raise(signal); // while it is handled it waits until its handler returns, which this one does at once
}

} // namespace graft::tool
