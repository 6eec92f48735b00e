// What graft says of wrong files is what clang prints of them: the same messages in the same order, at the same places, with
// the same underlines.
#include "compile.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

namespace graft::test {
namespace {

struct Wrong {
  const char *name;
  const char *file;
  const char *text;
  const char *header = ""; ///< "wrong.h"
};

// NOLINTBEGIN: they are meant to be wrong
const Wrong kWrong[] = {
    {"undeclared", "a.c", "int f(void) {\n  return missing + 1;\n}\n"},
    {"misspelt", "a.cpp", "int counter;\nint f() { return countre + 1; }\n"},
    {"semicolon", "a.c", "int f(void) {\n  int x = 1 return x;\n}\n"},
    {"semicolon_at_the_end", "a.c", "struct s { int x; }\nint y;\n"},
    {"brace", "a.c", "int f(void) {\n  if (1) {\n    return 2;\n}\n"},
    {"arguments", "a.c", "int f(int);\nint g(void) { return f(1, 2) + f(); }\n"},
    {"types", "a.c", "struct s { int x; };\nint f(void) {\n  struct s one = {1};\n  int *p = one;\n  return *p + one;\n}\n"},
    {"pointers", "a.c", "char *f(int *p) {\n\treturn p;\n}\n"},
    {"const", "a.cpp", "void f(const int &n) { n = 2; }\nvoid g() { const int k = 1; ++k; }\n"},
    {"overloads", "a.cpp", "void f(int, int);\nvoid f(const char *, ...);\nvoid g() { f(1.5); }\n"},
    {"members", "a.cpp", "struct S { int one; private: int two; };\nint f(S s) { return s.two + s.oen; }\n"},
    {"template", "a.cpp", "template <class T> int size(const T &t) { return t.size(); }\nint f() { return size(3); }\n"},
    {"template_depth", "a.cpp",
     "template <int N> struct down { static const int value = down<N - 1>::value; };\n"
     "template <> struct down<0> { static const int value = nothing; };\nint f() { return down<30>::value; }\n"},
    {"concept", "a.cpp", "template <class T> concept small = sizeof(T) < 4;\nvoid f(small auto) {}\nvoid g() { f(1.0); }\n"},
    {"macro", "a.c", "#define ADD(a, b) ((a) + (b))\nint f(void) { return ADD(1, missing); }\n"},
    {"macro_body", "a.c",
     "#define CALL(x) missing(x)\n#define TWICE(x) CALL(x) + CALL(x)\nint f(void) { return TWICE(1); }\n"},
    {"macro_depth", "a.c",
     "#define A missing\n#define B A\n#define C B\n#define D C\n#define E D\n#define F E\n#define G F\n#define H G\n#define "
     "I H\n"
     "int f(void) { return I; }\n"},
    {"header", "a.c", "#include \"wrong.h\"\nint f(void) { return g(); }\n",
     "#pragma once\ninline int g(void) { return missing; }\n"},
    {"header_macro", "a.cpp", "#include \"wrong.h\"\nint f() { return SQUARE(\"two\"); }\n",
     "#define SQUARE(x) ((x) * (x))\n"},
    {"no_header", "a.c", "#include \"nowhere.h\"\nint x;\n"},
    {"directive", "a.c", "#if 1\nint x;\n#ende\n#error stop here\n"},
    {"warnings", "a.c", "int f(unsigned a, int b) {\n  int unused;\n  if (a = 1) return 2;\n  return a < b;\n}\n"},
    {"format", "a.c", "#include <stdio.h>\nvoid f(long n) { printf(\"%d %s\\n\", n, 3); }\n"},
    {"string", "a.c", "const char *s = \"no end;\nint x;\n"},
    {"character", "a.c", "int x = 'ab\n;\nint y = 08;\n"},
    {"return", "a.cpp", "int f() { }\nvoid g() { return 1; }\n"},
    {"switch", "a.c",
     "enum e { one, two, three };\nint f(enum e v) {\n  switch (v) {\n  case one: return 1;\n  case one: return 2;\n  }\n  "
     "return 0;\n}\n"},
    {"redefinition", "a.c", "int x = 1;\nint x = 2;\nvoid f(void) {}\nint f(void) { return 1; }\n"},
    {"tabs", "a.c", "int\tf(void) {\n\t\treturn\t(missing\t+ 1);\n}\n"},
    {"several_lines", "a.c",
     "int g(int, int);\nint f(void) {\n  return g(1 +\n             2 +\n             missing,\n           3, 4);\n}\n"},
    {"line", "a.c", "#line 100 \"other.y\"\nint x = y;\n"},
    {"lambda", "a.cpp", "auto f = [](int x) { return x.size(); };\nint g() { int n = 1; return [] { return n; }(); }\n"},
    {"override", "a.cpp", "struct B { virtual void f(int); };\nstruct D : B { void f(long) override; };\nD d; B b = 3;\n"},
    {"deleted", "a.cpp", "struct S { S(const S &) = delete; S(); };\nvoid f(S);\nvoid g() { S s; f(s); }\n"},
    {"static_assert", "a.cpp",
     "struct S { char c; int i; };\nstatic_assert(sizeof(S) == 5, \"packed\");\nstatic_assert(alignof(S) == 8);\n"},
    {"many", "a.c", "int x = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u + v + w;\n"},
};
// NOLINTEND

/// One line of what is said, and where it is underlined, in columns of the text as it is shown.
std::string line_of(const std::string &head, const std::string &underline) {
  const std::size_t caret = underline.find('^');
  std::ostringstream text;
  text << head;
  if (caret != underline.npos)
    text << " ^" << caret + 1 << " ~" << underline.find_first_of("^~") + 1 << "-" << underline.find_last_of("^~") + 1;
  return text.str();
}

std::vector<std::string> lines_of(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Heads with their underlines, out of what clang prints, or `render` makes.
std::vector<std::string> said(const std::string &text) {
  static const std::regex kHead("([^ ]+:[0-9]+:[0-9]+: )?(note|warning|error|fatal error): .*");
  std::vector<std::string> found;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (!std::regex_match(lines[at], kHead) || lines[at].ends_with("in file included from here")) continue;
    // The snippet and its underline follow, where there is a place; a line of marks alone is an underline.
    const bool has_underline = at + 2 < lines.size() && lines[at + 2].find('^') != std::string::npos &&
                               lines[at + 2].find_first_not_of(" \t~^") == std::string::npos;
    found.push_back(line_of(lines[at], has_underline ? lines[at + 2] : std::string()));
  }
  return found;
}

class AsClang : public testing::TestWithParam<Wrong> {};

TEST_P(AsClang, SaysTheSameAtTheSamePlaces) {
  const Wrong &wrong = GetParam();
  const TempFolder folder;
  folder.write(wrong.file, wrong.text);
  if (*wrong.header != '\0') folder.write("wrong.h", wrong.header);
  const bool is_cxx = std::string(wrong.file).ends_with(".cpp");
  const std::string command =
      "cd '" + folder.path().string() + "' && " GRAFT_CLANG " -fsyntax-only -Wall -Wextra -fno-color-diagnostics " +
      (is_cxx ? "-std=c++23" : "-std=c17") +
      " -fno-diagnostics-show-line-numbers -fcaret-diagnostics-max-lines=1 -ftabstop=1 " + wrong.file + " 2> clang.txt";
  (void)std::system(command.c_str()); // NOLINT(concurrency-mt-unsafe)
  std::ostringstream clang;
  clang << std::ifstream(folder / "clang.txt").rdbuf();

  Job job;
  job.bundle = "wrong";
  job.sources.push_back({wrong.file, std::nullopt, driver::Language::kFromName});
  job.options.working_directory = folder.path();
  job.options.flags = {"-Wall", "-Wextra"};
  const auto outcome = compile(job);
  std::string ours = render(outcome ? outcome->warnings : outcome.error().diagnostics);
  std::ranges::replace(ours, '\t', ' ');
  const std::string theirs = std::regex_replace(clang.str(), std::regex("\t"), " ");
  ASSERT_FALSE(said(theirs).empty()) << clang.str();
  EXPECT_EQ(said(ours), said(theirs)) << ours << "\n---- clang:\n" << clang.str();
}

INSTANTIATE_TEST_SUITE_P(Files, AsClang, testing::ValuesIn(kWrong), [](const auto &info) { return info.param.name; });

} // namespace
} // namespace graft::test
