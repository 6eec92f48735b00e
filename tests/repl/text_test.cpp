// Where an input ends.
#include <graft/repl.hpp>

#include <gtest/gtest.h>

namespace graft {
namespace {

TEST(InputText, IsWholeWhenItsBracketsAre) {
  for (const char *text : {"1 + 1", "int x;", "f(a, b)", "int f() { return 1; }", "struct P { int x; };", "int(3)", "// only this",
                           "#include <vector>", "n++", "\"(\"", "'{'", "R\"x({)x\"", "1'000", "x = y", "int a = f()", "return_value()"})
    EXPECT_EQ(is_whole(text), Whole::kYes) << text;
}

TEST(InputText, IsNotWholeWhileSomethingIsOpen) {
  for (const char *text : {"int f() {", "f(1,", "int a[] = {1, 2", "/* begun", "R\"x( )\"", "#define A \\", "1 +", "x =", "struct P",
                           "template <class T>", "if (x)", "int f()", "else", "namespace n"})
    EXPECT_EQ(is_whole(text), Whole::kNo) << text;
}

TEST(InputText, GoesOnWithBodiesAndElses) {
  EXPECT_TRUE(continues("  {"));
  EXPECT_TRUE(continues("else x = 1;"));
  EXPECT_TRUE(continues("catch (...) {}"));
  EXPECT_FALSE(continues("elsewhere = 1;"));
  EXPECT_FALSE(continues("int x;"));
}

} // namespace
} // namespace graft
