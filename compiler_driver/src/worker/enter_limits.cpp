// Taking the limits on, in a job's process. Time ends a job by a signal of the kernel's, so that a hang in a system call
// ends as well; memory by a status of our own, since an allocation that fails is told to us first. Part of graft-worker, not
// of the library.
#include "limits.hpp"

#include <llvm/Support/ErrorHandling.h>

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <new>

namespace graft::driver {
namespace {

/// What a thread reserves and need not use: its stack, and the C library's heap for it.
constexpr std::uint64_t kReservedBytes = (8ull + 2 * 64) << 20;

void limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit both{soft, hard};
  ::setrlimit(resource, &both);
}

std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

[[noreturn]] void give_up() { ::_exit(kOutOfMemory); }

} // namespace

void enter_limits(const WorkerLimits &limits, unsigned threads) {
  for (const int signal : {SIGALRM, SIGXCPU, SIGXFSZ}) ::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0, 0);
  if (limits.file_bytes != 0) limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
  if (limits.cpu.count() > 0) {
    const auto most = static_cast<std::uint64_t>(limits.cpu.count());
    limit(RLIMIT_CPU, most, most + 1);
  }
  if (limits.memory_bytes != 0) {
    const std::uint64_t most = address_space_bytes() + limits.memory_bytes + threads * kReservedBytes;
    limit(RLIMIT_AS, most, most);
    std::set_new_handler(give_up);
    llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { give_up(); });
  }
  if (limits.wall.count() > 0) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(limits.wall);
    const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(limits.wall - whole);
    const itimerval timer{{}, {whole.count(), rest.count()}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
}

} // namespace graft::driver
