// What the end of a job's process says about its limits. The host's side; the process's own is enter_limits.cpp.
#include "limits.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstring>

namespace graft::driver {
namespace {

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%g", static_cast<double>(time.count()) / 1000);
  return std::string(text, static_cast<std::size_t>(size)) + " s";
}

} // namespace

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
