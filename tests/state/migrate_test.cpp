// Kept variables whose type changed: what is carried over, how the plan says so, and what is refused.
#include "state.hpp"

namespace graft {
namespace {

using test::c_text;
using test::cxx_text;
using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class Migrate : public test::State {
 protected:
  /// The plan of a reload as text, then the reload.
  std::string reload(const MemoryBundle &bundle) {
    const auto plan = runtime->plan(bundle);
    EXPECT_THAT(plan, Succeeds());
    EXPECT_THAT(runtime->reload(bundle), Succeeds());
    return plan ? to_string(*plan) : "";
  }
};

TEST_F(Migrate, FieldsGoByTheirNames) {
  load(c_text("GRAFT_KEEP static struct { int a; short b; char gone; } s = {1, 2, 3};", "s.a += 10, s.b += 10, 0"));
  call();
  const std::string plan = reload(c_text("GRAFT_KEEP static struct { short b; long long a; int fresh; } s = {7, 7, 42};",
                                         "(int)(s.a * 10000 + s.b * 100 + s.fresh)"));
  EXPECT_EQ(call(), 111242);
  EXPECT_THAT(plan, AllOf(HasSubstr("state migrated"), HasSubstr("converted  s.a: int32_t -> int64_t (widened)"),
                          HasSubstr("moved      s.b: int16_t"), HasSubstr("new        s.fresh: int32_t (42)"),
                          HasSubstr("dropped    s.gone: char")));
}

TEST_F(Migrate, NumbersWiden) {
  load(c_text("#include <stdbool.h>\nGRAFT_KEEP static struct { signed char a; unsigned char b; float c; bool d; int e; "
              "unsigned f : 3; } s"
              " = {-5, 250, 1.5f, true, -9, 6};",
              "0"));
  reload(c_text("GRAFT_KEEP static struct { long a; short b; double c; int d; double e; unsigned f : 7; } s;",
                "s.a == -5 && s.b == 250 && s.c == 1.5 && s.d == 1 && s.e == -9 && s.f == 6"));
  EXPECT_EQ(call(), 1);
}

TEST_F(Migrate, ANumberThatMayNotFitIsRefusedWithBothDeclarations) {
  load(c_text("GRAFT_KEEP static struct { long points; } best = {5};", "(int)best.points"));
  const MemoryBundle narrow = c_text("GRAFT_KEEP static struct { int points; } best;", "best.points");
  EXPECT_THAT(runtime->reload(narrow),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("'best.points'"), HasSubstr("struct { long points; } best"),
                                                   HasSubstr("struct { int points; } best"), HasSubstr("may not fit"))));
  EXPECT_EQ(call(), 5);
  EXPECT_EQ(runtime->plan(narrow)->kind, PlanKind::kRefused);
}

/// The same bundle with a manifest.
MemoryBundle with(MemoryBundle bundle, const std::string &manifest) {
  bundle.files.push_back({"graft.toml", "name = \"" + bundle.name + "\"\n" + manifest});
  return bundle;
}

TEST_F(Migrate, ThePolicyResetBeginsAnew) {
  const std::string state = "GRAFT_KEEP static int count = 5;\nGRAFT_KEEP static int other = 5;";
  load(with(c_text(state, "++count * 10 + ++other"), "state = \"reset\"\n"));
  EXPECT_EQ(call(), 66);
  const std::string plan = reload(with(c_text(state, "count * 10 + other"), "state = \"reset\"\n"));
  EXPECT_EQ(call(), 55);
  EXPECT_THAT(plan, HasSubstr("bundle 'b': no state kept, 2 reset\n"));
  EXPECT_EQ(runtime->bundles().at(0).plan, "no state kept: 2 reset");
}

TEST_F(Migrate, OfStaticsOfOneNameThePlanSaysWhichFileTheyAreIn) {
  const auto version = [](const std::string &other) {
    MemoryBundle bundle = c_text("GRAFT_KEEP static int n = 1;\nint theirs(void);", "n * 10 + theirs()");
    bundle.files.push_back({other, "#include <graft/abi.h>\nGRAFT_KEEP static int n = 2;\nint theirs(void) { return n; }\n"});
    return bundle;
  };
  load(version("other.c"));
  EXPECT_THAT(reload(version("renamed.c")),
              AllOf(HasSubstr("(in place; in main.c)"), HasSubstr("(its initial value; in renamed.c)"),
                    HasSubstr("dropped    n: int32_t (in other.c)")));
}

