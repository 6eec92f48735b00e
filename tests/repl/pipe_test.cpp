// A session whose inputs come from another program: when it answers, whose standard input the code has, and what processes
// that the code makes see.
#include "session.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace graft::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// The built `graft repl` between two pipes.
class Piped {
 public:
  Piped() {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return;
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::execl(GRAFT_BINARY_DIR "/bin/graft", "graft", "repl", nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Piped() {
    ::close(in_);
    ::close(out_);
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  /// As the system does that has no memory left.
  void kill() { ::kill(process_, SIGKILL); }

  void say(const std::string &text) { EXPECT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  /// What it says until `end` has come; all of it when a generous deadline passed.
  std::string hear(const std::string &end) {
    bool is_closed = false;
    return hear(end, is_closed);
  }
  /// Whether nothing writes to its output any more, its own processes included.
  bool is_closed_by_all() {
    bool is_closed = false;
    hear("\1", is_closed);
    return is_closed;
  }

 private:
  std::string hear(const std::string &end, bool &is_closed) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    std::string heard;
    while (!heard.ends_with(end) && std::chrono::steady_clock::now() < deadline) {
      pollfd readable{out_, POLLIN, 0};
      if (::poll(&readable, 1, 1000) <= 0) continue;
      char bytes[256];
      const ssize_t read = ::read(out_, bytes, sizeof bytes);
      is_closed = read <= 0;
      if (is_closed) break;
      heard.append(bytes, static_cast<std::size_t>(read));
    }
    return heard;
  }

  int in_ = -1;
  int out_ = -1;
  pid_t process_ = -1;
};

TEST(ReplPipe, AnswersBeforeTheNextLineComes) {
  Piped session;
  session.say("1 + 1\n");
  EXPECT_EQ(session.hear("2\n"), "2\n");
  session.say("int f(int x) {\n  return x * 2;\n}\nf(4)\n");
  EXPECT_EQ(session.hear("8\n"), "8\n");
}

TEST(ReplPipe, WaitsWhereTheNextLineMayGoOnWithTheInput) {
  Piped session;
  session.say("int y = 1;\nif (y == 0) { y = 5; }\n");
  session.say("else { y = 6; }\ny\n");
  EXPECT_EQ(session.hear("6\n"), "6\n");
  session.say("struct P { int x; };\nP make(int x)\n");
  session.say("{ return P{x}; }\nmake(3)\n");
  EXPECT_EQ(session.hear("}\n"), "P{x = 3}\n");
}

TEST(ReplPipe, TheCodeHasAnEmptyInputWhereTheSessionReadsItsOwn) {
  EXPECT_EQ(session("extern \"C\" int getchar();\ngetchar()\n2\n").out, "-1\n2\n");
}

TEST(ReplPipe, TheCodeOfAScriptHasTheInputOfTheCommand) {
  const Outcome outcome =
      graft({"repl", "-e", "#include <iostream>", "-e", "int n = 0; std::cin >> n;", "-e", "n * n"}, {"12\n", {}, {}});
  EXPECT_EQ(outcome.out, "144\n") << outcome.err;
}

TEST(ReplPipe, NothingIsPrintedButWhatInputsPrintAndShow) {
  const Outcome outcome = graft({"repl", GRAFT_SOURCE_DIR "/plugins_src/greeter", "-e", "1 + 1"});
  EXPECT_EQ(outcome.out, "2\n");
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(ReplPipe, ACrashIsToldWithItsPlace) {
  EXPECT_THAT(session("int *p = nullptr;\n\n*p = 1;\n").err,
              StartsWith("stdin:3: the input crashed (Segmentation fault) and is taken back"));
  EXPECT_THAT(graft({"repl", "-e", "__builtin_trap();"}).err, StartsWith("-e:1: the input crashed (Illegal instruction)"));
}

TEST(ReplPipe, ACrashOfWhatRunsAtTheEndIsTold) {
  const Outcome outcome = session("struct Last { ~Last() { __builtin_trap(); } } last;\n");
  EXPECT_THAT(outcome.err, HasSubstr("the session's end crashed (Illegal instruction)"));
  EXPECT_EQ(outcome.status, 132);
}

TEST(ReplPipe, AProcessThatTheCodeForksEndsWithItsInput) {
  const Outcome outcome = session("#include <unistd.h>\n#include <sys/wait.h>\nint status = 1;\nint one = fork();\nif (one "
                                  "!= 0) waitpid(one, &status, 0);\nstatus\n1\n");
  EXPECT_EQ(outcome.out, "0\n1\n") << outcome.err;
}

TEST(ReplPipe, TheCodeHasNoChildrenButItsOwn) {
  const Outcome outcome =
      session("#include <sys/wait.h>\n#include <errno.h>\n1\n2\nwait(nullptr) == -1 && errno == ECHILD\n");
  EXPECT_EQ(outcome.out, "1\n2\ntrue\n") << outcome.err;
}

TEST(ReplPipe, AnInputThatClosesEverythingIsTakenBack) {
  const Outcome outcome = session("#include <unistd.h>\nint n = 4;\nfor (int i = 3; i < 1024; ++i) close(i);\nn\n");
  EXPECT_EQ(outcome.out, "4\n");
  EXPECT_THAT(outcome.err, HasSubstr("stdin:3: the input crashed (Broken pipe) and is taken back"));
}

constexpr const char *kEndless = "extern \"C\" int puts(const char *), fflush(void *);\n"
                                 "puts(\"runs\"); fflush(nullptr); for (;;);\n";

TEST(ReplPipe, WhatRunsEndsWithTheSession) {
  Piped session;
  session.say(kEndless);
  EXPECT_EQ(session.hear("runs\n"), "runs\n");
  session.kill();
  EXPECT_TRUE(session.is_closed_by_all());
}

TEST(ReplPipe, WhatRunsAfterACrashEndsWithTheSession) {
  Piped session;
  session.say("int n = 1;\n__builtin_trap();\n");
  session.say(kEndless);
  EXPECT_EQ(session.hear("runs\n"), "runs\n");
  session.kill();
  EXPECT_TRUE(session.is_closed_by_all());
}

TEST(ReplPipe, WhatIsPrintedNeverGoesWhereTheSessionTalks) {
  std::string inputs = "#include <unistd.h>\nint a = 1;\nclose(1);\nclose(0);\n";
  for (int i = 0; i < 40; ++i) inputs += "a\n"; // each may be followed by a copy, for which a descriptor is sent
  const Outcome outcome = session(inputs + "%undo 42\na\n");
  EXPECT_EQ(outcome.out, "1\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(ReplPipe, CommandsRefuseWordsThatTheyDoNotTake) {
  const Outcome outcome = session("%ps all\n%reset now\n%unload one two\n%rollback a 1 2\n%undo 1 2\n%save a b\n%doc a b\n");
  EXPECT_THAT(outcome.err, HasSubstr("'%ps' stands alone, without 'all'; type %ps"));
  EXPECT_THAT(outcome.err, HasSubstr("'%reset' stands alone, without 'now'; type %reset"));
  EXPECT_THAT(outcome.err, HasSubstr("'%unload' wants BUNDLE and no more, not 'two'; for example %unload greeter"));
  EXPECT_THAT(outcome.err, HasSubstr("'%rollback' wants BUNDLE [STEPS] and no more, not '2'"));
  EXPECT_THAT(outcome.err, HasSubstr("'%undo' wants [COUNT] and no more, not '2'"));
  EXPECT_THAT(outcome.err, HasSubstr("'%save' wants FILE and no more, not 'b'"));
  EXPECT_THAT(outcome.err, HasSubstr("'%doc' wants NAME and no more, not 'b'"));
  EXPECT_EQ(outcome.status, 1);
}

TEST(ReplOutput, ThatCannotBeWrittenIsAFailure) {
  EXPECT_EQ(run({"/bin/sh", "-c", graft_command() + " repl -e 1 >/dev/full 2>/dev/null"}).status, 1);
}

TEST(ReplScripts, MayBeginWithAMarkOfUtf8) {
  const TempFolder folder;
  const Outcome outcome = graft({"repl", folder.write("marked.cpp", "\xef\xbb\xbfint a = 1;\na\n")});
  EXPECT_EQ(outcome.out, "1\n") << outcome.err;
}

TEST(ReplScripts, HaveNoArguments) {
  const TempFolder folder;
  const Outcome outcome = graft({"repl", folder.write("script.cpp", "1\n"), "a"});
  EXPECT_THAT(outcome.err, HasSubstr("a script has no arguments"));
  EXPECT_EQ(outcome.status, 2);
}

} // namespace
} // namespace graft::test
