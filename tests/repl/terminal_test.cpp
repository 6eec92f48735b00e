// A session at a terminal: prompts, history, completion, interrupts. The terminal is the test's own.
#include "temp_folder.hpp"

#include <gmock/gmock.h>

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>

namespace graft::test {
namespace {

/// The built `graft repl` behind a terminal of its own.
class Session {
 public:
  explicit Session(const std::string &history) {
    process_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (process_ != 0) return;
    ::setenv("TERM", "xterm", 1);
    ::setenv("GRAFT_HISTORY", history.c_str(), 1);
    ::setenv("NO_COLOR", "1", 1);
    ::execl(GRAFT_BINARY_DIR "/bin/graft", "graft", "repl", nullptr);
    ::_exit(127);
  }
  ~Session() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(terminal_);
  }

  void type(const std::string &keys) { EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size())); }
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
  int wait() {
    await("\1"); // until the terminal is closed
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string &seen() const { return seen_; }

 private:
  int terminal_ = -1;
  pid_t process_ = -1;
  std::string seen_;
  std::size_t from_ = 0;
};

TEST(ReplTerminal, PromptsShowsTypesAndEndsAtTheEndOfInput) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> ")) << session.seen();
  session.type("20 * 20\n");
  ASSERT_TRUE(session.await("(int) 400")) << session.seen();
  session.type("int f() {\n");
  ASSERT_TRUE(session.await("... ")) << session.seen();
  session.type("return 5; }\nf()\n");
  ASSERT_TRUE(session.await("(int) 5")) << session.seen();
  ASSERT_TRUE(session.await("graft> ")) << session.seen();
  session.type("\4");
  EXPECT_EQ(session.wait(), 0);
}

TEST(ReplTerminal, AnInterruptTakesARunawayLoopBackAndNothingElse) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("int n = 41; extern \"C\" int puts(const char *);\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("n = 7; puts(\"run\" \"ning\"); for (;;) n = n;\n");
  ASSERT_TRUE(session.await("running\r")) << session.seen();
  session.type("\3");
  ASSERT_TRUE(session.await("interrupted: the input is taken back")) << session.seen();
  session.type("n + 1\n");
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
}

TEST(ReplTerminal, ACrashTakesTheInputBackExactly) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("int n = 41; int *none = nullptr;\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("n = 7; *none = 1;\n");
  ASSERT_TRUE(session.await("the input crashed (Segmentation fault) and is taken back")) << session.seen();
  session.type("n + 1\n");
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
}

TEST(ReplTerminal, CompletesNamesMembersAndPaths) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("struct Point { int horizontal = 40; } some_point;\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("some_p\t.hor\t + 2\n");
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
}

TEST(ReplTerminal, RemembersInputsAcrossSessions) {
  const TempFolder folder;
  {
    Session session(folder / "history");
    ASSERT_TRUE(session.await("graft> "));
    session.type("6 * 7\n");
    ASSERT_TRUE(session.await("(int) 42")) << session.seen();
    ASSERT_TRUE(session.await("graft> ")) << session.seen();
    session.type("\4");
    EXPECT_EQ(session.wait(), 0);
  }
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("\020\n"); // the line before
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
}

} // namespace
} // namespace graft::test
