// A test that ends its process, or never ends, has failed, with its line; the others run on.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char *kCrashes = R"(
#include <graft/test.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
static void store(volatile int *where) {
  *where = 1;
}
GRAFT_TEST("before") {}
GRAFT_TEST("writes to nothing") {
  store(0);
}
GRAFT_TEST("between") {}
GRAFT_TEST("aborts") {
  puts("last words");
  fflush(stdout);
  abort();
}
GRAFT_TEST("exits") { exit(3); }
GRAFT_TEST("calls nothing") {
  void (*volatile nothing)(void) = 0;
  nothing();
}
static int down(volatile int n) { volatile char room[1000]; room[n % 1000] = 1; return down(n + 1) + room[0]; }
GRAFT_TEST("overflows its stack") { EXPECT_EQ(down(0), 1); }
GRAFT_TEST("failed before it crashed") { EXPECT_EQ(1, 2); raise(SIGFPE); }
GRAFT_TEST("behind") {}
)";

class Crashes : public testing::Test {
 protected:
  static void SetUpTestSuite() { report_ = TestBundle("crashes_test.c", kCrashes).report({"-j", "1"}); }
  static inline json report_;
};

TEST_F(Crashes, AreThatTestsFailureAndTheOthersRunOn) {
  for (const char *name : {"before", "between", "behind"}) EXPECT_EQ(verdict(report_, name), "passed") << name << report_;
  for (const char *name :
       {"writes to nothing", "aborts", "exits", "calls nothing", "failed before it crashed"})
    EXPECT_EQ(verdict(report_, name), "crashed") << name;
  EXPECT_EQ(report_["tests"].size(), 9u);
}

TEST_F(Crashes, SayWhichFunctionInWhichLine) {
  const json segfault = failure(report_, "writes to nothing");
  EXPECT_EQ(segfault.value("line", 0), 7) << segfault;
  EXPECT_THAT(segfault.value("file", ""), HasSubstr("crashes_test.c"));
  EXPECT_THAT(segfault.value("text", ""), AllOf(HasSubstr("SIGSEGV"), HasSubstr("store at "), HasSubstr("crashes_test.c:7"),
                                                HasSubstr("crashes_test.c:11")));
  EXPECT_EQ(failure(report_, "aborts").value("line", 0), 17);
  EXPECT_EQ(failure(report_, "calls nothing").value("line", 0), 22);
}

TEST_F(Crashes, AreNotWhatRunningOutOfStackIs) {
  EXPECT_EQ(verdict(report_, "overflows its stack"), "failed");
  EXPECT_THAT(failure(report_, "overflows its stack").value("text", ""),
              AllOf(StartsWith("the test ran out of stack in 'down' at "), HasSubstr("crashes_test.c:24")));
  EXPECT_EQ(failure(report_, "overflows its stack").value("line", 0), 24);
  EXPECT_THAT(failure(report_, "overflows its stack").value("file", ""), HasSubstr("crashes_test.c"));
}

TEST_F(Crashes, KeepWhatTheTestSaidBefore) {
  EXPECT_THAT(failure(report_, "exits").value("text", ""), HasSubstr("ended itself with status 3"));
  for (const json &test : report_["tests"]) {
    if (test["name"] == "aborts") EXPECT_EQ(test.value("output", ""), "last words\n");
    if (test["name"] == "failed before it crashed") EXPECT_EQ(test["failures"].size(), 2u) << test;
  }
}

TEST(Hangs, AreEndedAtTheLimitAndSayWhereTheyWere) {
  // The test behind it has no limit to keep: it says so itself, whatever the machine does meanwhile.
  const TestBundle bundle("hang_test.c", R"(
#include <graft/test.h>
static void spin(void) {
  for (volatile int i = 0;; ++i) {
  }
}
GRAFT_TEST("never ends") { spin(); }
)");
  const json report = bundle.report({"--timeout", "2"});
  EXPECT_EQ(verdict(report, "never ends"), "timed out") << report;
  EXPECT_THAT(failure(report, "never ends").value("text", ""), AllOf(HasSubstr("longer than 2 s"), HasSubstr("spin at ")));
}

TEST(Crash, CallsThatFollowEachOtherInOneLineAreCounted) {
  const TestBundle bundle("deep_test.cpp", R"(
#include <graft/test.h>
static int deep(int n, int *p) { return n == 0 ? *p : deep(n - 1, p) + 1; }
GRAFT_TEST("crashes") { EXPECT_EQ(deep(3, nullptr), 1); }
)");
  const std::string told = failure(bundle.report(), "crashes").value("text", "");
  EXPECT_THAT(told, HasSubstr("deep_test.cpp:3 (4 times)\n  the test at "));
  EXPECT_THAT(told, testing::EndsWith("deep_test.cpp:4"));
}

TEST(Crash, WhileABundleLoadsIsSaidOfTheBundle) {
  TestBundle bundle("load.c", "#include <stdlib.h>\n__attribute__((constructor)) static void early(void) { abort(); }\n");
  bundle.add("load_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"a\") {}\n");
  const json report = bundle.report();
  ASSERT_EQ(report["broken"].size(), 1u) << report;
  EXPECT_THAT(report["broken"][0].value("text", ""), HasSubstr("SIGABRT"));
}

TEST(Crash, WhenABundleIsUnloadedFailsTheRun) {
  TestBundle bundle("end.c", "#include <stdlib.h>\n__attribute__((destructor)) static void late(void) { abort(); }\n");
  bundle.add("end_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"a\") {}\n");
  const Outcome outcome = bundle.run();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("[  PASSED  ] 1 test."), HasSubstr("SIGABRT (Aborted) when it was unloaded")));
}

TEST(Thrown, ByAThreadOfATestIsItsFailure) {
  const TestBundle bundle("thread_test.cpp", "#include <graft/test.h>\n#include <thread>\n"
                          "GRAFT_TEST(\"throws\") { std::thread([] { throw 1; }).join(); }\n"
                          "GRAFT_TEST(\"does not\") { std::thread([] {}).join(); }\n");
  const json report = bundle.report();
  EXPECT_EQ(verdict(report, "throws"), "failed") << report;
  EXPECT_EQ(verdict(report, "does not"), "passed") << report;
  EXPECT_THAT(failure(report, "throws").value("text", ""), testing::HasSubstr("a thread threw an object of type int"));
}

} // namespace
} // namespace graft::test
