// `graft run --watch` and `graft watch`: a save is seen, an error is told and the old goes on, a signal ends it.
#include "process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace graft::test {
namespace {

using testing::HasSubstr;

/// `graft run --watch` as a child whose output is read as it comes.
class Watching {
 public:
  explicit Watching(const std::vector<std::string> &words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      const std::string command = graft_command();
      std::vector<char *> arguments = {const_cast<char *>(command.c_str())};
      for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~Watching() {
    if (child_ > 0) stop(SIGKILL);
    ::close(output_);
  }

  /// Reads until `text` was printed behind what was waited for before; false when the output ends or nothing comes for a
  /// minute.
  bool prints(const std::string &text) {
    for (;;) {
      if (const std::size_t at = seen_.find(text); at != seen_.npos) {
        seen_.erase(0, at + text.size());
        return true;
      }
      pollfd descriptor = {output_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&descriptor, 1, 60'000) <= 0) return false;
      const ssize_t size = ::read(output_, buffer, sizeof buffer);
      if (size <= 0) return false;
      seen_.append(buffer, static_cast<std::size_t>(size));
    }
  }

  /// Signals it and gives its status, as a shell does.
  int stop(int number) {
    ::kill(child_, number);
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t child_ = -1;
  int output_ = -1;
  std::string seen_;
};

std::string source(const std::string &body) {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(t, \"test.t\", 1, 0) { int32_t (*f)(void); };\nstatic int32_t f(void) { " +
         body + " }\nGRAFT_PROVIDE(t, {.f = f});\n";
}

TEST(Watch, CallsTheNewCodeAfterEachSave) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1111;"));
  Watching watching({"run", folder / "t", "--call", "test.t.f", "--watch"});
  ASSERT_TRUE(watching.prints("1111"));
  ASSERT_TRUE(watching.prints("watching 1 bundle"));
  folder.write("t/t.c", source("return 2222;"));
  EXPECT_TRUE(watching.prints("reloaded t: generation 2"));
  EXPECT_TRUE(watching.prints("2222"));
  folder.write("t/new~", "noise");
  folder.write("t/.hidden", "noise");
  folder.write("t/t.c.new", source("return 3333;"));
  std::filesystem::rename(folder / "t/t.c.new", folder / "t/t.c"); // as careful editors save
  EXPECT_TRUE(watching.prints("reloaded t: generation "));
  EXPECT_TRUE(watching.prints("3333"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
}

TEST(Watch, RunsTheTestsAgainOfThoseBundlesThatASaveTouches) {
  const TempFolder folder;
  folder.write("shared/value.h", "#define VALUE 1\n");
  for (const std::string &name : {std::string("a"), std::string("b")}) {
    folder.write(name + "/code.c", "/* nothing */\n");
    folder.write(name + "/code_test.c", "#include <graft/test.h>\n#include \"../shared/value.h\"\n"
                                        "GRAFT_TEST(\"holds\") { EXPECT_EQ(VALUE, 1); }\n");
  }
  Watching watching({"test", folder / "a", folder / "b", "--watch"});
  ASSERT_TRUE(watching.prints("[  PASSED  ] 2 tests."));
  ASSERT_TRUE(watching.prints("watching 2 bundles"));
  folder.write("b/code_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"breaks\") { FAIL(\"broken\"); }\n");
  EXPECT_TRUE(watching.prints("Testing 1 bundle"));
  EXPECT_TRUE(watching.prints("[  FAILED  ] b.breaks"));
  EXPECT_TRUE(watching.prints("watching 2 bundles"));
  folder.write("shared/value.h", "#define VALUE 2\n");
  EXPECT_TRUE(watching.prints("Testing 1 bundle"));
  EXPECT_TRUE(watching.prints("[  FAILED  ] a.holds"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
}

TEST(Watch, AnInterruptEndsARunOfTestsAtOnceAndBlamesNobody) {
  const TempFolder folder;
  folder.write("a/code.c", "/* nothing */\n");
  folder.write("a/code_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"never ends\") { for (volatile int i = 0;; ++i) {} }\n");
  Watching watching({"test", folder / "a", "--watch", "--timeout", "0"});
  ASSERT_TRUE(watching.prints("Testing 1 bundle"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
  EXPECT_FALSE(watching.prints("BROKEN"));
}

TEST(Watch, AnInterruptWaitsForNothingThatIsLearnedInTheBackground) {
  const TempFolder folder;
  folder.write("t/t.cpp", "#include <algorithm>\n#include <iostream>\n#include <map>\n#include <regex>\n" + source("return 1;"));
  const auto begin = std::chrono::steady_clock::now();
  Watching watching({"watch", folder / "t"});
  ASSERT_TRUE(watching.prints("watching 1 bundle"));
  const auto ready = std::chrono::steady_clock::now();
  EXPECT_EQ(watching.stop(SIGINT), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - ready, ready - begin) << "all of the head would be read once more, and written";
}

TEST(Watch, AnErrorIsToldAndTheOldGoesOn) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1111;"));
  Watching watching({"run", folder / "t", "--watch", "--call", "test.t.f"});
  ASSERT_TRUE(watching.prints("watching 1 bundle"));
  folder.write("t/t.c", source("return 1111"));
  EXPECT_TRUE(watching.prints("expected ';'"));
  EXPECT_TRUE(watching.prints("t stays at generation 1"));
  folder.write("t/t.c", source("return 4444;"));
  EXPECT_TRUE(watching.prints("4444"));
  EXPECT_EQ(watching.stop(SIGTERM), 0);
}

TEST(Watch, JsonIsOneObjectALine) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1111;"));
  Watching watching({"run", folder / "t", "--call", "test.t.f", "--watch", "--json"});
  ASSERT_TRUE(watching.prints("{\"event\":\"loaded\""));
  ASSERT_TRUE(watching.prints("\"result\":1111"));
  ASSERT_TRUE(watching.prints("{\"event\":\"watching\"}"));
  folder.write("t/extra/deep.h", "/* a folder that is made later is watched too */\n");
  folder.write("t/t.c", source("return 5555;"));
  EXPECT_TRUE(watching.prints("{\"event\":\"reloaded\""));
  EXPECT_TRUE(watching.prints("{\"event\":\"called\""));
  EXPECT_TRUE(watching.prints("\"result\":5555"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
}

TEST(Watch, JsonTellsOfEachFileOfSeveralAsItIsCompiled) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1111;"));
  folder.write("t/other.c", "int other;\n");
  Watching watching({"watch", folder / "t", "--json"});
  EXPECT_TRUE(watching.prints("{\"event\":\"compiling\",\"bundle\":\"t\",\"file\":"));
  EXPECT_TRUE(watching.prints("\"done\":2,\"total\":2"));
  EXPECT_TRUE(watching.prints("{\"event\":\"loaded\""));
  ASSERT_TRUE(watching.prints("{\"event\":\"watching\"}"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
}

TEST(Watch, AFolderOfBundlesIsKeptAsItsSourcesAre) {
  const TempFolder folder;
  folder.write("plugins/t/t.c", source("return 1;"));
  Watching watching({"watch", folder / "plugins"});
  ASSERT_TRUE(watching.prints("loaded t: generation 1"));
  ASSERT_TRUE(watching.prints("watching 1 bundle"));
  folder.write("plugins/t/t.c", source("return 2;"));
  ASSERT_TRUE(watching.prints("reloaded t: generation 2, code only, compile "));
  ASSERT_TRUE(watching.prints("changed "));
  folder.write("plugins/t/t.c", source("return 2;") + "// more\n");
  ASSERT_TRUE(watching.prints("same code t: generation 2"));
  folder.write("plugins/t/t.c", source("return 3"));
  ASSERT_TRUE(watching.prints("t stays at generation 2"));
  std::filesystem::rename(folder / "plugins/t", folder / "away");
  ASSERT_TRUE(watching.prints("unloaded t"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
}

TEST(Watch, AHostThatServesIsAskedFromOutside) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1;"));
  const std::string socket = folder / "host.sock";
  Watching watching({"watch", folder / "t", "--socket", socket});
  ASSERT_TRUE(watching.prints("watching 1 bundle"));
  EXPECT_THAT(graft({"ps", "--socket", socket}).out, HasSubstr("t 0.0.0: generation 1, source "));
  EXPECT_THAT(graft({"reload", "--socket", socket}).out, HasSubstr("already runs this text"));
  EXPECT_THAT(graft({"reload", "t", "--force", "--socket", socket}).out, HasSubstr("reloaded  t 0.0.0: generation 2"));
  EXPECT_THAT(graft({"rollback", "t", "--socket", socket}).out, HasSubstr("rolled back  t 0.0.0: generation 3"));
  EXPECT_THAT(graft({"reload", "stranger", "--socket", socket}).err, HasSubstr("stranger"));
  EXPECT_THAT(graft({"ps", "--json", "--socket", socket}).out, HasSubstr("\"generation\": 3"));
  EXPECT_THAT(graft({"unload", "t", "--socket", socket}).out, HasSubstr("unloaded  t"));
  EXPECT_EQ(watching.stop(SIGINT), 0);
  EXPECT_EQ(graft({"ps", "--socket", socket}).status, 1);
}

TEST(Watch, HostsAreFoundInTheUsersFolder) {
  const TempFolder folder;
  Input input;
  input.environment = {"XDG_RUNTIME_DIR=" + folder.path().string()};
  EXPECT_THAT(graft({"ps"}, input).err, HasSubstr("no host of this user serves"));
  EXPECT_THAT(graft({"reload"}, input).err, HasSubstr("start one with 'graft watch --serve'"));
  EXPECT_THAT(graft({"unload", "t", "--pid", "1"}, input).err, HasSubstr("process 1 does not serve"));
}

TEST(Watch, ItsJsonCarriesGenerationAndSource) {
  const TempFolder folder;
  folder.write("t/t.c", source("return 1;"));
  Watching watching({"watch", folder / "t", "--json"});
  ASSERT_TRUE(watching.prints("{\"event\":\"loaded\""));
  ASSERT_TRUE(watching.prints("{\"event\":\"watching\"}"));
  folder.write("t/t.c", source("return 2;"));
  ASSERT_TRUE(watching.prints("{\"event\":\"reloaded\",\"changed\":[\"" + folder.path().string()));
  ASSERT_TRUE(watching.prints("\"generation\":2,\"source\":\""));
  folder.write("t/t.c", source("return 3"));
  ASSERT_TRUE(watching.prints("\"diagnostics\":[{\"severity\":\"error\""));
  EXPECT_EQ(watching.stop(SIGTERM), 0);
}

} // namespace
} // namespace graft::test
