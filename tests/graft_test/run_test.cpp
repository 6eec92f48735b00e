// Which tests are run, in which languages, and what an expectation that does not hold says.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kAdder = R"(
#include <graft/test.h>
static int add(int a, int b) { return a + b; }
int add_for_others(int a, int b) { return add(a, b); }
GRAFT_TEST("sees what is static") { EXPECT_EQ(add(1, 2), 3); }
)";
constexpr const char *kElsewhere = R"(
#include <graft/test.h>
int add_for_others(int a, int b);
GRAFT_TEST("sees what is not") { EXPECT_EQ(add_for_others(2, 2), 4); }
)";

TEST(GraftTest, RunsTestsOfTheSourceOfFilesBesideItAndOfTheFolderTests) {
  TestBundle bundle("adder.c", kAdder);
  bundle.add("adder_test.c", kElsewhere).add("tests/more.c", "#include <graft/test.h>\nGRAFT_TEST(\"in a folder\") {}\n");
  const Outcome outcome = bundle.run({"--list"});
  EXPECT_EQ(outcome.out, "sample.sees what is static\nsample.sees what is not\nsample.in a folder\n") << outcome.err;
  EXPECT_EQ(bundle.run().status, 0);
}

TEST(GraftTest, ALoadKnowsNothingOfTests) {
  const std::string code =
      "#include <graft/abi.h>\ngraft_status graft_init(const graft_host *host, const graft_init_context *context) "
      "{ return host && context ? GRAFT_OK : GRAFT_INVALID; }\nint add_for_others(int a, int b);\n"
      "int add_for_others(int a, int b) { return a + b; }\n";
  const TestBundle bare("adder.c", code);
  TestBundle tested("adder.c", code + "#include <graft/test.h>\n"
                                      "static const int kNumbers[] = {1, 2};\n"
                                      "GRAFT_TEST_EACH(kNumbers, \"adds\") { EXPECT_EQ(add_for_others(*param, 1), *param + "
                                      "1); FAIL(\"%d\", *param); }\n");
  tested.add("adder_test.c", "#include <graft/test.h>\nthis is no C");
  const json small = json::parse(graft({"inspect", bare.path(), "--json"}).out, nullptr, false);
  const json large = json::parse(graft({"inspect", tested.path(), "--json"}).out, nullptr, false);
  ASSERT_TRUE(small.contains("bytes")) << small;
  EXPECT_EQ(small["bytes"], large["bytes"]);
  EXPECT_EQ(small["symbols"].size(), large["symbols"].size()) << large["symbols"];
}

TEST(GraftTest, ExpectationsInCShowBothSides) {
  const TestBundle bundle("wrong_test.c", R"(
#include <graft/test.h>
static int add(int a, int b) { return a + b; }
GRAFT_TEST("numbers") { EXPECT_EQ(add(1, 2), 4); }
GRAFT_TEST("signs") { EXPECT_LT(-1, 1u); EXPECT_GT(-1, 1u); }
GRAFT_TEST("text") { EXPECT_STREQ("a\tb", graft_str_of("c")); }
GRAFT_TEST("near") { EXPECT_NEAR(1.5, 1.0, 0.25); }
GRAFT_TEST("truth") { EXPECT_TRUE(add(1, -1)); }
GRAFT_TEST("pointers") { int one = 1; int *p = &one; EXPECT_NE(p, NULL); EXPECT_EQ(p, NULL); }
GRAFT_TEST("goes on") { EXPECT_EQ('a', 'b'); EXPECT_LE(2.5f, 1.0); }
GRAFT_TEST("stops") { ASSERT_EQ(1, 2); FAIL("not reached"); }
GRAFT_TEST("says") { FAIL("%d of %s", 3, "four"); }
)");
  const json report = bundle.report();
  const auto text = [&](const char *name) { return failure(report, name).value("text", ""); };
  EXPECT_EQ(text("numbers"), "Expected equality of these values:\n  add(1, 2)\n    Which is: 3\n  4");
  EXPECT_EQ(failure(report, "numbers").value("line", 0), 4);
  EXPECT_EQ(text("signs"), "Expected: (-1) > (1u), actual: -1 vs 1");
  EXPECT_THAT(text("text"), AllOf(HasSubstr("\"a\\tb\""), HasSubstr("\"c\"")));
  EXPECT_THAT(text("near"), HasSubstr("is 0.5, more than 0.25"));
  EXPECT_EQ(text("truth"), "Value of: add(1, -1)\n  Actual: false\nExpected: true");
  EXPECT_THAT(text("pointers"), HasSubstr("Which is: 0x"));
  EXPECT_THAT(text("goes on"), HasSubstr("'a'"));
  EXPECT_EQ(text("says"), "3 of four");
  EXPECT_EQ(verdict(report, "stops"), "failed");
  for (const json &test : report["tests"]) EXPECT_EQ(test["failures"].size(), test["name"] == "goes on" ? 2 : 1) << test;
}

