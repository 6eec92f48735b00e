// A session at a terminal: prompts, history, completion, interrupts. The terminal is the test's own.
#include "temp_folder.hpp"
#include "terminal.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <string>

namespace graft::test {
namespace {

/// The built `graft repl` at a terminal.
class Session : public Terminal {
 public:
  explicit Session(const std::string &history)
      : Terminal({GRAFT_BINARY_DIR "/bin/graft", "repl"}, {"GRAFT_HISTORY=" + history}) {}
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

TEST(ReplTerminal, WhatIsTypedBeforeTheFirstPromptCounts) {
  const TempFolder folder;
  Session session(folder / "history");
  session.type("20 * 20\n\4");
  EXPECT_EQ(session.wait(), 0);
  EXPECT_THAT(session.seen(), testing::HasSubstr("(int) 400"));
}

TEST(ReplTerminal, AnEndOfInputThatIsTypedAheadCounts) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("extern \"C\" int puts(const char *), usleep(unsigned);\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("puts(\"run\" \"ning\"); usleep(300'000);\n");
  ASSERT_TRUE(session.await("running\r")) << session.seen();
  session.type("20 * 20\n\4"); // nobody reads yet
  EXPECT_EQ(session.wait(), 0);
  EXPECT_THAT(session.seen(), testing::HasSubstr("(int) 400"));
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

TEST(ReplTerminal, CompletesCommands) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("%contr\t\n");
  ASSERT_TRUE(session.await("no contract is provided")) << session.seen();
  ASSERT_TRUE(session.await("graft> "));
  session.type("%help unl\t\n");
  ASSERT_TRUE(session.await("take a bundle out")) << session.seen();
  ASSERT_TRUE(session.await("graft> "));
  session.type("%lo\t /no\n");
  ASSERT_TRUE(session.await("there is no '/no'")) << session.seen();
}

TEST(ReplTerminal, CompletesArgumentsOfCommands) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("%load " GRAFT_SOURCE_DIR "/plugins_src/greeter\n");
  ASSERT_TRUE(session.await("is at hand")) << session.seen();
  session.type("%call demo.g\t you\n");
  ASSERT_TRUE(session.await("Hello, you!")) << session.seen();
  session.type("%unload g\t\n%ps\n");
  ASSERT_TRUE(session.await("no bundle is loaded")) << session.seen();
}

TEST(ReplTerminal, RemembersAnInputWhileTheSessionRuns) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("int kept_line = 41;\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("kept_line + 1\n");
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
  std::ifstream file(folder / "history");
  const std::string history{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(history, testing::HasSubstr("kept_line"));
}

TEST(ReplTerminal, CompletesHeadersAndWhatAnArrowIsOf) {
  const TempFolder folder;
  Session session(folder / "history");
  ASSERT_TRUE(session.await("graft> "));
  session.type("#include <vecto\t>\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("sizeof(std::vector<int>) - 1\n");
  ASSERT_TRUE(session.await("23")) << session.seen();
  ASSERT_TRUE(session.await("graft> "));
  session.type("struct Pointed { int horizontal = 42; } one;\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("struct Arrow { Pointed *operator->() { return &one; } int hidden; } arrow;\n");
  ASSERT_TRUE(session.await("graft> "));
  session.type("arrow->h\t\n");
  ASSERT_TRUE(session.await("(int) 42")) << session.seen();
  ASSERT_TRUE(session.await("graft> "));
  session.type("%load " GRAFT_SOURCE_DIR "/plugins_src/greeter\n");
  ASSERT_TRUE(session.await("demo.greeter is at hand")) << session.seen();
  ASSERT_TRUE(session.await("graft> "));
  session.type("demo.greeter->\t == nullptr\n");
  ASSERT_TRUE(session.await("(bool) false")) << session.seen();
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
