// See limits.hpp. Time ends a job by a signal of the kernel's, so that a hang in a system call ends as well; memory by a
// status of our own, since an allocation that fails is told to us first.
#include "limits.hpp"

#include <llvm/Support/ErrorHandling.h>

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <new>

namespace graft::driver {
namespace {

constexpr int kOutOfMemory = 71; // the status that a job without memory ends with

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

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%g", static_cast<double>(time.count()) / 1000);
  return std::string(text, static_cast<std::size_t>(size)) + " s";
}

} // namespace

void enter_limits(const WorkerLimits &limits) {
  for (const int signal : {SIGALRM, SIGXCPU, SIGXFSZ}) ::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0, 0);
  if (limits.file_bytes != 0) limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
  if (limits.cpu.count() > 0) {
    const auto most = static_cast<std::uint64_t>(limits.cpu.count());
    limit(RLIMIT_CPU, most, most + 1);
  }
  if (limits.memory_bytes != 0) {
    const std::uint64_t most = address_space_bytes() + limits.memory_bytes;
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

Error explain(const Fate &fate, const WorkerLimits &limits, const std::string &bundle) {
  const std::string what = "bundle '" + bundle + "': compiling it ";
  const auto reached = [&](const std::string &limit) { return error(Code::kExhausted, what + limit); };
  const int signal = WIFSIGNALED(fate.status) ? WTERMSIG(fate.status) : 0;
  if (signal == SIGALRM)
    return reached("took longer than the limit of " + seconds(limits.wall) + " wall time (" +
                   seconds(std::chrono::milliseconds(fate.cpu_ms)) +
                   " of it on a processor); raise it, or look for what it waits for");
  if (signal == SIGXCPU ||
      (signal == SIGKILL && limits.cpu.count() > 0 && fate.cpu_ms >= static_cast<std::uint64_t>(limits.cpu.count()) * 1000))
    return reached("took more than the limit of " + seconds(limits.cpu) +
                   " processor time; raise it, or make the source smaller");
  if (signal == SIGXFSZ)
    return reached("wrote a file beyond the limit of " + std::to_string(limits.file_bytes) +
                   " bytes; a compile should write none");
  if (WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == kOutOfMemory)
    return reached("needed more than the limit of " + std::to_string(limits.memory_bytes >> 20) +
                   " MiB memory; raise it, or make the source smaller");
  if (signal != 0) return error(Code::kInternal, what + "ended the compile worker with '" + ::strsignal(signal) + "'");
  return error(Code::kInternal, what + "ended the compile worker with status " + std::to_string(WEXITSTATUS(fate.status)));
}

} // namespace graft::driver
