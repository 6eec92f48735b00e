// graft-worker: a process with Clang warm that forks for every job. Not part of the library; the host's end is worker.cpp.
//
//   Z1  The zygote has one thread whenever it forks, so that a child finds every lock free.
//   Z2  Itself it compiles nothing that a bundle brought: its own texts, to be warm, and that before it waits for jobs.
//   Z3  It ends when nobody holds the other end of its socket, and when its owner is gone though a child of that holds it;
//       with it, by the kernel's doing, every job.
//   Z4  A job ends when nobody waits any longer to hear of its fate.
#include "channel.hpp"
#include "limits.hpp"
#include "words.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace graft::driver {
namespace {

constexpr int kControl = 3;
constexpr int kNiceOfSecond = 10; // nobody waits for it

/// A compile of nobody's: makes once what every later one needs, argument lists, the ABI's headers, Clang's own code and
/// data in memory.
void warm(const Compiler &compiler, const char *name, Learn learn = Learn::kNo) {
  Job job;
  job.bundle = "warm";
  job.options.kept = Kept::kOutside; // as bundles are compiled
  job.options.learn = learn;
  job.sources.push_back({name,
                         "#include <graft/abi.h>\nGRAFT_CONTRACT(warm, \"graft.warm\", 1, 0) { int32_t (*f)(int32_t n); };\n"
                         "static int32_t f(int32_t n) { return n; }\nGRAFT_PROVIDE(warm, {.f = f});\n",
                         Language::kFromName});
  ignore(compiler.compile(job), "the first job says what is wrong");
}

class ZygoteProcess {
 public:
  ZygoteProcess(const Compiler &compiler, unsigned threads, pid_t owner, int owner_gone, int ended)
      : compiler_(compiler), threads_(threads), owner_(owner), owner_gone_(owner_gone), ended_(ended) {}

  /// Until there is nobody to work for.
  void run() {
    for (;;) {
      if (wants_spare_ && fates_.empty()) make_spare(); // while nobody waits
      std::vector<pollfd> sources = {{kControl, POLLIN, 0}, {ended_, POLLIN, 0}, {owner_gone_, POLLIN, 0}}; // -1 is skipped
      for (const auto &[child, fate] : fates_) sources.push_back({fate.number(), 0, 0});
      if (::poll(sources.data(), sources.size(), -1) < 0) continue;
      if (sources[2].revents != 0 || ::getppid() != owner_) return;
      if (sources[1].revents != 0) reap();
      end_abandoned(std::span(sources).subspan(3));
      if (sources[0].revents == 0) continue;
      auto request = take_request(kControl);
      if (!request) return;
      give_out(*std::move(request));
    }
  }

 private:
  /// A child that waits for a job. Forked and warm beforehand, since a fresh one spends longer on page faults than on a
  /// small job.
  struct Spare {
    pid_t process = 0;
    Descriptor control;
  };

  void give_out(Request request) {
    wants_spare_ = true;
    if (spare_.control && send_request(spare_.control.number(), request)) {
      fates_[std::exchange(spare_, {}).process] = std::move(request.fate);
      return;
    }
    const pid_t zygote = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
      become_child(zygote);
      work(std::move(request));
    }
    if (child > 0) fates_[child] = std::move(request.fate);
  } // a job that cannot be forked for ends here: its sockets close without an outcome and without a fate

