// Instances of a contract: made, called and ended through the runtime, and what a reload does to them.
#include "instances.hpp"

#include <graft/call.hpp>

namespace graft {
namespace {

using test::counter_bundle;
using test::counter_cxx;
using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class Instances : public test::Counters {};

const std::string kPlain = "struct state { int n; };";

TEST_F(Instances, EachHasItsOwnState) {
  load(counter_bundle(kPlain));
  const auto one = make(), two = make();
  EXPECT_EQ(one->add(one, 1), 1);
  EXPECT_EQ(two->add(two, 10), 10);
  EXPECT_EQ(one->add(one, 1), 2);
  EXPECT_EQ(*two.call(&counter::add, 5), 15);
}

TEST_F(Instances, CreateGetsWhatTheHostGives) {
  load(counter_bundle(kPlain, "state->n = (int)args->data.size;"));
  const auto one = *runtime->create_instance(*bound, "four");
  EXPECT_EQ(one->add(one, 0), 4);
}

TEST_F(Instances, TheMemoryIsZeroedAndAlignedAsTheTypeIs) {
  load(counter_bundle("struct __attribute__((aligned(128))) state { int n; };",
                      "state->n += (uintptr_t)state % 128 == 0 ? 7 : 0;"));
  for (int round = 0; round < 10; ++round) {
    const auto one = make();
    EXPECT_EQ(one->add(one, 0), 7);
  }
}

TEST_F(Instances, AreCounted) {
  load(counter_bundle(kPlain));
  EXPECT_EQ(count(), 0u);
  {
    const auto one = make(), two = make();
    EXPECT_EQ(count(), 2u);
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(Instances, OneThatEndedReportsStale) {
  load(counter_bundle(kPlain));
  const auto one = make();
  const graft_instance handle = one.handle();
  EXPECT_THAT(one.destroy(), Succeeds());
  EXPECT_THAT(one.destroy(), FailsWith(Code::kStale, HasSubstr("ended")));
  EXPECT_THAT(runtime->destroy_instance(handle), FailsWith(Code::kStale, HasSubstr("ended")));
  EXPECT_EQ(one->add(one, 1), 0);
  EXPECT_THAT(one.call(&counter::add, 1),
              FailsWith(Code::kStale, AllOf(HasSubstr("'add' of test.counter@1.0"), HasSubstr("instance that ended"))));
  EXPECT_THAT(runtime->resolve_instance(handle), FailsWith(Code::kStale, HasSubstr("ended")));
}

TEST_F(Instances, ANullOneIsCalledWithoutHarm) {
  load(counter_bundle(kPlain));
  EXPECT_EQ((*bound)->add(nullptr, 1), 0);
  EXPECT_THAT(bound->call(&counter::add, nullptr, 1),
              FailsWith(Code::kStale, AllOf(HasSubstr("'add' of test.counter@1.0"), HasSubstr("or on none"))));
}

TEST_F(Instances, AStaleOneDoesNotReachItsSuccessor) {
  load(counter_bundle(kPlain));
  const auto first = *runtime->create_instance(static_cast<const Binding &>(*bound));
  ASSERT_THAT(runtime->destroy_instance(first), Succeeds());
  const auto second = *runtime->create_instance(static_cast<const Binding &>(*bound));
  EXPECT_EQ(first.index, second.index); // the place is used again
  EXPECT_THAT(runtime->destroy_instance(first), FailsWith(Code::kStale, HasSubstr("ended")));
  EXPECT_EQ(count(), 1u);
  EXPECT_THAT(runtime->destroy_instance(second), Succeeds());
}

TEST_F(Instances, OfOneRuntimeAreNoneOfAnother) {
  load(counter_bundle(kPlain));
  const auto one = make();
  auto other = Runtime::create();
  ASSERT_THAT(other->load(counter_bundle(kPlain)), Succeeds());
  const auto same_place = *other->create_instance(*other->bind<counter>());
  EXPECT_EQ(same_place.handle().index, one.handle().index);
  EXPECT_THAT(other->destroy_instance(one.handle()), FailsWith(Code::kInvalid, HasSubstr("none of this runtime's")));
}

TEST_F(Instances, ACreateThatRefusesLeavesNothing) {
  load(counter_bundle(kPlain, "if (args->data.size) return 1234;"));
  EXPECT_THAT(
      runtime->create_instance(*bound, "no"),
      FailsWith(static_cast<Code>(1234), HasSubstr("'create' of test.counter@1.0 of bundle 'b' refused with status 1234")));
  EXPECT_EQ(count(), 0u);
}

TEST_F(Instances, ACreateThatThrowsLeavesNothing) {
  load(counter_cxx("struct state { int n; };", "throw 7;"));
  EXPECT_THAT(runtime->create_instance(*bound), FailsWith(Code::kException, HasSubstr("an object of type int")));
  EXPECT_EQ(count(), 0u);
}

TEST_F(Instances, ADestroyThatThrowsIsAnErrorAndEndsTheInstance) {
  load(counter_cxx("struct state { int n; };", "", "throw 7;"));
  const auto one = make();
  EXPECT_THAT(one.destroy(), FailsWith(Code::kException, HasSubstr("'destroy' of test.counter@1.0 in bundle 'b' threw")));
  EXPECT_EQ(count(), 0u);
}

const std::string kEndless =
    "static int deep(int n) { volatile int frame = n; return n == 0 ? 0 : deep(n + 1) + frame; }\n";

TEST_F(Instances, ACreateOrDestroyThatRunsOutOfStackFails) {
  load(counter_cxx(kEndless + "struct state { int n; };\nstatic int tries;", "if (tries++ == 0) deep(1);", "deep(1);"));
  EXPECT_THAT(runtime->create_instance(*bound), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ(count(), 0u);
  const auto one = make();
  EXPECT_THAT(one.destroy(), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ(count(), 0u);
}

TEST_F(Instances, CreateKeepsThePlaceThatItWasGiven) {
  load(counter_bundle(kPlain, "static struct state mine; *self = &mine;"));
  EXPECT_THAT(runtime->create_instance(*bound), FailsWith(Code::kInvalid, HasSubstr("put another pointer into *self")));
  EXPECT_EQ(count(), 0u);
}

TEST_F(Instances, ACallByNameMakesOneOfItsOwn) {
  load(counter_bundle(kPlain, "state->n = 4;"));
  const auto outcome = call_by_name(**runtime, "test.counter.add", {"3"});
  ASSERT_THAT(outcome, Succeeds());
  EXPECT_EQ((*outcome).result, "7");
  EXPECT_EQ(count(), 0u);
  EXPECT_THAT(call_by_name(**runtime, "test.counter.add", {"3", "4"}),
              FailsWith(Code::kInvalid, HasSubstr("takes 1 argument, 2 were given")));
  EXPECT_THAT(call_by_name(**runtime, "test.counter.destroy", {}),
              FailsWith(Code::kUnsupported, HasSubstr("'destroy' makes or ends an instance")));
}

TEST_F(Instances, AVersionWhoseContractHasNoneIsRefusedWhileOneLives) {
  load(counter_bundle(kPlain));
  const auto without =
      test::text("b", "#include <graft/abi.h>\nGRAFT_CONTRACT(counter, \"test.counter\", 1, 0) { int (*add)(void); };\n"
                      "static int add(void) { return 1; }\nGRAFT_PROVIDE(counter, {.add = add});\n");
  const auto one = make();
  EXPECT_THAT(runtime->reload(without), FailsWith(Code::kIncompatible, HasSubstr("without instances, and 1 live")));
  EXPECT_EQ(one->add(one, 1), 1);
}

TEST_F(Instances, AContractWithoutThemSaysSo) {
  ASSERT_THAT(runtime->load(test::text("n", test::number_text(1))), Succeeds());
  const auto number = *runtime->bind<test_number>();
  EXPECT_THAT(runtime->create_instance(static_cast<const Binding &>(number)),
              FailsWith(Code::kUnsupported, HasSubstr("has no instances")));
}

TEST_F(Instances, StayWhereTheyAreWhileTheirTypeDoes) {
  load(counter_bundle(kPlain));
  const auto one = make();
  one->add(one, 5);
  const auto next = counter_bundle(kPlain, "", "state->n += 100 * n; return state->n;");
  EXPECT_THAT(
      to_string(*runtime->plan(next)),
      AllOf(HasSubstr("state kept"), HasSubstr("kept       instances of test.counter@1: struct state (1 live; in place)")));
  ASSERT_THAT(runtime->reload(next), Succeeds());
  EXPECT_EQ(one->add(one, 1), 105);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(runtime->bundles().at(0).plan, "state kept: 1 kept");
}

TEST_F(Instances, AreCarriedOverFieldByFieldWhenTheirTypeChanges) {
  load(counter_bundle("struct state { int n; short gone; };"));
  const auto one = make(), two = make();
  one->add(one, 5), two->add(two, 6);
  const auto next = counter_bundle("struct state { long pad; long n; };");
  EXPECT_THAT(to_string(*runtime->plan(next)),
              AllOf(HasSubstr("state migrated"),
                    HasSubstr("converted  instances of test.counter@1: struct state (2 live; their addresses change)"),
                    HasSubstr("test.counter@1.n: int32_t -> int64_t (widened)"),
                    HasSubstr("dropped    test.counter@1.gone")));
  ASSERT_THAT(runtime->reload(next), Succeeds());
  EXPECT_EQ(one->add(one, 1), 6);
  EXPECT_EQ(two->add(two, 1), 7);
  EXPECT_EQ(count(), 2u);
  ASSERT_THAT(runtime->rollback("b"), FailsWith(Code::kIncompatible, HasSubstr("may not fit")));
  EXPECT_EQ(one->add(one, 1), 7);
}

TEST_F(Instances, GoBackWithARollback) {
  load(counter_bundle(kPlain));
  const auto one = make();
  one->add(one, 5);
  ASSERT_THAT(runtime->reload(counter_bundle("struct state { int more; int n; };")), Succeeds());
  one->add(one, 5);
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(one->add(one, 1), 11);
}

TEST_F(Instances, WhatCannotBeCarriedOverIsRefusedWhileOneLives) {
  load(counter_bundle("struct state { long n; };"));
  const auto narrow = counter_bundle("struct state { int n; };");
  {
    const auto one = make();
    one->add(one, 5);
    EXPECT_THAT(
        runtime->reload(narrow),
        FailsWith(Code::kIncompatible, AllOf(HasSubstr("1 live instances of test.counter@1"), HasSubstr("may not fit"))));
    EXPECT_EQ(one->add(one, 1), 6);
  }
  EXPECT_THAT(to_string(*runtime->plan(narrow)), HasSubstr("(0 live)"));
  EXPECT_THAT(runtime->reload(narrow), Succeeds());
}

TEST_F(Instances, TheAuthorsFunctionCarriesThemOver) {
  load(counter_bundle("struct state { int half; };", "", "state->half += n; return state->half;"));
  const auto one = make();
  one->add(one, 21);
  ASSERT_THAT(
      runtime->reload(counter_bundle("struct state { int n; }; struct old { int half; };\n"
                                     "GRAFT_MIGRATE(struct state, struct old, to, from) { to->n = from->half * 2; }\n")),
      Succeeds());
  EXPECT_EQ(one->add(one, 0), 42);
}

/// A state that counts in the host what is constructed and destroyed, by version.
struct Life {
  int made = 0, ended = 0;
  std::string text(const std::string &fields) const {
    const std::string at = "(*(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&made)) + "ul)";
    const std::string end = "(*(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&ended)) + "ul)";
    return "#include <string>\nstruct state { int n = 0; std::string s = \"a text that is too long for its object\"; " +
           fields + " state() { ++" + at + "; } ~state() { ++" + end + "; } };";
  }
  /// A state with a destructor is carried over by its author only.
  std::string changed_text() const {
    return text("int more = 4;") + "\nstruct state_v1 { int n; std::string s; };\n" +
           "GRAFT_MIGRATE(state, state_v1, to, from) { to->n = from->n; to->s = from->s; }\n";
  }
};

TEST_F(Instances, OfCxxAreDestroyedByTheCodeThatMadeThem) {
  Life first, second;
  load(counter_cxx(first.text("")));
  {
    const auto one = make(), two = make();
    one->add(one, 5);
    ASSERT_THAT(runtime->reload(counter_cxx(second.changed_text())), Succeeds());
    EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
    EXPECT_EQ(first.ended, 2); // the old states, with the old generation
    EXPECT_EQ(one->add(one, 1), 6);
    EXPECT_EQ(second.ended, 0);
  }
  EXPECT_EQ(first.made, 2);
  EXPECT_EQ(second.made, 2);
  EXPECT_EQ(second.ended, 2);
}

TEST_F(Instances, AReloadThatFailsAfterTheMigrationChangesNothing) {
  Life first, second;
  load(counter_cxx(first.text("")));
  const auto one = make();
  one->add(one, 5);
  EXPECT_THAT(runtime->reload(counter_cxx(second.changed_text() + "\ngraft_status graft_probe(void) { return 77; }")),
              FailsWith(static_cast<Code>(77), HasSubstr("graft_probe")));
  EXPECT_EQ(one->add(one, 1), 6);
  EXPECT_EQ(second.made, 1);
  EXPECT_EQ(second.ended, 1);
  EXPECT_EQ(first.ended, 0);
}

TEST_F(Instances, ATypeWithoutADefaultConstructorIsRefusedWhenItChanges) {
  const std::string state = "struct state { int n; state(int n) : n(n) {} ~state() {} ";
  load(counter_cxx(state + "};", "", "", "new (*self) state(3);"));
  const auto one = make();
  EXPECT_EQ(one->add(one, 1), 4);
  EXPECT_THAT(runtime->reload(counter_cxx(state + " int more; };", "", "", "new (*self) state(3);")),
              FailsWith(Code::kIncompatible, HasSubstr("no default constructor")));
}

TEST_F(Instances, UnloadEndsThemWithTheirOwnCode) {
  Life life;
  load(counter_cxx(life.text("")));
  const auto one = make();
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(life.ended, 1);
  EXPECT_THAT(one.call(&counter::add, 1), FailsWith(Code::kStale, HasSubstr("unloaded")));
  EXPECT_THAT(one.destroy(), FailsWith(Code::kStale, HasSubstr("ended")));
  EXPECT_THAT(runtime->create_instance(*bound), FailsWith(Code::kStale, HasSubstr("unloaded")));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("bundle 'b' generation 1 ended with 1 instance that nobody had ended"));
}

TEST_F(Instances, AVersionThatProvidesTheContractNoLongerEndsThem) {
  Life life;
  load(counter_cxx(life.text("")));
  const auto one = make();
  ASSERT_THAT(runtime->reload(test::text("b", test::number_text(1), "main.cpp")), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(life.ended, 1);
  EXPECT_THAT(one.call(&counter::add, 1), FailsWith(Code::kStale, HasSubstr("unloaded")));
}

TEST_F(Instances, AStateThatPointsIntoTheOldCodeKeepsItMapped) {
  const auto version = [](int number) {
    return counter_bundle("struct state { int n; int (*f)(void); };\nstatic int f(void) { return " + std::to_string(number) +
                              "; }",
                          "state->f = f;", "return state->n += n * state->f();");
  };
  load(version(10));
  {
    const auto one = make();
    ASSERT_THAT(runtime->reload(version(100)), Succeeds());
    EXPECT_EQ(one->add(one, 1), 10);
    EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(50)),
                FailsWith(Code::kBusy, HasSubstr("'b' generation 1")));
  }
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

TEST_F(Instances, AStateThatOnlyGrewIsAReasonToReload) {
  load(counter_bundle(kPlain));
  const auto one = make();
  EXPECT_EQ(one->add(one, 1), 1);
  ASSERT_THAT(runtime->reload(counter_bundle("struct state { int n; int more[64]; };")), Succeeds());
  EXPECT_EQ(one->add(one, 1), 2);
}

} // namespace
} // namespace graft
