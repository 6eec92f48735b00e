// Inputs that end while something in them is open: each is an error with a place, and the session goes on.
#include "session.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(InputThatEndsInABrace, IsAnErrorThatNamesTheBrace) {
  const Outcome outcome = graft({"repl", "-e", "int g() {"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("-e:1:10: error: expected '}'"), HasSubstr("-e:1:9: note: to match this '{'")));
}

TEST(InputThatEndsInABrace, IsAnErrorAtTheEndOfAPipe) {
  const Outcome outcome = session("int a = 4;\na\nfor (int i = 0; i < 3; i++) {\n");
  EXPECT_EQ(outcome.out, "4\n");
  EXPECT_THAT(outcome.err, HasSubstr("stdin:3:30: error: expected '}'"));
}

TEST(InputThatEndsInABrace, IsAnErrorInC) {
  EXPECT_THAT(session("int f(void) { struct X { int a;", {"--c"}).err, HasSubstr("error: expected '}'"));
}

TEST(InputThatEndsInABrace, IsAnErrorWhereItIsTheOperandOfACommand) {
  const Outcome outcome = session("int a = 4;\n%type []{\n%time int f() { if (a <\n%type ({\na\n");
  EXPECT_EQ(outcome.out, "4\n");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("expected '}'"), HasSubstr("stdin:3:9: note: to match this '{'")));
}

TEST(InputThatEndsInABrace, IsAnErrorWhereAHeaderOrAMacroOpenedIt) {
  const TempFolder folder;
  std::ofstream(folder / "open.h") << "int h() { return 1;\n";
  std::ofstream(folder / "fatal.h") << "#include <nowhere.h>\nint h() {\n";
  const Outcome outcome = session("int a = 4;\n#include \"open.h\"\n#include \"fatal.h\"\n#define BEGIN {\n%time int k() BEGIN\na\n",
                                  {"-I", folder.path().string()});
  EXPECT_EQ(outcome.out, "4\n");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("open.h:1:9: note: to match this '{'"), HasSubstr("'nowhere.h' file not found"),
                                 HasSubstr("stdin:4:15: note: expanded from macro 'BEGIN'")));
}

TEST(InputThatEndsInABrace, IsAnErrorWhereTheParserSkippedTheClosingOne) {
  const Outcome outcome = session("int a = 4;\n%time extern \"C\" { int e(void) }\n%time int f(int n) { if } (n < 3) { return n; } }\na\n");
  EXPECT_EQ(outcome.out, "4\n");
  EXPECT_EQ(outcome.status, 1);
}

} // namespace
} // namespace graft::test