  void make_spare() {
    wants_spare_ = false; // once a job: one that does not live is not forked for over and over
    auto ends = socket_pair(SOCK_SEQPACKET);
    if (!ends) return;
    const pid_t zygote = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
      ends->first.close();
      become_child(zygote);
      warm(compiler_, "warm.c", Learn::kYes); // on a thread of its own: this process forks for nobody (Z1)
      compiler_.wait_for_preambles();
      warm(compiler_, "warm.c");
      auto request = take_request(ends->second.number());
      ends->second.close();
      if (!request) ::_exit(0);
      work(*std::move(request));
    }
    if (child > 0) spare_ = {child, std::move(ends->first)};
  }

  /// Lets go of all that is the zygote's, and goes with it.
  void become_child(pid_t zygote) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != zygote) ::_exit(1);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int descriptor : {kControl, ended_, owner_gone_})
      if (descriptor >= 0) ::close(descriptor);
    fates_.clear();
    spare_ = {};
  }

  [[noreturn]] void work(Request request) const {
    request.fate.close();
    enter_limits(request.limits, threads_);
    std::string text;
    if (Incoming(request.job).next(text) != Incoming::Came::kMessage) ::_exit(1);
    auto words = words_of(text);
    if (!words || words->empty() || (!words->front().empty() && ::chdir(words->front().c_str()) != 0)) ::_exit(1);
    words->erase(words->begin());
    auto job = job_from_words(*words);
    if (job) job->options.learn = Learn::kNo; // what is learned here would go with the process
    if (job && job->options.role == Role::kSecond) ::setpriority(PRIO_PROCESS, 0, kNiceOfSecond);
    const auto send = [&](const Words &answer) { return send_message(request.job.number(), bytes_of(answer)); };
    const auto tell = [&](const CompiledFile &file) { send(to_words(file)); };
    const bool is_told = send(to_words(job ? compiler_.compile_files(*job, tell) : Result<std::vector<Unit>>(job.error())));
    ::shutdown(request.job.number(), SHUT_RDWR); // or the host would wait for a memory that is taken apart first
    ::_exit(is_told ? 0 : 1);                    // nothing here is worth being taken apart
  }

  /// Z4.
  void end_abandoned(std::span<const pollfd> fates) {
    std::erase_if(fates_, [&](const auto &job) {
      const auto told = std::ranges::find(fates, job.second.number(), &pollfd::fd);
      const bool is_abandoned = told != fates.end() && told->revents != 0;
      if (is_abandoned) ::kill(job.first, SIGKILL);
      return is_abandoned;
    });
  }

  void reap() {
    signalfd_siginfo told[16];
    (void)!::read(ended_, told, sizeof told);
    Fate fate;
    rusage used{};
    for (pid_t child; (child = ::wait4(-1, &fate.status, WNOHANG, &used)) > 0;) {
      const auto milliseconds = [](const timeval &time) {
        return static_cast<std::uint64_t>(time.tv_sec * 1000 + time.tv_usec / 1000);
      };
      fate.cpu_ms = milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
      fate.memory_kib = static_cast<std::uint64_t>(used.ru_maxrss);
      if (child == spare_.process) spare_ = {};
      if (const auto found = fates_.find(child); found != fates_.end()) {
        send_message(found->second.number(), {reinterpret_cast<const char *>(&fate), sizeof fate});
        fates_.erase(found);
      }
    }
  }

  const Compiler &compiler_;
  const unsigned threads_;
  const pid_t owner_;
  const int owner_gone_, ended_;
  std::map<pid_t, Descriptor> fates_; ///< of the jobs that run
  Spare spare_;
  bool wants_spare_ = true;
};

int run_zygote(unsigned threads, std::size_t compile_bytes, pid_t owner) {
  // Before anything that takes time: an owner that is gone by then is not waited for.
  const auto owner_gone = static_cast<int>(::syscall(SYS_pidfd_open, owner, 0));
  if (::getppid() != owner) return 0;
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  const int ended = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  const auto compiler = Compiler::create({.threads = threads, .compile_bytes = compile_bytes});
  if (!compiler || ended < 0) return 1;
  // Twice: from the second compile on the ABI's headers are precompiled, which takes no thread.
  for (const char *name : {"warm.c", "warm.c", "warm.cpp", "warm.cpp"}) warm(**compiler, name);
  ZygoteProcess(**compiler, threads != 0 ? threads : std::thread::hardware_concurrency(), owner, owner_gone, ended).run();
  return 0;
}

} // namespace
} // namespace graft::driver

int main(int count, char **arguments) {
  if (count != 4) return 2;
  return graft::driver::run_zygote(static_cast<unsigned>(std::strtoul(arguments[1], nullptr, 10)),
                                   std::strtoul(arguments[2], nullptr, 10),
                                   static_cast<pid_t>(std::strtol(arguments[3], nullptr, 10)));
}
