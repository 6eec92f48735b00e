// Pointers from one kept object to another whose memory a reload gives up: the reload is refused while they are there.
#include "instances.hpp"
#include "state.hpp"

namespace graft {
namespace {

using test::c_text;
using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class GivenUp : public test::State {};

TEST_F(GivenUp, APointerToAVariableThatMovesIsRefusedWhileItIsThere) {
  load(c_text("GRAFT_KEEP static int a[4] = {1, 2, 3, 4};\nGRAFT_KEEP static int *p;", "(p = p ? 0 : &a[2]) ? *p : 0"));
  EXPECT_EQ(call(), 3);
  const MemoryBundle longer = c_text("GRAFT_KEEP static int a[8];\nGRAFT_KEEP static int *p;", "a[3] + (p != 0) * 10");
  EXPECT_THAT(runtime->reload(longer),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("kept 'p' points at byte 0 into the old memory of kept 'a'"),
                                                   HasSubstr("this reload moves"))));
  EXPECT_EQ(call(), 0);
  EXPECT_THAT(runtime->reload(longer), Succeeds());
  EXPECT_EQ(call(), 4);
}

TEST_F(GivenUp, OnePastTheEndIsAPointerIntoIt) {
  load(c_text("GRAFT_KEEP static int a[4];\nGRAFT_KEEP static struct { int n; int *end; } s;", "(s.end = a + 4) != 0"));
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static int a[8];\nGRAFT_KEEP static struct { int n; int *end; } s;", "0")),
              FailsWith(Code::kIncompatible, HasSubstr("kept 's' points at byte 8 into the old memory of kept 'a'")));
}

TEST_F(GivenUp, AVariableThatMovesMayNotPointAtItself) {
  const std::string list = "struct list { struct list *next; };\n";
  load(c_text(list + "GRAFT_KEEP static struct { struct list head; int n; } s;", "(s.head.next = &s.head) != 0"));
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->reload(c_text(list + "GRAFT_KEEP static struct { struct list head; int n, more; } s;", "0")),
              FailsWith(Code::kIncompatible, HasSubstr("kept 's' points at byte 0 into the old memory of kept 's'")));
}

TEST_F(GivenUp, APointerToAVariableThatIsDroppedIsRefused) {
  load(c_text("GRAFT_KEEP static int gone;\nGRAFT_KEEP static int *p;", "(p = &gone) != 0"));
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static int *p;", "0")),
              FailsWith(Code::kIncompatible, HasSubstr("kept 'gone', which this reload drops")));
}

TEST_F(GivenUp, APointerThatTheNewVersionSetsAnewIsNone) {
  load(c_text("GRAFT_KEEP static int a[4] = {1, 2, 3, 4};\nGRAFT_KEEP static int *p;", "*(p = &a[2])"));
  EXPECT_EQ(call(), 3);
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static int a[8];\nGRAFT_KEEP static int *p;\n"
                                     "graft_status graft_init(const graft_host *h, const graft_init_context *c) "
                                     "{ (void)h, (void)c; p = &a[2]; return GRAFT_OK; }",
                                     "*p")),
              Succeeds());
  EXPECT_EQ(call(), 3);
}

TEST_F(GivenUp, ARollbackBringsBackNoPointerToKeptState) {
  load(c_text("GRAFT_KEEP static int x;\nGRAFT_KEEP static int *p;", "p ? *p : (p = &x, 5)"));
  EXPECT_EQ(call(), 5);
  ASSERT_THAT(runtime->reload(c_text("", "9")), Succeeds());
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(call(), 5);
}

class GivenUpByInstances : public test::Counters {};

TEST_F(GivenUpByInstances, AKeptPointerToAStateThatMovesIsRefused) {
  const std::string sets = "last = state; return state->n += n;";
  load(test::counter_bundle("struct state { int n; };\nGRAFT_KEEP static void *last;", "", sets));
  const auto one = make();
  EXPECT_EQ(one->add(one, 5), 5);
  const auto next = test::counter_bundle("struct state { int n, more; };\nGRAFT_KEEP static void *last;", "",
                                         "last = state; return state->more + n;");
  EXPECT_THAT(runtime->reload(next),
              FailsWith(Code::kIncompatible, HasSubstr("kept 'last' points at byte 0 into the old memory of an instance of "
                                                       "test.counter, which this reload moves")));
  EXPECT_EQ(one->add(one, 5), 10);
}

TEST_F(GivenUpByInstances, AStatesPointerToAVariableThatMovesIsRefused) {
  const std::string state = "struct state { int n; int *base; };\n";
  const std::string sets = "state->base = &base[0]; return state->n += n;";
  load(test::counter_bundle(state + "GRAFT_KEEP static int base[2];", "", sets));
  const auto one = make();
  EXPECT_EQ(one->add(one, 5), 5);
  EXPECT_THAT(runtime->reload(test::counter_bundle(state + "GRAFT_KEEP static int base[3];", "", sets)),
              FailsWith(Code::kIncompatible,
                        HasSubstr("an instance of test.counter points at byte 8 into the old memory of kept 'base'")));
}

} // namespace
} // namespace graft
