// What does a crash of Clang leave of this process? A program of its own: what a crashed compile held is lost, and a leak
// checker is told so for this program only (tests/support/lsan_crashes.supp).
#include "compile.hpp"
#include "matchers.hpp"

#include <csignal>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// An instruction of another machine: LLVM ends the process by `report_fatal_error`.
constexpr const char *kFatal =
    "declare i64 @llvm.aarch64.space(i32, i64)\n"
    "define i64 @f(i32 %x) {\n  %r = call i64 @llvm.aarch64.space(i32 %x, i64 1)\n  ret i64 %r\n}\n";
/// More than Clang's stack holds.
const std::string kTooDeep = "int x = " + std::string(200'000, '(') + "1;";

TEST(Recovery, AFatalErrorOfTheBackEndNamesItAndTheFileAndTheNextCompileWorks) {
  const auto compiler = *Compiler::create();
  EXPECT_THAT(compiler->compile(job({{"broken.ll", kFatal}})),
              FailsWith(Code::kInternal, AllOf(HasSubstr("broken.ll"), HasSubstr("llvm.aarch64.space"))));
  EXPECT_THAT(compiler->compile(job({{"a.c", "int x;"}})), Succeeds());
}

TEST(Recovery, RunningOutOfStackIsAnErrorAndTheNextCompileWorks) {
  std::string sum = "int x = 1";
  for (int i = 0; i < 500'000; ++i) sum += "+1";
  for (const std::string &text : {sum + ";", "int x = " + std::string(200'000, '(') + "1;"}) {
    EXPECT_THAT(compile("deep.c", text), FailsWith(Code::kInternal, HasSubstr("clang crashed")));
    EXPECT_THAT(compile("a.c", "int f(void) { return 1; }"), Succeeds());
  }
}

TEST(Recovery, ACrashPrintsNothing) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  (void)compile("a.ll", kFatal).has_value();
  (void)compile("a.c", kTooDeep).has_value();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Recovery, TheHostsSignalHandlersAreAsTheyWereAfterACompileAndAfterACrash) {
  for (const std::string &text : {std::string("int x;"), kTooDeep}) {
    struct sigaction before = {}, after = {};
    ::sigaction(SIGSEGV, nullptr, &before);
    (void)compile("a.c", text).has_value();
    ::sigaction(SIGSEGV, nullptr, &after);
    EXPECT_EQ(before.sa_sigaction, after.sa_sigaction);
    constexpr int kRestorer = 0x04000000; // the C library's own, once a handler was ever set
    EXPECT_EQ(before.sa_flags | kRestorer, after.sa_flags | kRestorer);
  }
}

} // namespace
} // namespace graft::test
