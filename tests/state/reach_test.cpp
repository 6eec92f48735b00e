// Kept state that leads to old code through memory that it points at: the old code stays until that state is gone, and no
// longer.
#include "instances.hpp"
#include "state.hpp"

#include <cstdlib>
#include <utility>

namespace graft {
namespace {

using test::c_text;
using test::cxx_text;
using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class Reach : public test::State {
 protected:
  void reload(const MemoryBundle &bundle) { ASSERT_THAT(runtime->reload(bundle), Succeeds()); }
  void expect_held(const std::string &through, const MemoryBundle &next) {
    EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(20)),
                FailsWith(Code::kBusy,
                          AllOf(HasSubstr("kept state of newer code that may reach it"), HasSubstr("'b' generation 1"))));
    EXPECT_THAT(to_string(*runtime->plan(next)),
                HasSubstr("the old code stays mapped, which it may reach through " + through));
  }
  void expect_gone() { EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds()); }
  void unload() {
    bound.reset();
    ASSERT_THAT(runtime->unload("b"), Succeeds());
    expect_gone();
  }
};

TEST_F(Reach, AnObjectOfAnOldClassAnswersOnThroughItsPointer) {
  static int ended[4];
  const auto version = [](int number) {
    return cxx_text(
        "#include <memory>\n#include <vector>\nstruct shape { virtual int sides() = 0; virtual ~shape() = default; };\n"
        "struct square : shape { int sides() override { return " +
            std::to_string(number) + "; } ~square() { ++*(int *)" +
            std::to_string(reinterpret_cast<std::uintptr_t>(&ended[number])) +
            "ul; } };\nGRAFT_KEEP std::vector<std::unique_ptr<shape>> all;\n",
        "[] { all.push_back(std::make_unique<square>()); int n = 0; for (auto &one : all) n = n * 10 + one->sides();"
        " return n; }()");
  };
  load(version(1));
  EXPECT_EQ(call(), 1);
  reload(version(2));
  EXPECT_EQ(call(), 12);
  expect_held("virtual functions of 'shape'", version(3));
  reload(version(3));
  EXPECT_EQ(call(), 123);
  EXPECT_EQ(runtime->bundles().at(0).retired, 2u);
  unload(); // by the newest code, while all of it is there
  EXPECT_EQ(ended[1] * 100 + ended[2] * 10 + ended[3], 111);
}

TEST_F(Reach, AFunctionObjectIsCalledOn) {
  const auto version = [](int number) {
    return cxx_text("#include <functional>\n#include <map>\n#include <string>\nGRAFT_KEEP static std::map<std::string, "
                    "std::function<int()>> hooks;\n",
                    "(hooks.emplace(\"first\", [] { return " + std::to_string(number) + "; }), hooks.at(\"first\")())");
  };
  load(version(1));
  EXPECT_EQ(call(), 1);
  reload(version(2));
  expect_held("std::function", version(3));
  EXPECT_EQ(call(), 1);
  unload();
}

/// What kept pointers of C point at, nobody frees: the host does, once the plugin is gone.
class ReachOfC : public Reach {
 protected:
  void TearDown() override { std::free(std::exchange(made, nullptr)); }

  static inline void *made = nullptr;
  const std::string heap_struct =
      "#include <stdlib.h>\nstruct node { int (*f)(void); const char *name; };\nstatic struct node *make(void) {"
      " return *(struct node **)" +
      std::to_string(reinterpret_cast<std::uintptr_t>(&made)) + "ul = malloc(sizeof(struct node)); }\n";
};

TEST_F(ReachOfC, AStructOnTheHeapMayHoldFunctionsAndLiterals) {
  const auto version = [&](int number) {
    return c_text(heap_struct + "GRAFT_KEEP static struct node *head;\nstatic int f(void) { return " +
                      std::to_string(number) + "; }\n",
                  "(head ? 0 : (head = make(), head->f = f, head->name = \"x" + std::to_string(number) +
                      "\", 0), head->f() * 1000 + head->name[1])");
  };
  load(version(1));
  EXPECT_EQ(call(), 1000 + '1');
  reload(version(2));
  expect_held("'int (*)(void)'", version(3));
  EXPECT_EQ(call(), 1000 + '1');
  unload();
}

TEST_F(ReachOfC, ItGoesOnThroughAMigration) {
  const auto version = [&](const std::string &fields, int number) {
    return c_text(heap_struct + "GRAFT_KEEP static struct { " + fields +
                      " struct node *head; } s;\nstatic int f(void) { return " + std::to_string(number) + "; }\n",
                  "(s.head ? 0 : (s.head = make(), s.head->f = f, 0), s.head->f())");
  };
  load(version("", 1));
  EXPECT_EQ(call(), 1);
  reload(version("int more;", 2));
  expect_held("'int (*)(void)'", version("", 3));
  reload(version("", 3));
  EXPECT_EQ(call(), 1);
  unload();
}

TEST_F(Reach, ContainersOfPlainValuesHoldNothing) {
  const std::string state =
      "#include <map>\n#include <memory>\n#include <string>\n#include <vector>\n"
      "struct all { std::map<std::string, std::vector<int>> m; std::unique_ptr<std::string> p; int *raw; };\n"
      "GRAFT_KEEP static all s;\n";
  load(cxx_text(state, "(s.m[\"a\"].push_back(1), (int)s.m.size())"));
  EXPECT_EQ(call(), 1);
  reload(cxx_text(state, "(int)s.m.at(\"a\").at(0)"));
  expect_gone();
  EXPECT_EQ(call(), 1);
}

TEST_F(Reach, DroppingTheVariableLetsTheOldCodeGo) {
  const std::string state = "#include <functional>\nGRAFT_KEEP static std::function<int()> f;\n";
  load(cxx_text(state, "(f = [] { return 5; }, f())"));
  EXPECT_EQ(call(), 5);
  reload(cxx_text(state, "f()"));
  EXPECT_EQ(call(), 5);
  reload(cxx_text("", "3"));
  expect_gone();
  EXPECT_EQ(call(), 3);
}

TEST_F(Reach, TooManyHeldGenerationsEndInAnErrorThatSaysWhatHoldsThem) {
  Config config;
  config.retired_limit = 2;
  runtime = Runtime::create(config);
  const auto version = [](int number) {
    return cxx_text("#include <functional>\nGRAFT_KEEP static std::function<int()> f;\n", std::to_string(number));
  };
  load(version(1));
  reload(version(2));
  reload(version(3));
  EXPECT_THAT(runtime->reload(version(4)),
              FailsWith(Code::kBusy, AllOf(HasSubstr("2 older generations that are still held"),
                                           HasSubstr("kept state of newer code that may reach it"))));
  EXPECT_EQ(call(), 3);
}

class ReachOfInstances : public test::Counters {};

TEST_F(ReachOfInstances, AnInstanceHoldsTheCodeThatItSawAndNoOther) {
  const auto version = [](int number) {
    return test::counter_cxx(
        "#include <functional>\n#include <memory>\nstruct state { int n; std::unique_ptr<std::function<int()>> f; state() : "
        "n(0), f(new std::function<int()>([] { return " +
        std::to_string(number) + "; })) { n = (*f)(); } ~state() { if (f) (*f)(); } };");
  };
  load(version(1));
  {
    const auto one = make();
    ASSERT_THAT(runtime->reload(version(2)), Succeeds());
    EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(20)),
                FailsWith(Code::kBusy, HasSubstr("'b' generation 1")));
  }
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  const auto two = make();
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

} // namespace
} // namespace graft
