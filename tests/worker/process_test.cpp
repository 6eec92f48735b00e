// The worker as a process: what it holds, and who is left when it, or its owner, dies.
#include "worker.hpp"

#include <sys/time.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <tuple>
#include <utility>

namespace graft::test {
namespace {

using testing::HasSubstr;

class Processes : public Workers {
 protected:
  Result<Artifact> compile() { return worker->compile(*compiler, job({{"a.c", "int x;"}})); }
  pid_t zygote() {
    const std::vector<pid_t> all = workers_of(::getpid());
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? 0 : all.front();
  }
};

TEST_F(Processes, ThereIsNoneBeforeTheFirstJobAndNoneAfterTheWorker) {
  EXPECT_TRUE(workers_of(::getpid()).empty());
  ASSERT_THAT(compile(), Succeeds());
  const pid_t process = zygote();
  *worker = nullptr;
  EXPECT_TRUE(is_gone_soon(process));
  EXPECT_TRUE(workers_of(::getpid()).empty());
}

TEST_F(Processes, ASignalOfTheHostsLeavesNoneUnwaitedFor) {
  ASSERT_THAT(compile(), Succeeds());
  struct sigaction counting{}, before{}; // without SA_RESTART: system calls end
  counting.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGALRM, &counting, &before), 0);
  const itimerval often{{0, 50}, {0, 50}}, never{};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  *worker = nullptr;
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  EXPECT_TRUE(workers_of(::getpid()).empty());
}

TEST_F(Processes, OneThatIsKilledIsStartedAnew) {
  ASSERT_THAT(compile(), Succeeds());
  const pid_t first = zygote();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_TRUE(is_gone_soon(first));
  EXPECT_THAT(compile(), Succeeds());
  EXPECT_NE(zygote(), first);
}

/// Never done, and needs no memory for it.
const std::string kEndless = "constexpr unsigned f() { unsigned n = 0; while (true) n ^= n + 1; return n; }\n"
                             "constexpr unsigned n = f();\n";

TEST_F(Processes, AJobThatIsCancelledEndsWithItsProcess) {
  ASSERT_THAT(compile(), Succeeds());
  std::vector<pid_t> spares;
  while (spares.empty()) spares = workers_of(zygote()); // made behind the job, for the next
  std::atomic<bool> cancelled{true};
  Job endless = job({{"a.cpp", kEndless}}, flags({"-fconstexpr-steps=4294967295"}));
  endless.cancelled = &cancelled;
  EXPECT_THAT(worker->compile(*compiler, endless, {.wall = {}, .cpu = {}}),
              FailsWith(Code::kSuperseded, HasSubstr("was cancelled")));
  EXPECT_TRUE(is_gone_soon(spares.front()));
  EXPECT_THAT(compile(), Succeeds());
}

/// What a process has open: how many of it are pipes, and how many there are.
std::pair<int, int> open_in(pid_t process) {
  int pipes = 0, all = 0;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    std::error_code failure;
    pipes += std::filesystem::read_symlink(entry, failure).string().starts_with("pipe:") ? 1 : 0;
    ++all;
  }
  return {pipes, all};
}

TEST_F(Processes, NothingOfTheHostsIsOpenInIt) {
  constexpr int kOwn =
      7; // the standard ones, the socket, the owner, its children, the spare worker; and fates until they are told
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0); // not closed on exec
  ASSERT_THAT(compile(), Succeeds());
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  auto [pipes, all] = open_in(zygote());
  while (all > kOwn && std::chrono::steady_clock::now() < until) std::tie(pipes, all) = open_in(zygote());
  EXPECT_EQ(pipes, 0);
  EXPECT_LE(all, kOwn);
  ::close(ends[0]);
  ::close(ends[1]);
}

/// Runs `body` in a child that is killed afterwards; gives back the worker that it had.
template <class Body>
pid_t worker_of_a_host_that_dies(Body body) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const pid_t host = ::fork();
  if (host == 0) {
    const auto here = Compiler::create();
    const auto own = Worker::create();
    const bool compiled = here && own && (*own)->compile(**here, job({{"a.c", "int x;"}})).has_value();
    const auto all = workers_of(::getpid());
    const pid_t process = compiled && !all.empty() ? all.front() : 0;
    body();
    (void)!::write(ends[1], &process, sizeof process);
    ::raise(SIGKILL);
  }
  ::close(ends[1]);
  pid_t process = 0;
  (void)!::read(ends[0], &process, sizeof process);
  ::close(ends[0]);
  ::waitpid(host, nullptr, 0);
  return process;
}

TEST(Owners, OneThatDiesLeavesNoWorker) {
  const pid_t process = worker_of_a_host_that_dies([] {});
  ASSERT_NE(process, 0);
  EXPECT_TRUE(is_gone_soon(process));
}

TEST(Owners, OneThatForksAndDiesLeavesNoWorkerAlthoughItsChildHoldsTheSocket) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t process = worker_of_a_host_that_dies([&] {
    if (::fork() != 0) return;
    ::close(ends[1]);
    char byte = 0;
    (void)!::read(ends[0], &byte, 1); // until the test ends
    ::_exit(0);
  });
  ASSERT_NE(process, 0);
  EXPECT_TRUE(is_gone_soon(process));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Owners, AForkedHostCompilesInAWorkerOfItsOwn) {
  const auto worker = *Worker::create();
  const auto compiler = *Compiler::create();
  const Job one = job({{"a.c", "int x;"}});
  ASSERT_THAT(worker->compile(*compiler, one), Succeeds());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(worker->compile(*compiler, one) && workers_of(::getpid()).size() == 1 ? 0 : 1);
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(worker->compile(*compiler, one), Succeeds());
}

TEST(Programs, OneThatIsNotThereIsSaid) {
  EXPECT_THAT(Worker::create("/nowhere/graft-worker"), FailsWith(Code::kEnvironment, HasSubstr("/nowhere/graft-worker")));
}

TEST(Programs, OneThatIsSomethingElseIsSaid) {
  const auto worker = Worker::create("/bin/true");
  const auto compiler = *Compiler::create();
  ASSERT_THAT(worker, Succeeds());
  EXPECT_THAT(worker->compile(*compiler, job({{"a.c", "int x;"}})), FailsWith(testing::_, HasSubstr("ended")));
}

} // namespace
} // namespace graft::test
