// See test_process.hpp. posix_spawn, because what is between fork and exec may do next to nothing.
#include "test_process.hpp"

#include "test_words.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace graft::tool {
namespace {

constexpr std::size_t kMostOutput = 1 << 20; ///< of one test; a runaway loop that prints must not fill our memory

/// Reads what is there. False at the end of the stream.
bool drain(int descriptor, std::string &into) {
  std::array<char, 1 << 16> bytes;
  for (;;) {
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count > 0) {
      into.append(bytes.data(), static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    return count < 0;
  }
}

void close_one(int &descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

std::vector<char *> pointers(const std::vector<std::string> &words) {
  std::vector<char *> result;
  for (const std::string &word : words) result.push_back(const_cast<char *>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

} // namespace

Result<std::unique_ptr<TestProcess>> TestProcess::start(const std::vector<std::string> &words,
                                                        const std::vector<std::string> &environment) {
  std::unique_ptr<TestProcess> child(new TestProcess);
  int events[2] = {-1, -1}, output[2] = {-1, -1};
  if (::pipe2(events, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
    close_one(events[0]), close_one(events[1]);
    return error(Code::kExhausted, std::string("cannot start a test's process: ") + std::strerror(errno));
  }
  child->events_ = events[0];
  child->output_ = output[0];
  for (const int mine : {events[0], output[0]}) ::fcntl(mine, F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], 2);
  // Through numbers that nobody has: either pipe may be where the other is to be.
  constexpr int kAside = 200;
  ::posix_spawn_file_actions_adddup2(&actions, events[1], kAside);
  ::posix_spawn_file_actions_adddup2(&actions, 1, kMarkDescriptor);
  ::posix_spawn_file_actions_adddup2(&actions, kAside, kEventDescriptor);
  ::posix_spawn_file_actions_addclose(&actions, kAside);
  std::vector<std::string> all = environment;
  for (char **variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  std::vector<std::string> program = {"/proc/self/exe"};
  program.insert(program.end(), words.begin(), words.end());
  posix_spawnattr_t own_group; // a terminal's ctrl-c is for us alone, and would be told as a crash of the bundle
  ::posix_spawnattr_init(&own_group);
  ::posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&own_group, 0);
  const int failure =
      ::posix_spawn(&child->process_, "/proc/self/exe", &actions, &own_group, pointers(program).data(), pointers(all).data());
  ::posix_spawnattr_destroy(&own_group);
  ::posix_spawn_file_actions_destroy(&actions);
  close_one(events[1]), close_one(output[1]);
  if (failure != 0) {
    child->process_ = -1;
    return error(Code::kExhausted, std::string("cannot start a test's process: ") + std::strerror(failure));
  }
  child->end_ = static_cast<int>(::syscall(SYS_pidfd_open, child->process_, 0));
  if (child->end_ < 0) return error(Code::kExhausted, std::string("cannot watch a test's process: ") + std::strerror(errno));
  return child;
}

TestProcess::~TestProcess() {
  if (process_ > 0) {
    signal(SIGKILL);
    wait();
  }
  close_one(end_), close_one(events_), close_one(output_);
}

void TestProcess::signal(int number) const {
  if (process_ > 0) ::kill(process_, number);
}

int TestProcess::wait() {
  int status = 0;
  while (process_ > 0 && ::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return status;
}

void TestProcess::read_output() {
  if (output_ >= 0 && !drain(output_, printed_)) close_one(output_);
  // The end may be the first half of a mark.
  if (printed_.size() > 2 * kMostOutput && printed_.find(kMark) == std::string::npos)
    printed_.erase(kMostOutput, printed_.size() - kMostOutput - kMark.size());
}

std::string TestProcess::take_output() {
  const std::size_t mark = printed_.find(kMark);
  std::string text = printed_.substr(0, mark);
  printed_.erase(0, mark == std::string::npos ? mark : mark + kMark.size());
  return text;
}

void TestProcess::read_events(const std::function<void(std::string_view line)> &hear) {
  if (events_ >= 0 && !drain(events_, heard_)) close_one(events_);
  for (std::size_t end; (end = heard_.find('\n')) != std::string::npos;) {
    const std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    read_output(); // what was printed before the event is in the pipe by now
    if (!line.empty()) hear(line);
  }
}

} // namespace graft::tool