TEST_F(Migrate, ThePolicyKeepRefusesWhatWouldBeConverted) {
  load(with(c_text("GRAFT_KEEP static int count = 5;", "count"), "state = \"keep\"\n"));
  EXPECT_THAT(runtime->reload(with(c_text("GRAFT_KEEP static long count;", "(int)count"), "state = \"keep\"\n")),
              FailsWith(Code::kIncompatible, HasSubstr("policy 'keep'")));
  EXPECT_EQ(call(), 5);
}

TEST_F(Migrate, ABundleSaysWhatItsLastReloadDid) {
  load(c_text("GRAFT_KEEP static int count = 5;", "count"));
  EXPECT_EQ(runtime->bundles().at(0).plan, "");
  reload(c_text("GRAFT_KEEP static long count;", "(int)count"));
  EXPECT_EQ(runtime->bundles().at(0).plan, "state migrated: 1 converted");
}

TEST_F(Migrate, EnumsGoByTheirEnumeratorsNames) {
  load(c_text("enum color { RED, GREEN, BLUE };\nGRAFT_KEEP static enum color c = BLUE;", "c = GREEN"));
  call();
  EXPECT_THAT(reload(c_text("enum color { BLUE, GREEN = 7, RED };\nGRAFT_KEEP static enum color c;", "c")),
              HasSubstr("by the enumerators' names"));
  EXPECT_EQ(call(), 7);
}

TEST_F(Migrate, AnEnumeratorThatIsGoneIsRefusedWhileItIsHeld) {
  load(c_text("enum color { RED, GREEN };\nGRAFT_KEEP static enum color c = RED;", "c = 1 - c"));
  call();
  const MemoryBundle without = c_text("enum color { RED };\nGRAFT_KEEP static enum color c;", "c + 5");
  EXPECT_THAT(runtime->reload(without), FailsWith(Code::kInvalid, HasSubstr("kept 'c' holds 1")));
  EXPECT_EQ(call(), 0);
  EXPECT_THAT(runtime->reload(without), Succeeds());
  EXPECT_EQ(call(), 5);
}

TEST_F(Migrate, AValueOfTwoNamesIsRefusedWhereTheNamesPart) {
  load(c_text("enum e { A = 1, B = 1, C = 2 };\nGRAFT_KEEP static enum e k = B;\nGRAFT_KEEP static enum e other = C;", "k"));
  for (const std::string now : {"A = 1, B = 5, C = 2", "B = 5, C = 2"}) {
    const MemoryBundle next =
        c_text("enum e { " + now + " };\nGRAFT_KEEP static enum e k;\nGRAFT_KEEP static enum e other;", "k");
    EXPECT_THAT(to_string(*runtime->plan(next)), HasSubstr("by the enumerators' names; refused while it is A = B"));
    EXPECT_THAT(runtime->reload(next), FailsWith(Code::kInvalid, HasSubstr("kept 'k' holds 1")));
  }
  reload(c_text("enum e { A = 5, B = 5, C = 2 };\nGRAFT_KEEP static enum e k;\nGRAFT_KEEP static enum e other;",
                "k + other"));
  EXPECT_EQ(call(), 7);
}

TEST_F(Migrate, ArraysGrowAndShrink) {
  load(c_text("GRAFT_KEEP static int a[2] = {1, 2}, b[3] = {3, 4, 5};", "0"));
  const std::string plan =
      reload(c_text("GRAFT_KEEP static int a[4] = {9, 9, 9, 9}, b[2];", "a[0] + a[1] + a[2] + a[3] + b[0] + b[1]"));
  EXPECT_EQ(call(), 1 + 2 + 9 + 9 + 3 + 4);
  EXPECT_THAT(plan, AllOf(HasSubstr("from [2] on, initial values"), HasSubstr("from [2] on, values are dropped")));
}

TEST_F(Migrate, LargeArraysAreCopiedAndConvertedWhole) {
  load(c_text("struct p { short x; char y; };\nGRAFT_KEEP static struct { struct p same[100000]; int wider[100000]; } s;",
              "(s.same[99999].x = -7, s.same[99999].y = 3, s.wider[99999] = -40000, 0)"));
  call();
  reload(c_text("struct p { short x; char y; };\nGRAFT_KEEP static struct { long wider[100000]; struct p same[100001]; } s;",
                "(int)(s.same[99999].x * 10 + s.same[99999].y + s.wider[99999] + s.same[100000].x)"));
  EXPECT_EQ(call(), -40067);
}

