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

TEST(InputText, IsWholeUnlessTheNextLineGoesOnWithIt) {
  for (const char *text : {"if (x) y = 1;", "if (x) { y(); }", "if (a) x(); else if (b) y();", "try { f(); }", "try { f(); } catch (int) {}",
                           "std::string f(int x)", "Type *make(int)", "std::vector<int> all(const Type &)"})
    EXPECT_EQ(is_whole(text), Whole::kUnlessContinued) << text;
}

TEST(InputText, IsWholeAtOnceWhereNothingCanFollow) {
  for (const char *text : {"a * f(2)", "a & f(2)", "a > f(2)", "v.size()", "std::max(a, b)", "std::cout << f(x) << y", "new Type(1)", "not f(2)",
                           "if (x) a(); else b();", "try { f(); } catch (...) { g(); }", "do { f(); } while (x);", "throw std::logic_error(\"a\")"})
    EXPECT_EQ(is_whole(text), Whole::kYes) << text;
}

TEST(InputText, IsReadAsTheCompilerReadsIt) {
  for (const char *text : {"f(u'a')", "f(L'(')", "1'000'000", "u8R\"(()\"", "FOOR\"(\"", "x = \"a\\\"(\"", "// (\n1", "#define A (\n2", "#define A \\\n {\n3",
                           "#if 1\nint f() {\n#else\nint f(int) {\n#endif\n return 1; }", "#if 0 // {\n#endif", "größe(1)"})
    EXPECT_EQ(is_whole(text), Whole::kYes) << text;
  for (const char *text : {"\"a\\", "#define A { /* (", "a -", "typedef struct P", "extern \"C\"", "do { f(); }", "auto f() -> int", "int f() const",
                           "#if 1\nint f() {\n#else\nint f(int) {\n#endif"})
    EXPECT_EQ(is_whole(text), Whole::kNo) << text;
}

TEST(InputText, ThatNoFurtherLineCanMendIsWhole) {
  for (const char *text : {"}", "f(1]", "int f() { g(1; }"}) EXPECT_EQ(is_whole(text), Whole::kYes) << text;
}

TEST(InputText, IsTheSameLineByLine) {
  InputText text;
  for (const char *line : {"int f()", "{ /* {", "  } */ auto s = R\"(", "  {", "  )\";", "#define A { \\", "  {", "  return 1;"}) {
    text.add_line(line);
    EXPECT_EQ(text.whole(), Whole::kNo) << text.text();
  }
  text.add_line("}");
  EXPECT_EQ(text.whole(), Whole::kYes) << text.text();
}

TEST(InputText, GoesOnWithBodiesAndElses) {
  EXPECT_TRUE(continues("  {"));
  EXPECT_TRUE(continues("else x = 1;"));
  EXPECT_TRUE(continues("catch (...) {}"));
  EXPECT_TRUE(continues(" : x(1) {"));
  EXPECT_FALSE(continues("::f();"));
  EXPECT_FALSE(continues("elsewhere = 1;"));
  EXPECT_FALSE(continues("int x;"));
}

} // namespace
} // namespace graft
