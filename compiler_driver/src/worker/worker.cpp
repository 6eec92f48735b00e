// The host's end: starts the zygote when there is none, hands it a job, and makes an error of whatever does not come back.
#include "../cancelled.hpp"
#include "../elsewhere.hpp"
#include "channel.hpp"
#include "limits.hpp"
#include "words.hpp"

#include <graft/base/fault.hpp>
#include <graft/base/mutex.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace graft::driver {
namespace {

constexpr int kControl = 3;                       // the zygote's only descriptor besides the standard ones
constexpr auto kGrace = std::chrono::seconds(20); // for starting, and for a kernel that is slow to end what is over its time

/// Beside the library, as installed and as built; beside it in a build is also beside a test that links the pieces.
std::string find_program() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void *>(&find_program), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::canonical(info.dli_fname, failure).parent_path();
  for (const char *place : {"graft/graft-worker", "../lib/graft/graft-worker"})
    if (std::filesystem::path found = folder / place; std::filesystem::exists(found, failure))
      return found.lexically_normal();
  return {};
}

/// A running zygote. It ends when its end of `control` is all that is left of it, or this process is gone.
struct Zygote {
  Descriptor process; ///< by a descriptor, because a host may wait for all of its children, and a number be given to another
  pid_t owner = 0;    ///< who started it; another after a fork
  Descriptor control;
};

class SpawnSettings {
 public:
  explicit SpawnSettings(int control) {
    ::posix_spawn_file_actions_init(&actions);
    for (const int standard : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, control, kControl);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kControl + 1);
    ::posix_spawnattr_init(&attributes);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings &) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

Result<Zygote> start_zygote(const std::string &program, const Config &config) {
  constexpr const char *kRefusal = "cannot start the compile worker";
  const auto refused = [&](int reason) {
    return error(Code::kEnvironment, std::string(kRefusal) + " '" + program + "': " + ::strerrordesc_np(reason));
  };
  if (fault::at(kRefusal, EAGAIN)) return refused(errno);
  auto ends = socket_pair(SOCK_SEQPACKET);
  if (!ends) return refused(errno);
  // In the child `control` must not be what it is duplicated to: that would keep its close-on-exec.
  Descriptor theirs(::fcntl(ends->second.number(), F_DUPFD_CLOEXEC, kControl + 1));
  if (!theirs) return refused(errno);
  std::string words[] = {program, std::to_string(config.threads), std::to_string(config.compile_bytes),
                         std::to_string(::getpid())};
  char *const arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  const SpawnSettings settings(theirs.number());
  Zygote zygote;
  zygote.owner = ::getpid();
  pid_t process = 0;
  if (const int failure =
          ::posix_spawn(&process, program.c_str(), &settings.actions, &settings.attributes, arguments, environ);
      failure != 0)
    return refused(failure);
  zygote.process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  zygote.control = std::move(ends->first);
  return zygote;
}

/// The next message; kLate also once the job is cancelled. Nobody wakes who waits, so now and then it looks.
Incoming::Came next(Incoming &incoming, std::string &message, const Job &job, Until until) {
  constexpr auto kLookAgain = std::chrono::milliseconds(20);
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const bool looks = job.cancelled != nullptr && (!until || *until - now > kLookAgain);
    const Incoming::Came came = incoming.next(message, looks ? now + kLookAgain : until);
    if (came != Incoming::Came::kLate || !looks || job.is_cancelled()) return came;
  }
}

} // namespace

struct Worker::State {
  Mutex mutex;
  const std::string program;
  const Config config;
  Zygote zygote GRAFT_GUARDED_BY(mutex);
  std::uint64_t started GRAFT_GUARDED_BY(mutex) = 0; ///< how many; the number of the last

  State(std::string program, Config config) : program(std::move(program)), config(config) {}
  ~State() {
    const MutexLock lock(mutex);
    end();
  }
  State(const State &) = delete;

  /// Ends the zygote, if it is this process's; its jobs end with it.
  void end() GRAFT_REQUIRES(mutex) {
    zygote.control.close();
    if (zygote.owner == ::getpid() && zygote.process) {
      ::syscall(SYS_pidfd_send_signal, zygote.process.number(), SIGKILL, nullptr, 0);
      siginfo_t ended; // a signal of the host's must not leave it unwaited for
      while (::waitid(P_PIDFD, static_cast<id_t>(zygote.process.number()), &ended, WEXITED) != 0 && errno == EINTR) {
      }
    }
    zygote = {};
  }

