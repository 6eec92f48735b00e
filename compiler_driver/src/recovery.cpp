// See recovery.hpp. I1: the handlers are installed exactly while `g_guarded.running` > 0.
//
// A source that nests deeply enough makes Clang run out of stack, and LLVM's handlers need some. So a compile gets a thread, with
// a stack of known size whatever thread it is asked for on (TBB's have half of that), and beside it a stack for the handlers.
#include "recovery.hpp"

#include <graft/base/mutex.hpp>

#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <string>

namespace graft::driver {
namespace {

/// The process-wide part; named in the design's list of process-wide state.
struct Guarded {
  Mutex mutex;
  int running GRAFT_GUARDED_BY(mutex) = 0;
};
constinit Guarded g_guarded;

thread_local std::string *t_fatal_reason = nullptr;

/// Leaves the compile on this thread instead of letting LLVM print and abort.
void on_fatal_error(void *, const char *reason, bool) {
  llvm::CrashRecoveryContext *context = llvm::CrashRecoveryContext::GetCurrent();
  if (context == nullptr) return;
  if (t_fatal_reason != nullptr) *t_fatal_reason = reason;
  context->HandleExit(/*RetCode=*/70);
}

class Handlers {
 public:
  Handlers() {
    MutexLock lock(g_guarded.mutex);
    if (g_guarded.running++ > 0) return;
    llvm::CrashRecoveryContext::Enable();
    for (const int signal : {SIGSEGV, SIGBUS}) {
      struct sigaction handler = {};
      ::sigaction(signal, nullptr, &handler);
      handler.sa_flags |= SA_ONSTACK;
      ::sigaction(signal, &handler, nullptr);
    }
    llvm::install_fatal_error_handler(on_fatal_error, /*user_data=*/nullptr);
  }
  ~Handlers() {
    MutexLock lock(g_guarded.mutex);
    if (--g_guarded.running > 0) return;
    llvm::remove_fatal_error_handler();
    llvm::CrashRecoveryContext::Disable();
  }
  Handlers(const Handlers &) = delete;
  Handlers &operator=(const Handlers &) = delete;
};

constexpr std::size_t kHandlerStackBytes = 64 * 1024;
constexpr unsigned kCompileStackBytes = 8 * 1024 * 1024; // what Clang counts on, and starts another of when it runs low

std::string describe(int code, const std::string &fatal_reason) {
  if (!fatal_reason.empty()) return fatal_reason;
  if (code > 128) return std::string("it ended with '") + strsignal(code - 128) + "'";
  return "it gave up with status " + std::to_string(code);
}

} // namespace

Result<void> run_guarded(const std::function<void()> &work) {
  const Handlers handlers;
  const auto handler_stack = std::make_unique_for_overwrite<char[]>(kHandlerStackBytes);
  std::string fatal_reason;
  const auto on_thread = [&] {
    // Nobody takes it back: it goes with the thread.
    const stack_t stack = {.ss_sp = handler_stack.get(), .ss_flags = 0, .ss_size = kHandlerStackBytes};
    ::sigaltstack(&stack, nullptr);
    t_fatal_reason = &fatal_reason;
    work();
  };
  llvm::CrashRecoveryContext context;
  if (context.RunSafelyOnThread(on_thread, kCompileStackBytes)) return {};
  return error(Code::kInternal, "clang crashed: " + describe(context.RetCode, fatal_reason));
}

} // namespace graft::driver