TEST_F(Migrate, NestedStructsAndArraysOfStructs) {
  load(c_text(
      "struct in { int x, y; };\nGRAFT_KEEP static struct { struct in a[2]; struct in *gone; } s = {{{1, 2}, {3, 4}}};",
      "0"));
  reload(c_text("struct in { int y; long x; };\nGRAFT_KEEP static struct { int first; struct in a[3]; } s;",
                "(int)(s.a[0].x * 1000 + s.a[0].y * 100 + s.a[1].x * 10 + s.a[1].y)"));
  EXPECT_EQ(call(), 1234);
}

TEST_F(Migrate, APointerToWhatChangedIsRefused) {
  load(c_text("struct node { int v; };\nGRAFT_KEEP static struct node *head;", "0"));
  EXPECT_THAT(runtime->reload(c_text("struct node { long v; };\nGRAFT_KEEP static struct node *head;", "1")),
              FailsWith(Code::kIncompatible, HasSubstr("laid out in another way")));
}

TEST_F(Migrate, AVariableThatAsksForMoreAlignmentMoves) {
  load(c_text("GRAFT_KEEP static int k[3] = {1, 2, 3};", "++k[2]"));
  EXPECT_EQ(call(), 4);
  const std::string plan = reload(c_text("GRAFT_KEEP _Alignas(4096) static int k[3];\nstatic void *volatile where;",
                                         "(where = k, (int32_t)((uintptr_t)where % 4096) * 10 + k[2])"));
  EXPECT_EQ(call(), 4);
  EXPECT_THAT(plan, AllOf(HasSubstr("state migrated"), HasSubstr("aligned to 4096 bytes now; its address changes")));
  EXPECT_THAT(reload(c_text("GRAFT_KEEP static int k[3];", "k[2]")), HasSubstr("in place"));
}

TEST_F(Migrate, APointerInAPackedStructIsSeen) {
  load(c_text("GRAFT_KEEP static struct __attribute__((packed)) { char c; const char *word; } s;",
              "(s.word = \"literal\") != 0"));
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->reload(c_text(
                  "GRAFT_KEEP static struct __attribute__((packed)) { char c; const char *word; int more; } s;", "0")),
              FailsWith(Code::kIncompatible, HasSubstr("'s' points at byte 1 into the memory of generation")));
}

TEST_F(Migrate, APointerIntoTheOldCodeIsRefusedWhileItIsThere) {
  load(c_text("GRAFT_KEEP static struct { const char *word; } s;", "(s.word = s.word ? 0 : \"literal\") != 0"));
  EXPECT_EQ(call(), 1);
  const MemoryBundle longer = c_text("GRAFT_KEEP static struct { const char *word; int more; } s;", "s.word != 0");
  EXPECT_THAT(runtime->reload(longer),
              FailsWith(Code::kIncompatible, HasSubstr("'s' points at byte 0 into the memory of generation")));
  EXPECT_EQ(call(), 0);
  EXPECT_THAT(runtime->reload(longer), Succeeds());
}

const std::string kLibrary = "#include <map>\n#include <memory>\n#include <string>\n#include <vector>\n";

TEST_F(Migrate, CxxFieldsAreCopiedByTheirOwnConstructors) {
  load(cxx_text(
      kLibrary +
          "struct state { std::string name = \"a name that is too long for the object itself\"; std::vector<int> v; };\n"
          "GRAFT_KEEP state s;\n",
      "(s.v.push_back(5), (int)s.v.size())"));
  call();
  const std::string plan = reload(cxx_text(kLibrary + "struct state { int fresh = 3; std::vector<int> v; std::map<int, int> "
                                                      "m{{1, 2}}; std::string name; };\nGRAFT_KEEP state s;\n",
                                           "(int)(s.name.size() * 1000 + s.v.at(0) * 100 + s.m[1] * 10 + s.fresh)"));
  EXPECT_EQ(call(), 45523);
  EXPECT_THAT(plan, HasSubstr("by its copy constructor"));
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds()); // and the old object was destroyed
}

TEST_F(Migrate, AClassThatCannotBeCopiedIsRefused) {
  const std::string state = kLibrary + "struct state { std::vector<std::unique_ptr<int>> v; EXTRA };\nGRAFT_KEEP state s;\n";
  const auto with = [&](const std::string &extra) {
    std::string text = state;
    return cxx_text(text.replace(text.find("EXTRA"), 5, extra), "1");
  };
  load(with(""));
  EXPECT_THAT(runtime->reload(with("int more;")),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("'s.v'"), HasSubstr("cannot be copied"))));
}