  /// Gives the request to a zygote that is there, or to a new one. Its number.
  Result<std::uint64_t> ask(const Request &request) {
    const MutexLock lock(mutex);
    if (zygote.owner == ::getpid() && send_request(zygote.control.number(), request)) return started;
    end();
    GRAFT_TRY_ASSIGN(zygote, start_zygote(program, config));
    ++started;
    if (send_request(zygote.control.number(), request)) return started;
    end();
    return error(Code::kEnvironment, "the compile worker '" + program + "' ended as soon as it was started");
  }

  /// After a job that ends at no time that it is given. Another that is late as well may have ended that zygote: the next
  /// one has done nothing wrong.
  void give_up(std::uint64_t number) {
    const MutexLock lock(mutex);
    if (number == started) end();
  }
};

Worker::Worker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Worker::~Worker() = default;

Result<std::unique_ptr<Worker>> Worker::create(std::string program, Config config) {
  if (program.empty()) program = find_program();
  if (program.empty() || ::access(program.c_str(), X_OK) != 0)
    return error(Code::kEnvironment, "there is no compile worker" + (program.empty() ? "" : " '" + program + "'") +
                                         "; install graft-worker in the folder 'graft' beside libgraft.so");
  return std::unique_ptr<Worker>(new Worker(std::make_unique<State>(std::move(program), config)));
}

/// The zygote as a compiler sees it, for one job.
class Worker::Place : public Elsewhere {
 public:
  Place(State &state, const WorkerLimits &limits) : state_(state), limits_(limits) {}
  Result<std::vector<Unit>> compile_files(const Job &job, const TellCompiled &tell) const override;

 private:
  State &state_;
  const WorkerLimits &limits_;
};

Result<Artifact> Worker::compile(const Compiler &here, const Job &job, const WorkerLimits &limits,
                                 const TellCompiled &tell) const {
  const Place place(*state_, limits);
  return here.compile(job, tell, &place);
}

Result<std::vector<Unit>> Worker::Place::compile_files(const Job &job, const TellCompiled &tell) const {
  std::error_code failure;
  Words words = to_words(job);
  words.insert(words.begin(), std::filesystem::current_path(failure).string());
  const std::string text = bytes_of(words);
  const std::string what = "bundle '" + job.bundle + "': ";
  // A zygote that ends under the job is somebody else's doing: one more is tried.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto job_ends = socket_pair(SOCK_STREAM), fate_ends = socket_pair(SOCK_STREAM);
    if (!job_ends || !fate_ends)
      return error(Code::kExhausted, what + "there is no descriptor for a compile worker; raise the limit of open files");
    GRAFT_TRY_ASSIGN(const std::uint64_t zygote,
                     state_.ask({limits_, std::move(job_ends->second), std::move(fate_ends->second)}));
    Until until;
    if (limits_.wall.count() > 0) until = std::chrono::steady_clock::now() + limits_.wall + kGrace;
    send_message(job_ends->first.number(), text, until); // to one that is gone: then nothing comes back
    Incoming outcome(job_ends->first), told(fate_ends->first);
    std::string message;
    Incoming::Came came;
    while ((came = next(outcome, message, job, until)) == Incoming::Came::kMessage) {
      const auto told_words = words_of(message);
      if (!told_words || !tell_compiled(*told_words, tell)) return outcome_from_words(told_words.value_or(Words()));
    }
    if (came == Incoming::Came::kEnd) came = next(told, message, job, until);
    if (came == Incoming::Came::kLate && job.is_cancelled()) return cancelled(job); // the zygote ends what nobody waits for
    if (came == Incoming::Came::kLate) {
      state_.give_up(zygote);
      return error(Code::kExhausted, what + "its compile did not end when its time was up; the worker was ended");
    }
    Fate fate;
    if (came == Incoming::Came::kEnd || message.size() != sizeof fate) continue;
    std::memcpy(&fate, message.data(), sizeof fate);
    return explain(fate, limits_, job.bundle);
  }
  return error(Code::kInternal, what + "the compile worker ended twice while it was compiled");
}

} // namespace graft::driver
