// Diagnostics: data with places, never text on stderr; and bad input is an answer, never a crash.
#include "compile.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <random>

#include <sys/stat.h>

namespace graft::test {
namespace {

using testing::HasSubstr;

Error failure(const std::string &name, const std::string &text, Options options = {}) {
  auto result = compile(name, text, std::move(options));
  EXPECT_FALSE(result.has_value());
  return result ? Error{} : result.error();
}

TEST(Diagnostics, HaveFileLineColumnSnippetAndCaret) {
  const Error error = failure("dir/a.c", "int f(void) {\n  return missing + 1;\n}\n");
  EXPECT_EQ(error.code, Code::kInvalid);
  ASSERT_EQ(error.diagnostics.size(), 1u);
  const Diagnostic &diagnostic = error.diagnostics[0];
  EXPECT_EQ(diagnostic.severity, Severity::kError);
  EXPECT_EQ(to_string(diagnostic.where), "dir/a.c:2:10");
  EXPECT_EQ(diagnostic.message, "use of undeclared identifier 'missing'");
  EXPECT_EQ(diagnostic.snippet, "  return missing + 1;");
  EXPECT_EQ(diagnostic.caret_begin, 10u);
  EXPECT_EQ(diagnostic.caret_end, 17u);
  EXPECT_EQ(error.where, diagnostic.where);
}

TEST(Diagnostics, HaveFixIts) {
  const Error error = failure("a.c", "int f(void) {\n  int x = 1 return x; }");
  ASSERT_FALSE(error.diagnostics.empty());
  ASSERT_EQ(error.diagnostics[0].fixits.size(), 1u);
  const FixIt &fixit = error.diagnostics[0].fixits[0];
  EXPECT_EQ(fixit.replacement, ";");
  EXPECT_EQ(to_string(fixit.begin), "a.c:2:12");
  EXPECT_EQ(to_string(fixit.end), "a.c:2:12");
}

TEST(Diagnostics, HaveNotesAsChildren) {
  const Error error = failure("a.c", "int f(int);\nint g(void) { return f(1, 2); }");
  ASSERT_EQ(error.diagnostics.size(), 1u);
  ASSERT_EQ(error.diagnostics[0].notes.size(), 1u);
  EXPECT_EQ(error.diagnostics[0].notes[0].severity, Severity::kNote);
  EXPECT_EQ(error.diagnostics[0].notes[0].where.line, 1u);
}

TEST(Diagnostics, OfACallThatIsMarkedAsAnErrorSayWhatClangSays) {
  const Error error = failure("a.cpp", "__attribute__((error(\"not yet\"))) int bad();\nint call() { return bad(); }\n");
  EXPECT_EQ(error.message, "call to 'bad()' declared with 'error' attribute: not yet");
  EXPECT_EQ(error.where.line, 2u);
}

TEST(Diagnostics, OfAssemblyOutsideOfFunctionsQuoteIt) {
  const Error error = failure("a.cpp", "asm(\"nop\\nfoo bar baz\");\n");
  EXPECT_THAT(error.message, HasSubstr("in line 2 of the assembly, 'foo bar baz'"));
}

TEST(Diagnostics, OfAWarningNameItsFlagAndDoNotFail) {
  const auto artifact = compile("a.c", "static int unused;", flags({"-Wall"}));
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).warnings.size(), 1u);
  EXPECT_EQ((*artifact).warnings[0].severity, Severity::kWarning);
  EXPECT_EQ((*artifact).warnings[0].option, "-Wunused-variable");
}

TEST(Diagnostics, AreSilencedByFlags) {
  const auto artifact = compile("a.c", "static int unused;", flags({"-Wall", "-w"}));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).warnings.empty());
}

TEST(Diagnostics, DoNotComeFromSystemHeaders) {
  const auto artifact = compile("a.cpp", "#include <vector>\n#include <graft/abi.h>", flags({"-Weverything"}));
  ASSERT_THAT(artifact, Succeeds());
  for (const Diagnostic &warning : (*artifact).warnings) EXPECT_EQ(warning.where.file, "a.cpp") << warning.message;
}

TEST(Diagnostics, OfGraftsOwnMacrosAreNone) {
  const std::string text =
      kGreeter +
      "static int add(int a, int b) { return a + b; }\nGRAFT_PROVIDE(greeter, { .add = add });\nGRAFT_KEEP int n;\n";
  for (const char *name : {"a.c", "a.cpp"}) {
    const auto artifact = compile(name, text, flags({"-Wall", "-Wextra", "-Wpedantic", "-Wno-missing-field-initializers"}));
    ASSERT_THAT(artifact, Succeeds());
    EXPECT_EQ(render((*artifact).warnings), "");
  }
}

TEST(Diagnostics, AMissingIncludeNamesTheHeaderAndTheLine) {
  EXPECT_THAT(compile("a.c", "\n#include \"no_such.h\"\n"),
              FailsWith(Code::kInvalid, HasSubstr("a.c:2:10: fatal error: 'no_such.h' file not found")));
}

TEST(Diagnostics, InAMacroAreAtItsUse) {
  const Error error = failure("a.c", "#define ADD(x) ((x) + missing)\nint f(void) { return ADD(1); }");
  ASSERT_FALSE(error.diagnostics.empty());
  EXPECT_EQ(error.diagnostics[0].where.line, 2u);
}

TEST(Diagnostics, OfInlineAssemblyAreErrorsOfTheirLine) {
  const Error error = failure("a.c", "void f(void) {\n  __asm__(\"no_such_instruction\");\n}\n");
  ASSERT_FALSE(error.diagnostics.empty());
  EXPECT_EQ(error.diagnostics[0].where.line, 2u);
  EXPECT_THAT(error.diagnostics[0].message, HasSubstr("no_such_instruction"));
}

TEST(Diagnostics, OfRandomBytesAreAnAnswer) {
  const unsigned seed = 20260101;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 8; ++round) {
    std::string bytes(2000, '\0');
    for (char &byte : bytes) byte = static_cast<char>(random());
    EXPECT_THAT(compile("a.c", bytes), FailsWith(Code::kInvalid, HasSubstr("error")));
  }
}

TEST(Diagnostics, NothingIsPrinted) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  (void)compile("a.c", "int f(void) { return missing; }").has_value();
  (void)compile("a.c", "void f(void) { __asm__(\"no_such_instruction\"); }").has_value();
  (void)compile("a.c", "int x;", flags({"-frobnicate", "-v"})).has_value();
  (void)compile("a.c", "int x;", flags({"-v", "-ftime-report"})).has_value();
  (void)compile("a.ll", "garbage").has_value();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Diagnostics, ASourceCannotAskClangToCrash) {
  for (const char *how : {"crash", "parser_crash", "llvm_fatal_error", "assert", "overflow_stack"})
    EXPECT_THAT(compile("a.c", std::string("int x;\n#pragma clang __debug ") + how + "\nint y;"), Succeeds()) << how;
}

TEST(Diagnostics, AnIncludedPipeIsAnErrorAndNotAWait) {
  const TempFolder folder;
  const std::string pipe = folder / "pipe.h";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string &file : {pipe, std::string("/dev/zero")})
    EXPECT_THAT(compile("a.c", "#include \"" + file + "\"\nint x;"), FailsWith(Code::kInvalid, HasSubstr(file)));
}

} // namespace
} // namespace graft::test