TEST(GraftTest, ExpectationsInCxxShowWhatTheyKnowOfATypesValue) {
  const TestBundle bundle("wrong_test.cpp", R"(
#include <graft/test.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>
namespace shop {
struct price { int cents; bool operator==(const price &) const = default; };
std::string to_string(const price &p) { return std::to_string(p.cents) + " cents"; }
struct opaque { int a; bool operator==(const opaque &) const = default; };
}
GRAFT_TEST("containers") { EXPECT_EQ((std::vector<int>{1, 2}), (std::vector<int>{1, 3})); }
GRAFT_TEST("maps") { EXPECT_EQ((std::map<std::string, int>{{"a", 1}}), (std::map<std::string, int>{})); }
GRAFT_TEST("optionals") { EXPECT_EQ(std::optional<int>(), 3); }
GRAFT_TEST("own") { EXPECT_EQ(shop::price{1}, shop::price{2}); }
GRAFT_TEST("opaque") { EXPECT_EQ(shop::opaque{1}, shop::opaque{2}); }
GRAFT_TEST("strings") { EXPECT_EQ(std::string("x"), "y"); }
GRAFT_TEST("throws nothing") { EXPECT_THROW((void)0, std::runtime_error); }
GRAFT_TEST("throws another") { EXPECT_THROW(throw std::logic_error("so"), std::runtime_error); }
GRAFT_TEST("throws") { EXPECT_NO_THROW(throw std::logic_error("so")); }
GRAFT_TEST("lets out") { throw std::runtime_error("out of soap"); }
GRAFT_TEST("any of them") { EXPECT_THROW(throw std::logic_error("so"), std::exception); }
)");
  EXPECT_EQ(verdict(bundle.report(), "any of them"), "passed");
  EXPECT_THAT(bundle.run().err, Not(HasSubstr("warning")));
  const json report = bundle.report();
  const auto text = [&](const char *name) { return failure(report, name).value("text", ""); };
  EXPECT_THAT(text("containers"), AllOf(HasSubstr("{1, 2}"), HasSubstr("{1, 3}")));
  EXPECT_THAT(text("maps"), HasSubstr("{(\"a\", 1)}"));
  EXPECT_THAT(text("optionals"), HasSubstr("nothing"));
  EXPECT_THAT(text("own"), HasSubstr("1 cents"));
  EXPECT_THAT(text("opaque"), HasSubstr("an object of 4 bytes"));
  EXPECT_THAT(text("strings"), HasSubstr("\"x\""));
  EXPECT_THAT(text("throws nothing"), HasSubstr("it throws nothing"));
  EXPECT_THAT(text("throws another"), HasSubstr("it throws so"));
  EXPECT_THAT(text("throws"), HasSubstr("it throws so"));
  EXPECT_THAT(text("lets out"), HasSubstr("out of soap"));
}

TEST(GraftTest, AFixtureIsMadeAnewForEachTestAndTakenDownWhateverHappens) {
  const TestBundle c("fixture_test.c", R"(
#include <graft/test.h>
#include <stdio.h>
struct box { int value; };
static void set_up(struct box *box) { puts("up"); box->value += 1; }
static void tear_down(struct box *box) { printf("down %d\n", box->value); }
GRAFT_FIXTURE(box, set_up, tear_down);
GRAFT_TEST_WITH(box, "first") { EXPECT_EQ(self->value, 1); self->value = 5; ASSERT_TRUE(0); }
static const int kNumbers[] = {10, 20};
GRAFT_TEST_WITH_EACH(box, kNumbers, "each") { EXPECT_EQ(self->value, 1); self->value += *param; }
)");
  const json report = c.report();
  ASSERT_EQ(report["tests"].size(), 3u) << report;
  for (const json &test : report["tests"])
    EXPECT_EQ(test.value("output", ""), test["name"] == "first"    ? "up\ndown 5\n"
                                        : test["name"] == "each/0" ? "up\ndown 11\n"
                                                                   : "up\ndown 21\n");
  const TestBundle cxx("fixture_test.cpp", R"(
#include <graft/test.h>
#include <cstdio>
#include <stdexcept>
struct box { int value = 1; ~box() { std::puts("destroyed"); } };
GRAFT_TEST_WITH(box, "throws") { throw std::runtime_error("on the way"); }
)");
  EXPECT_EQ(cxx.report()["tests"][0].value("output", ""), "destroyed\n");
}

