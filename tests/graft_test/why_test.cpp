// A failure says why in words that its author knows: what a call of a contract left behind, names of statuses, what was thrown and where.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kContract = R"(
#include <graft/abi.h>
GRAFT_CONTRACT(c, "test.c", 1, 0) {
  graft_status (*f)(int32_t n);
  int32_t (*add)(int32_t a, int32_t b);
};
)";

constexpr const char *kCode = R"(
#include "c.h"
#include <stdexcept>
static int32_t down(volatile int32_t n) { volatile char room[1000]; room[n % 1000] = 1; return down(n + 1) + room[0]; }
static graft_status f(int32_t n) {
  if (n == 1) throw std::runtime_error("no good");
  return n == 2 ? down(0) : n;
}
static int32_t add(int32_t a, int32_t b) {
  if (a < 0) throw std::runtime_error("negative");
  return a + b;
}
GRAFT_PROVIDE(c, {.f = f, .add = add})
)";

constexpr const char *kTests = R"(
#include "c.h"
#include <graft/test.h>
#include <stdexcept>
#include <string>
GRAFT_TEST("throws") { EXPECT_EQ(GRAFT_TESTED(c)->f(1), GRAFT_OK); }
GRAFT_TEST("recurses") { EXPECT_EQ(GRAFT_OK, GRAFT_TESTED(c)->f(2)); }
GRAFT_TEST("adds") { EXPECT_EQ(GRAFT_TESTED(c)->add(-1, 2), 1); }
GRAFT_TEST("has nothing to say") { EXPECT_EQ(GRAFT_TESTED(c)->add(1, 2), 4); }
GRAFT_TEST("expected it") {
  EXPECT_EQ(GRAFT_TESTED(c)->f(1), GRAFT_EXCEPTION);
  EXPECT_TRUE(1 > 2);
}
GRAFT_TEST("is none") { EXPECT_EQ(GRAFT_TESTED(c)->f(1000), GRAFT_BUSY); }
struct odd {};
GRAFT_TEST("no throw of an int") { EXPECT_NO_THROW(throw 3); }
GRAFT_TEST("no throw of a type") { EXPECT_NO_THROW(throw odd()); }
GRAFT_TEST("throw of another") { EXPECT_THROW(throw "words", std::logic_error); }
GRAFT_TEST("uncaught") {
  throw std::logic_error("uncaught one");
}
)";

class Why : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    TestBundle bundle("code.cpp", kCode);
    bundle.add("c.h", kContract).add("why_test.cpp", kTests);
    std::filesystem::remove(bundle.path() + "/code.c");
    report_ = bundle.report({"-j", "1"});
  }
  static std::string text(const std::string &name) { return failure(report_, name).value("text", ""); }
  static inline json report_;
};

TEST_F(Why, AStatusIsNamedAndTheCallsErrorShown) {
  EXPECT_THAT(text("throws"), AllOf(HasSubstr("Which is: GRAFT_EXCEPTION\n  GRAFT_OK\n"), HasSubstr("std::runtime_error: no good")))
      << report_;
  EXPECT_THAT(text("recurses"), AllOf(HasSubstr("Which is: GRAFT_STACK_LIMIT"), HasSubstr("ran out of stack in 'down(int)' at")));
  EXPECT_THAT(text("is none"), AllOf(HasSubstr("Which is: 1000"), HasSubstr("  GRAFT_BUSY")));
}

TEST_F(Why, ACallWithoutAStatusIsExplainedToo) {
  EXPECT_THAT(text("adds"), AllOf(HasSubstr("Which is: 0"), HasSubstr("The last call that failed says: 'add' (test.c)"), HasSubstr("negative")));
}

TEST_F(Why, WhatAnotherTestLeftOrThisOneExpectedIsNotShown) {
  EXPECT_THAT(text("has nothing to say"), AllOf(HasSubstr("Which is: 3"), Not(HasSubstr("last call"))));
  EXPECT_THAT(text("expected it"), AllOf(HasSubstr("1 > 2"), Not(HasSubstr("last call"))));
}

TEST_F(Why, WhatWasThrownIsSaid) {
  EXPECT_THAT(text("no throw of an int"), HasSubstr("it throws the int 3"));
  EXPECT_THAT(text("no throw of a type"), HasSubstr("it throws an object of type odd"));
  EXPECT_THAT(text("throw of another"), HasSubstr("it throws \"words\""));
}

TEST_F(Why, AnUncaughtExceptionIsTheTestsAndAtItsPlace) {
  EXPECT_EQ(text("uncaught"), "the test threw std::logic_error: uncaught one");
  EXPECT_THAT(failure(report_, "uncaught").value("file", ""), HasSubstr("why_test.cpp"));
  EXPECT_EQ(failure(report_, "uncaught").value("line", 0), 19);
}

TEST(WhyInC, RunningOutOfStackIsAtARelativePlace) {
  const TempFolder folder;
  folder.write("ct/code.c", "/* nothing */\n");
  folder.write("ct/a_test.c", "#include <graft/test.h>\nstatic int rec(volatile int n) {\n  volatile char room[1000];\n  room[n % 1000] = 1;\n"
                              "  return rec(n + 1) + room[0];\n}\nGRAFT_TEST(\"recurses\") { EXPECT_EQ(rec(0), 1); }\n");
  const Outcome outcome = graft({"test", "ct"}, {{}, {}, folder.path()});
  EXPECT_THAT(outcome.out, HasSubstr("ct/a_test.c:2: Failure\nthe test ran out of stack in 'rec' at ct/a_test.c:2\n"));
}

} // namespace
} // namespace graft::test