/// What containers hold behind their nodes, which no field of theirs shows.
std::string containers_of(const std::string &item, const std::string &color, const std::string &base) {
  return kLibrary +
         "#include <forward_list>\n#include <list>\n#include <set>\n#include <unordered_map>\n#include <utility>\n"
         "struct item { " +
         item + " bool operator<(const item &o) const { return a < o.a; } };\nenum class color { " + color +
         " };\nstruct base { virtual ~base() = default; " + base +
         " };\nstruct table { int rows; std::map<int, std::pair<int, item>> all; };\n"
         "GRAFT_KEEP static std::map<int, item> map;\nGRAFT_KEEP static std::set<item> set;\n"
         "GRAFT_KEEP static std::list<item> list;\nGRAFT_KEEP static std::forward_list<item> forward;\n"
         "GRAFT_KEEP static std::unordered_map<int, color> colors;\nGRAFT_KEEP static std::map<color, int> by_color;\n"
         "GRAFT_KEEP static std::map<int, item *> pointers;\nGRAFT_KEEP static std::vector<std::map<int, item>> nested;\n"
         "GRAFT_KEEP static table in_a_struct;\nGRAFT_KEEP static std::map<int, std::shared_ptr<base>> bases;\n";
}

TEST_F(Migrate, AContainerIsRefusedWhenWhatItsNodesHoldChanged) {
  load(cxx_text(containers_of("int a;", "red, green", "virtual int f() { return 1; }"), "1"));
  const std::string two = "virtual int g() { return 2; } virtual int f() { return 1; }";
  const auto next = cxx_text(containers_of("int a; int b;", "green, red", two), "2");
  const auto plan = runtime->plan(next);
  ASSERT_THAT(plan, Succeeds());
  for (const char *name : {"map", "set", "list", "forward", "colors", "by_color", "nested", "in_a_struct.all", "bases"})
    EXPECT_THAT(to_string(*plan), HasSubstr("refused    " + std::string(name) + ": ")) << name;
  EXPECT_THAT(to_string(*plan), HasSubstr("refused    pointers: "));
  EXPECT_THAT(runtime->reload(next),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("kept 'map'"), HasSubstr("'struct item' inside changed"))));
  EXPECT_EQ(call(), 1);
}

TEST_F(Migrate, AContainerStaysInPlaceWhenWhatItsNodesHoldStayed) {
  const std::string held = containers_of("int a;", "red, green", "virtual int f() { return 1; }");
  load(cxx_text(held, "1"));
  const std::string plan = reload(cxx_text(
      "int more;\n" + held, "(map[1].a = 1, set.insert(item{3}), list.push_back({4}), nested.push_back(map), "
                            "bases[2] = std::make_shared<base>(), bases[2]->f() + 1)"));
  EXPECT_THAT(plan, AllOf(HasSubstr("state kept"), HasSubstr("in place"), testing::Not(HasSubstr("its address changes"))));
  EXPECT_EQ(call(), 2);
}

TEST_F(Migrate, APointerToAClassWhoseVirtualFunctionsChangedIsRefused) {
  const auto version = [](const std::string &extra) {
    return cxx_text("struct part { virtual ~part() = default; int v = 1; " + extra +
                        " };\nstruct whole { virtual ~whole() = default; part *p = nullptr; };\n"
                        "GRAFT_KEEP static part *direct;\nGRAFT_KEEP static whole *through;\n",
                    "1");
  };
  load(version(""));
  const auto plan = runtime->plan(version("int more = 2;"));
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(to_string(*plan), AllOf(HasSubstr("refused    direct: "), HasSubstr("refused    through: ")));
}

TEST_F(Migrate, AClassThatSaysHowItIsCopiedOrDestroyedIsRefusedWhenItChanges) {
  const auto version = [](const std::string &extra) {
    return cxx_text("struct owner { char *p = new char[8]; " + extra +
                        " owner() = default; owner(const owner &) : owner() {} ~owner() { delete[] p; } };\n"
                        "struct self { int a = 1; " +
                        extra +
                        " int *p = &a; self() = default; self(const self &o) : a(o.a) {} };\n"
                        "struct outer { self s; };\nGRAFT_KEEP static owner o;\nGRAFT_KEEP static outer inside;\n",
                    "1");
  };
  load(version(""));
  const auto plan = runtime->plan(version("int more = 2;"));
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(to_string(*plan), AllOf(HasSubstr("refused    o: "), HasSubstr("refused    inside.s: ")));
  EXPECT_THAT(runtime->reload(version("int more = 2;")),
              FailsWith(Code::kIncompatible,
                        AllOf(HasSubstr("kept 'o'"), HasSubstr("says itself how it is copied or destroyed"),
                              HasSubstr("write GRAFT_MIGRATE"))));
}

