// Kept variables whose type stays the same: they stay where they are, and nothing runs on them.
#include "state.hpp"

namespace graft {
namespace {

using test::answering;
using test::c_text;
using test::cxx_text;
using test::Succeeds;

class Keep : public test::State {};

TEST_F(Keep, AStaticOfCCountsOnAcrossAReload) {
  load(c_text("GRAFT_KEEP static int count = 5;", "++count"));
  EXPECT_EQ(call(), 6);
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static int count = 99;", "count += 10")), Succeeds());
  EXPECT_EQ(call(), 16);
}

TEST_F(Keep, AVariableThatIsNotKeptStartsAnew) {
  load(c_text("static int count = 5;", "++count"));
  EXPECT_EQ(call(), 6);
  ASSERT_THAT(runtime->reload(c_text("static int count = 5;", "1 + count++")), Succeeds());
  EXPECT_EQ(call(), 6);
}

TEST_F(Keep, TheAddressStaysTheSame) {
  const std::string low = "(int32_t)(uintptr_t)&state";
  load(c_text("GRAFT_KEEP struct { double d[4]; char c; } state;", low));
  const int before = call();
  ASSERT_THAT(runtime->reload(c_text("int more = 3;\nGRAFT_KEEP struct { double d[4]; char c; } state;", low)), Succeeds());
  EXPECT_EQ(call(), before);
}

TEST_F(Keep, ArraysStructsAndNestedStructsStay) {
  const std::string state =
      "struct inner { short s; double d; };\n"
      "GRAFT_KEEP static struct { struct inner in[3]; unsigned bit : 3; } table[2] = {{{{1, 2.0}}, 3}};\n";
  load(c_text(state, "table[1].in[2].s = 40, table[0].in[0].s + table[0].bit"));
  EXPECT_EQ(call(), 4);
  ASSERT_THAT(runtime->reload(c_text(state, "table[1].in[2].s + table[0].in[0].s + (int)table[0].in[0].d")), Succeeds());
  EXPECT_EQ(call(), 43);
}

TEST_F(Keep, AtEveryOptimisationLevel) {
  for (unsigned level = 0; level <= 3; ++level) {
    Config config;
    config.optimise = level;
    runtime = Runtime::create(config);
    load(cxx_text("#include <string>\nGRAFT_KEEP static std::string s = \"ab\";\nGRAFT_KEEP static int n = 3;\n",
                  "(s += 'x', n += (int)s.size())"));
    EXPECT_EQ(call(), 6);
    ASSERT_THAT(runtime->reload(
                    cxx_text("#include <string>\nGRAFT_KEEP static std::string s = \"ab\";\nGRAFT_KEEP static int n = 3;\n",
                             "n + 100 * (int)s.size()")),
                Succeeds());
    EXPECT_EQ(call(), 306) << "-O" << level;
    bound.reset();
  }
}

const std::string kCounted = "extern \"C\" int puts(const char *);\n"
                             "GRAFT_KEEP static int made, ended;\n"
                             "struct counted { int value; counted(int v) : value(v) { ++made; }\n"
                             "  counted(const counted &o) : value(o.value) { ++made; } ~counted() { ++ended; } };\n"
                             "static int start() { return 7; }\n"
                             "GRAFT_KEEP counted one(start());\nGRAFT_KEEP static counted two[2] = {start(), 2};\n";

TEST_F(Keep, CxxObjectsAreConstructedOnceAndNotDestroyedByAReload) {
  load(cxx_text(kCounted, "made * 100 + ended * 10 + two[1].value++"));
  EXPECT_EQ(call(), 302);
  ASSERT_THAT(runtime->reload(cxx_text(kCounted, "made * 100 + ended * 10 + two[1].value")), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(call(), 303);
}

TEST_F(Keep, UnloadingRunsTheLiveGenerationsDestructorsOnce) {
  static int ended[3];
  const std::string place = "((int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&ended[0])) + "ul)";
  const auto version = [&](int number) {
    return cxx_text("#include <vector>\nstruct noisy { std::vector<int> v{1, 2, 3}; ~noisy() { ++" + place + "[" +
                        std::to_string(number) + "]; } };\nGRAFT_KEEP static noisy n;\n",
                    "(int)n.v.size()");
  };
  load(version(1));
  ASSERT_THAT(runtime->reload(version(2)), Succeeds());
  EXPECT_EQ(call(), 3);
  bound.reset();
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  ASSERT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(ended[1], 0);
  EXPECT_EQ(ended[2], 1);
}

TEST_F(Keep, InitialisersRunInTheAuthorsOrder) {
  load(cxx_text(
      "static int first = [] { return 4; }();\nGRAFT_KEEP int second = first * 2;\nstatic int third = second + 1;\n",
      "third * 10 + second"));
  EXPECT_EQ(call(), 98);
}

TEST_F(Keep, TwoFilesMayKeepStaticsOfOneName) {
  const auto files = [](const std::string &step) {
    return MemoryBundle{
        "b",
        {{"one.c", "#include <graft/abi.h>\nGRAFT_KEEP static int count = 1;\nGRAFT_KEEP int shared = 1000;\n"
                   "int one(void); int one(void) { return count += " +
                       step + "; }\n"},
         {"two.c", answering("GRAFT_KEEP static int count = 100;\nint one(void);\nextern int shared;",
                             "(count += " + step + ") + one() + shared++")}}};
  };
  load(files("1"));
  EXPECT_EQ(call(), 1103);
  ASSERT_THAT(runtime->reload(files("2")), Succeeds());
  EXPECT_EQ(call(), 1108);
}

TEST_F(Keep, NamespacesAndMembersOfTheLibraryWork) {
  const std::string state = "#include <map>\n#include <memory>\n#include <string>\n#include <vector>\n"
                            "namespace game { namespace { struct state { std::map<std::string, std::vector<int>> all;\n"
                            "  std::vector<std::unique_ptr<int>> owned; int *raw; };\n"
                            "GRAFT_KEEP state s; } }\nusing game::s;\n";
  load(cxx_text(
      state,
      "s.all[\"a key that is long enough for the heap\"].push_back(1), s.owned.push_back(nullptr), (int)s.owned.size()"));
  EXPECT_EQ(call(), 1);
  ASSERT_THAT(runtime->reload(cxx_text(state, "(int)(s.all.begin()->second.size() * 10 + s.owned.size())")), Succeeds());
  EXPECT_EQ(call(), 11);
}

TEST_F(Keep, ContainersOfWhatCannotBeCopiedStay) {
  const std::string state = "#include <atomic>\n#include <list>\n#include <map>\n#include <memory>\n#include <mutex>\n"
                            "#include <string>\n#include <unordered_map>\nstruct locked { std::mutex m; int a = 1; };\n"
                            "GRAFT_KEEP static std::map<std::string, std::unique_ptr<int>> owned;\n"
                            "GRAFT_KEEP static std::unordered_map<int, locked> all;\n"
                            "GRAFT_KEEP static std::list<std::atomic<int>> counts;\n";
  load(cxx_text(state, "(owned[\"a\"] = std::make_unique<int>(3), all[1].a = 4, counts.emplace_back(5), 1)"));
  EXPECT_EQ(call(), 1);
  ASSERT_THAT(runtime->reload(cxx_text(state, "*owned[\"a\"] * 100 + all[1].a * 10 + counts.front()")), Succeeds());
  EXPECT_EQ(call(), 345);
}

TEST_F(Keep, AFailedReloadLeavesTheStateAlone) {
  load(cxx_text(kCounted, "made * 100 + ended * 10 + two[1].value++"));
  EXPECT_EQ(call(), 302);
  EXPECT_FALSE(runtime->reload(
      cxx_text(kCounted + "GRAFT_KEEP counted three(3);\n"
                          "graft_status graft_init(const graft_host *, const graft_init_context *) { return 7; }\n",
               "0")));
  EXPECT_EQ(call(), 413); // `three` came and went, and the rest is as it was
}

TEST_F(Keep, AnObjectWhoseConstructorThrewIsNotDestroyed) {
  load(cxx_text(kCounted, "made * 100 + ended * 10"));
  EXPECT_FALSE(runtime->reload(cxx_text(
      kCounted + "struct thrower { counted part; thrower() : part(1) { throw 1; } };\nGRAFT_KEEP static thrower t;\n",
      "0")));
  EXPECT_EQ(call(), 410); // its part came and went with the constructor
}

TEST_F(Keep, CodeThatAKeptObjectPointsIntoStaysMappedUntilTheObjectIsGone) {
  const auto version = [](int number) {
    return c_text("static int f(void) { return " + std::to_string(number) +
                      "; }\n"
                      "GRAFT_KEEP static int (*hook)(void);\nGRAFT_KEEP static const char *word;\n",
                  "(hook = hook ? hook : f, word = word ? word : \"literal" + std::to_string(number) +
                      "\", hook() * 1000 + word[7])");
  };
  load(version(1));
  EXPECT_EQ(call(), 1000 + '1');
  ASSERT_THAT(runtime->reload(version(2)), Succeeds());
  ASSERT_THAT(runtime->reload(version(3)), Succeeds());
  EXPECT_EQ(call(), 1000 + '1');
  EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(100)),
              test::FailsWith(Code::kBusy, testing::HasSubstr("'b' generation 1")));
  EXPECT_EQ(runtime->bundles().front().retired, 1u);
  bound.reset();
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

TEST_F(Keep, ObjectsWithVirtualFunctionsGoOnInTheCodeThatMadeThem) {
  static int ended = 0;
  const auto version = [](int number) {
    return cxx_text("struct base { virtual int f() { return v * 10 + " + std::to_string(number) +
                        "; } virtual ~base() { ++*(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&ended)) +
                        "ul; } int v = 4; };\nGRAFT_KEEP base b;\n"
                        "base *volatile p = &b;\n",
                    "p->f()");
  };
  load(version(1));
  ASSERT_THAT(runtime->reload(version(2)), Succeeds());
  EXPECT_EQ(call(), 41);
  bound.reset();
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(ended, 1);
}

TEST_F(Keep, AVariableIsAlignedAsItAsksFor) {
  load(c_text("GRAFT_KEEP static char first;\nGRAFT_KEEP _Alignas(4096) static float k[3];\nstatic void *volatile where;",
              "(first = 1, where = k, (int32_t)((uintptr_t)where % 4096))"));
  EXPECT_EQ(call(), 0);
}

TEST_F(Keep, CodeThatAPackedStructPointsIntoStaysMapped) {
  const auto version = [](const std::string &answer) {
    return c_text("GRAFT_KEEP static struct __attribute__((packed)) { char c; const char *word; } k[3];", answer);
  };
  load(version("(k[2].word = \"literal1\", k[2].word[7])"));
  EXPECT_EQ(call(), '1');
  ASSERT_THAT(runtime->reload(version("1000 + k[2].word[7]")), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(100)),
              test::FailsWith(Code::kBusy, testing::HasSubstr("'b' generation 1")));
  EXPECT_EQ(call(), 1000 + '1');
}

TEST_F(Keep, EndingTheRuntimeEndsItsObjects) {
  static int ended = 0;
  load(cxx_text("struct noisy { ~noisy() { ++*(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&ended)) +
                    "ul; } };\nGRAFT_KEEP static noisy n;\n",
                "0"));
  bound.reset();
  runtime = Runtime::create();
  EXPECT_EQ(ended, 1);
}

} // namespace
} // namespace graft
