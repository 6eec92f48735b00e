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
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    for (;;) {
      if (const std::size_t at = seen_.find(text, from_); at != seen_.npos) {
        from_ = at + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline) return false;
      pollfd readable{terminal_, POLLIN, 0};
      if (::poll(&readable, 1, 1000) <= 0) continue;
      char bytes[4096];
      const ssize_t read = ::read(terminal_, bytes, sizeof bytes);
      if (read <= 0) return seen_.find(text, from_) != seen_.npos;
      seen_.append(bytes, static_cast<std::size_t>(read));
    }
  }

  /// The program's status, as a shell gives it.
  int wait() {
    await("\1"); // until the terminal is closed
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string &seen() const { return seen_; }
  /// Behind what was awaited last.
  std::size_t position() const { return from_; }

 private:
  int terminal_ = -1;
  pid_t process_ = -1;
  std::string seen_;
  std::size_t from_ = 0;
};

} // namespace graft::test