TEST_F(Migrate, TheAuthorsOwnFunctionDecidesForItsType) {
  load(c_text("struct score { int half; };\nGRAFT_KEEP static struct { struct score s; int other; } state = {{21}, 5};",
              "0"));
  const std::string plan =
      reload(c_text("struct score_v1 { int half; };\nstruct score { char points; };\n"
                    "GRAFT_MIGRATE(struct score, struct score_v1, to, from) { to->points = (char)(from->half * 2); }\n"
                    "GRAFT_KEEP static struct { int other; struct score s; } state;",
                    "state.s.points + state.other"));
  EXPECT_EQ(call(), 47);
  EXPECT_THAT(plan, HasSubstr("by GRAFT_MIGRATE at main.c:5"));
}

TEST_F(Migrate, AnAuthorsFunctionThatDoesNotApplyIsNamedWithWhatChanged) {
  load(cxx_text(kLibrary + "struct item { int a; };\nGRAFT_KEEP static std::vector<item> v;\n", "1"));
  EXPECT_THAT(runtime->reload(cxx_text(kLibrary + "struct item { int a, b; };\nstruct item_v1 { int a; };\n"
                                                  "GRAFT_KEEP static std::vector<item> v;\n"
                                                  "GRAFT_MIGRATE(std::vector<item>, std::vector<item_v1>, to, from) {\n"
                                                  "  for (const item_v1 &one : *from) to->push_back({one.a, 0});\n}\n",
                                       "2")),
              FailsWith(Code::kIncompatible,
                        AllOf(HasSubstr("'struct item' inside changed"), HasSubstr("the GRAFT_MIGRATE at main.cpp:"),
                              HasSubstr("is not used, for 'struct std::vector<item_v1>' is not what"))));
}

TEST_F(Migrate, WhatRunsOutOfStackOnItsWayLeavesTheOldSideAsItWas) {
  const std::string deep = "static int deep(int n) { volatile int frame = n; return n == 0 ? 0 : deep(n + 1) + frame; }\n";
  load(c_text("GRAFT_KEEP static struct { int n; } s = {4};", "s.n"));
  const auto ran_out = FailsWith(Code::kStackLimit, HasSubstr("ran out of stack"));
  EXPECT_THAT(runtime->reload(c_text(deep + "struct t { long n; }; struct old { int n; };\n"
                                            "GRAFT_MIGRATE(struct t, struct old, to, from) { to->n = from->n + deep(1); }\n"
                                            "GRAFT_KEEP static struct t s;",
                                     "(int)s.n")),
              ran_out);
  EXPECT_THAT(runtime->reload(c_text(deep + "graft_status graft_probe(void) { return deep(1); }", "1")), ran_out);
  EXPECT_EQ(call(), 4);
}

TEST_F(Migrate, ACopyThatThrowsLeavesTheOldSideAsItWas) {
  const std::string part = "struct part { int v = 1; bool thrower = true; part() = default; part(const part &o) : v(o.v) { "
                           "if (o.thrower) throw 7; }"
                           " ~part() {} };\n";
  load(cxx_text(part + "struct state { part p; };\nGRAFT_KEEP state s;\n", "++s.p.v"));
  EXPECT_EQ(call(), 2);
  EXPECT_THAT(runtime->reload(cxx_text(part + "struct state { part p; int more; };\nGRAFT_KEEP state s;\n", "s.p.v")),
              FailsWith(Code::kException, HasSubstr("copying it threw an object of type int")));
  EXPECT_EQ(call(), 3);
}

TEST_F(Migrate, AClassWithVirtualFunctionsStaysOrIsRefused) {
  const auto version = [](const std::string &extra, const std::string &answer) {
    return cxx_text("struct base { virtual int f() { return 1; } " + extra +
                        " virtual ~base() = default; int v = 3; };\nGRAFT_KEEP base b;\n",
                    answer);
  };
  load(version("", "b.v"));
  EXPECT_THAT(runtime->reload(version("virtual int g() { return 2; }", "b.v")),
              FailsWith(Code::kIncompatible, HasSubstr("virtual functions changed")));
}

TEST_F(Migrate, WhatIsDroppedIsDestroyedByTheOldCode) {
  static int ended = 0;
  load(cxx_text("struct noisy { ~noisy() { ++*(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&ended)) +
                    "ul; } };\nGRAFT_KEEP noisy n;\n",
                "0"));
  EXPECT_THAT(reload(cxx_text("", "1")), HasSubstr("dropped    n: "));
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(ended, 1);
}

} // namespace
} // namespace graft
