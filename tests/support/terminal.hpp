// A program at a terminal of its own: keys are typed, what it shows is awaited.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace graft::test {

class Terminal {
 public:
  /// `environment`: NAME=value, added to our own.
  explicit Terminal(std::vector<std::string> words, std::vector<std::string> environment = {},
                    const std::string &directory = {}) {
    winsize size{};
    size.ws_row = 40, size.ws_col = 160;
    process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (process_ != 0) return;
    ::setenv("TERM", "xterm", 1);
    ::setenv("NO_COLOR", "1", 1);
    for (std::string &variable : environment) ::putenv(variable.data());
    if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(126);
    std::vector<char *> arguments;
    for (std::string &word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Terminal() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(terminal_);
  }
  Terminal(const Terminal &) = delete;
  Terminal &operator=(const Terminal &) = delete;

  void type(const std::string &keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  /// Reads until `text` was seen behind what was awaited before; false when a generous deadline passed.
  bool await(const std::string &text) {
    const Clock::time_point deadline = a_generous_deadline();
    for (;;) {
      if (const std::size_t at = seen_.find(text, from_); at != seen_.npos) {
        from_ = at + text.size();
        return true;
      }
      if (!read_more(deadline)) return false;
    }
  }

  /// The program's status, as a shell gives it. One that does not end is killed, and a failure.
  int wait() {
    const Clock::time_point deadline = a_generous_deadline();
    while (read_more(deadline)) {}
    if (!is_closed_) {
      ADD_FAILURE() << "the program does not end; the terminal shows:\n" << seen_;
      ::kill(process_, SIGKILL);
    }
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string &seen() const { return seen_; }
  /// Behind what was awaited last.
  std::size_t position() const { return from_; }

 private:
  using Clock = std::chrono::steady_clock;

  static Clock::time_point a_generous_deadline() { return Clock::now() + std::chrono::seconds(120); }

  /// What the program shows next; false when nobody has the terminal open any more, or too late.
  bool read_more(Clock::time_point deadline) {
    pollfd readable{terminal_, POLLIN, 0};
    while (!is_closed_ && ::poll(&readable, 1, 1000) <= 0)
      if (Clock::now() > deadline) return false;
    char bytes[4096];
    const ssize_t read = is_closed_ ? 0 : ::read(terminal_, bytes, sizeof bytes);
    is_closed_ = read <= 0;
    if (!is_closed_) seen_.append(bytes, static_cast<std::size_t>(read));
    return !is_closed_ && Clock::now() <= deadline;
  }

  int terminal_ = -1;
  pid_t process_ = -1;
  std::string seen_;
  std::size_t from_ = 0;
  bool is_closed_ = false; ///< by all who had it open but us
};

} // namespace graft::test