TEST(GraftTest, CallsTheContractAsAHostDoes) {
  TestBundle bundle(
      "thing.h",
      "#include <graft/abi.h>\nGRAFT_CONTRACT(thing, \"test.thing\", 1, 0) { graft_status (*work)(int32_t *out); };\n");
  bundle
      .add("thing.cpp",
           "#include \"thing.h\"\n#include <stdexcept>\nstatic graft_status work(int32_t *out) { if (*out == 0) throw "
           "std::runtime_error(\"zero\"); *out += 1; return GRAFT_OK; }\nGRAFT_PROVIDE(thing, {.work = work});\n")
      .add("thing_test.c", "#include <graft/test.h>\n#include \"thing.h\"\nGRAFT_TEST(\"works\") { int32_t n = 1; "
                           "ASSERT_EQ(GRAFT_TESTED(thing)->work(&n), GRAFT_OK); EXPECT_EQ(n, 2); n = 0; "
                           "EXPECT_EQ(GRAFT_TESTED(thing)->work(&n), GRAFT_EXCEPTION); }\n")
      .add("graft.toml", "name = \"sample\"\nprovides = [\"test.thing@1.0\"]\npermissions = []\n");
  const json report = bundle.report();
  EXPECT_EQ(verdict(report, "works"), "passed") << report;
}

TEST(GraftTest, FiltersRepeatsAndShuffles) {
  const TestBundle bundle("many_test.c", R"(
#include <graft/test.h>
static const int kNumbers[40];
GRAFT_TEST_EACH(kNumbers, "each") { (void)param; }
GRAFT_TEST("slow one") { SKIP("not %s", "today"); }
)");
  EXPECT_EQ(bundle.run({"--list", "--filter", "sample.slow*"}).out, "sample.slow one\n");
  EXPECT_EQ(bundle.report({"--filter", "-*each*"})["skipped"], 1);
  EXPECT_EQ(bundle.report({"--filter", "*each/1*", "--repeat", "3"})["passed"], 33);
  const auto order = [&](const std::string &seed) {
    std::vector<std::string> names;
    const json report = bundle.report({"-j", "1", "--seed", seed});
    for (const json &test : report["tests"]) names.push_back(test["name"]);
    return names;
  };
  EXPECT_EQ(order("7"), order("7"));
  EXPECT_NE(order("7"), order("8"));
  EXPECT_THAT(bundle.run({"--shuffle"}).out, HasSubstr("Note: shuffled; --seed "));
}

TEST(GraftTest, PrintsAsPeopleKnowItAndSaysByItsExitCode) {
  const TestBundle good("good_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"holds\") {}\n");
  const Outcome passed = good.run();
  EXPECT_EQ(passed.status, 0);
  EXPECT_THAT(passed.out, AllOf(HasSubstr("[ RUN      ] sample.holds\n"), HasSubstr("[       OK ] sample.holds ("),
                                HasSubstr("[  PASSED  ] 1 test.\n"), Not(HasSubstr("\033"))));
  const TestBundle bad("bad_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"breaks\") { EXPECT_EQ(1, 2); }\n");
  const Outcome failed = bad.run();
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("bad_test.c:2: Failure\n"), HasSubstr("[  FAILED  ] 1 test, listed below:\n")));
  EXPECT_EQ(bad.run({"--timeout", "soon"}).status, 2);
}

TEST(GraftTest, SaysWhatIsWrongWithABundleThatHasNoTestsOrDoesNotLoad) {
  const TestBundle none("none.c", "int x;\n");
  EXPECT_THAT(none.run().err, HasSubstr("there are no tests; write GRAFT_TEST"));
  EXPECT_EQ(none.run().status, 1);
  EXPECT_THAT(TestBundle("one_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"a\") {}\n").run({"--filter", "b"}).err,
              HasSubstr("no test matches the filter"));
  const TestBundle wrong("wrong_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"a\") { EXPECT_EQ(missing, 1); }\n");
  const Outcome outcome = wrong.run();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("[  BROKEN  ]"), HasSubstr("wrong_test.c:2:"), HasSubstr("undeclared identifier 'missing'")));
  EXPECT_EQ(graft({"test", "/nowhere"}).status, 1);
}

TEST(GraftTest, BundlesOfTheTreePassTheirOwn) {
  const std::string plugins = std::string(GRAFT_SOURCE_DIR) + "/plugins_src/";
  const Outcome outcome = graft({"test", plugins + "greeter", plugins + "calculator"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("[  PASSED  ] 11 tests.\n"));
}

} // namespace
} // namespace graft::test
