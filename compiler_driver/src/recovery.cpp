// See recovery.hpp. I1: the handlers are installed exactly while `g_guarded.running` > 0.
//
// A source that nests deeply enough makes Clang run out of stack, and LLVM's handlers need some. So a compile gets a thread,
// with a stack of known size whatever thread it is asked for on (TBB's have half of that), and beside it a stack for the
// handlers.
#include "recovery.hpp"

#include <graft/base/fault.hpp>
#include <graft/base/mutex.hpp>

#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>

#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
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

constexpr std::size_t kCompileStackBytes = 8 * 1024 * 1024; // what Clang counts on, and starts another of when it runs low

constexpr std::size_t kHandlerStackBytes = 64 * 1024;

/// The handlers of this thread run on `memory`; what the thread had before (a sanitizer's, for one) comes back.
class HandlerStack {
 public:
  explicit HandlerStack(char *memory) {
    const stack_t ours = {.ss_sp = memory, .ss_flags = 0, .ss_size = kHandlerStackBytes};
    ::sigaltstack(&ours, &before_);
  }
  ~HandlerStack() { ::sigaltstack(&before_, nullptr); }
  HandlerStack(const HandlerStack &) = delete;
  HandlerStack &operator=(const HandlerStack &) = delete;

 private:
  stack_t before_ = {};
};

std::string describe(int code, const std::string &fatal_reason) {
  if (!fatal_reason.empty()) return fatal_reason;
  if (code > 128) return std::string("it ended with '") + strsignal(code - 128) + "'";
  return "it gave up with status " + std::to_string(code);
}

/// Runs `body` on a thread of its own, and waits for it.
///
/// Rationale: llvm::thread ends the process where the system has no thread left.
Result<void> run_on_large_stack(const std::function<void()> &body) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kCompileStackBytes);
  const auto run = [](void *argument) -> void * {
    (*static_cast<const std::function<void()> *>(argument))();
    return nullptr;
  };
  pthread_t thread;
  void *argument = const_cast<std::function<void()> *>(&body);
  const int refused = fault::at("no thread to compile on") ? EAGAIN : ::pthread_create(&thread, &attributes, run, argument);
  ::pthread_attr_destroy(&attributes);
  if (refused != 0)
    return error(Code::kExhausted, std::string("there is no thread to compile on: ") + ::strerrordesc_np(refused) +
                                       "; raise the limit of threads or of memory");
  ::pthread_join(thread, nullptr);
  return {};
}

} // namespace

Result<void> run_guarded(const std::function<void()> &work) {
  const Handlers handlers;
  const auto handler_stack = std::make_unique_for_overwrite<char[]>(kHandlerStackBytes);
  std::string fatal_reason;
  std::optional<llvm::CrashRecoveryContext> context;
  bool survived = false;
  GRAFT_TRY(run_on_large_stack([&] {
    const HandlerStack on_stack(handler_stack.get());
    t_fatal_reason = &fatal_reason;
    // A crash jumps back to here over everything that `work` was in; nothing of ours is in between.
    survived = context.emplace().RunSafely(work);
    t_fatal_reason = nullptr;
    if (survived) context.reset();
  }));
  if (survived && !fault::at("clang crashed")) return {};
  Error crash = error(Code::kInternal, "clang crashed: " + describe(context ? context->RetCode : 0, fatal_reason));
  // On a thread that never crashed: to the system, and to a sanitizer, the other one was inside a signal handler to its end.
  if (context) ignore(run_on_large_stack([&] { context.reset(); }), "without a thread it is cleaned up here, at the end");
  return crash;
}

} // namespace graft::driver
