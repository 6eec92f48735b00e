// See recovery.hpp. I1: the handlers are installed exactly while `g_guarded.running` > 0.
#include "recovery.hpp"

#include <graft/base/mutex.hpp>

#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/ErrorHandling.h>

#include <csignal>
#include <cstring>
#include <string>

namespace graft::driver {
namespace {

/// The process-wide part; named in the design's list of process-wide state.
struct Guarded {
  Mutex mutex;
  int running GRAFT_GUARDED_BY(mutex) = 0;
};
constinit Guarded g_guarded;

thread_local std::string t_fatal_reason;

/// Leaves the compile on this thread instead of letting LLVM print and abort.
void on_fatal_error(void *, const char *reason, bool) {
  llvm::CrashRecoveryContext *context = llvm::CrashRecoveryContext::GetCurrent();
  if (context == nullptr) return;
  t_fatal_reason = reason;
  context->HandleExit(/*RetCode=*/70);
}

class Handlers {
 public:
  Handlers() {
    MutexLock lock(g_guarded.mutex);
    if (g_guarded.running++ > 0) return;
    llvm::CrashRecoveryContext::Enable();
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

std::string describe(int code) {
  if (!t_fatal_reason.empty()) return t_fatal_reason;
  if (code > 128) return std::string("it ended with '") + strsignal(code - 128) + "'";
  return "it gave up with status " + std::to_string(code);
}

} // namespace

Result<void> run_guarded(const std::function<void()> &work) {
  const Handlers handlers;
  t_fatal_reason.clear();
  llvm::CrashRecoveryContext context;
  if (context.RunSafely(work)) return {};
  return error(Code::kInternal, "clang crashed: " + describe(context.RetCode));
}

} // namespace graft::driver
