// Which tests are run, in what order, and when that ends early.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const TestBundle &named() {
  static const TestBundle made("named_test.c", R"(
#include <graft/test.h>
GRAFT_TEST("reads") {}
GRAFT_TEST("reads slowly") {}
GRAFT_TEST("writes") {}
GRAFT_TEST("writes a[0] - twice") {}
)");
  return made;
}

struct Filter {
  std::vector<std::string> filters;
  const char *takes;
};
class Filters : public testing::TestWithParam<Filter> {};

TEST_P(Filters, TakeWhatGoogleTestsWould) {
  std::vector<std::string> words = {"--list"};
  for (const std::string &filter : GetParam().filters) words.insert(words.end(), {"--filter", filter});
  EXPECT_EQ(named().run(words).out, GetParam().takes);
}

constexpr const char *kReads = "sample.reads\n", *kSlowly = "sample.reads slowly\n", *kWrites = "sample.writes\n";
INSTANTIATE_TEST_SUITE_P(Each, Filters,
                         testing::Values(Filter{{"sample.reads"}, kReads}, Filter{{"*slow*"}, kSlowly},
                                         Filter{{"*.reads:*.writes"}, "sample.reads\nsample.writes\n"},
                                         Filter{{"*-*slow*"}, "sample.reads\nsample.writes\nsample.writes a[0] - twice\n"},
                                         Filter{{"-*slow*:*twice"}, "sample.reads\nsample.writes\n"},
                                         Filter{{"*reads*:*writes*-*slow*:*twice"}, "sample.reads\nsample.writes\n"},
                                         Filter{{"*reads*", "-*slow*"}, kReads},
                                         Filter{{"*.reads", "*.writes"}, "sample.reads\nsample.writes\n"},
                                         Filter{{"sample.write?"}, kWrites},
                                         Filter{{"*a[0]*"}, "sample.writes a[0] - twice\n"},
                                         Filter{{"sample.writes a[0] - twice"}, "sample.writes a[0] - twice\n"},
                                         Filter{{"sample.read"}, ""}, Filter{{"reads"}, ""}));

std::vector<std::string> order(const TestBundle &bundle, std::vector<std::string> words) {
  const json report = bundle.report(std::move(words));
  std::vector<std::string> names;
  for (const json &test : report.value("tests", json::array())) names.push_back(test.value("name", ""));
  return names;
}

TEST(Shuffle, PrintsASeedThatRepeatsTheOrder) {
  const TestBundle bundle("many_test.c", "#include <graft/test.h>\nstatic const int kNumbers[30];\n"
                                         "GRAFT_TEST_EACH(kNumbers, \"each\") { (void)param; }\n");
  const json shuffled = bundle.report({"--shuffle", "-j", "1"});
  ASSERT_TRUE(shuffled.contains("seed")) << shuffled;
  std::vector<std::string> names;
  for (const json &test : shuffled["tests"]) names.push_back(test["name"]);
  EXPECT_EQ(order(bundle, {"-j", "1", "--seed", std::to_string(shuffled["seed"].get<std::uint64_t>())}), names);
  std::ranges::sort(names);
  std::vector<std::string> plain = order(bundle, {"-j", "1"});
  std::ranges::sort(plain);
  EXPECT_EQ(plain, names) << "each once";
  const std::vector<std::string> twice = order(bundle, {"-j", "1", "--seed", "5", "--repeat", "2"});
  ASSERT_EQ(twice.size(), 60u);
  EXPECT_NE(std::vector(twice.begin(), twice.begin() + 30), std::vector(twice.begin() + 30, twice.end()))
      << "each round has an order of its own";
}

TEST(Shuffle, GoesOnInItsOrderBehindACrash) {
  const TestBundle bundle("crash_test.c", "#include <graft/test.h>\n#include <stdlib.h>\nstatic const int kNumbers[12];\n"
                                          "GRAFT_TEST_EACH(kNumbers, \"each\") { if (param - kNumbers == 5) abort(); }\n");
  const std::vector<std::string> names = order(bundle, {"-j", "1", "--seed", "3"});
  EXPECT_EQ(names.size(), 12u);
  EXPECT_EQ(order(bundle, {"-j", "1", "--seed", "3"}), names);
}

const TestBundle &failing() {
  static const TestBundle made(
      "stops_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"first\") {}\nGRAFT_TEST(\"second\") { EXPECT_EQ(1, 2); }\n"
                      "GRAFT_TEST(\"third\") {}\n");
  return made;
}

TEST(FailFast, EndsTheRunAtTheFirstFailure) {
  const Outcome outcome = failing().run({"--fail-fast", "-j", "1"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("sample.first"), HasSubstr("sample.second"), Not(HasSubstr("third")),
                                 HasSubstr("Note: stopped at the first failure")));
  const json report = failing().report({"--fail-fast", "-j", "1"});
  EXPECT_EQ(report["stopped_early"], true);
  EXPECT_EQ(report["tests"].size(), 2u);
  EXPECT_THAT(failing().run().out, AllOf(HasSubstr("third"), Not(HasSubstr("Note:"))));
}

TEST(FailFast, EndsARepeatedRunToo) {
  EXPECT_EQ(failing().report({"--fail-fast", "-j", "1", "--repeat", "1000"})["tests"].size(), 2u);
}

TEST(FailFast, TakesACrashAndABrokenBundleForFailures) {
  const TestBundle crash(
      "stops_test.c",
      "#include <graft/test.h>\n#include <stdlib.h>\nGRAFT_TEST(\"first\") { abort(); }\nGRAFT_TEST(\"second\") {}\n");
  EXPECT_EQ(crash.report({"--fail-fast", "-j", "1"})["tests"].size(), 1u);
  const TestBundle broken("stops_test.c", "no C\n");
  const Outcome outcome = graft({"test", "--fail-fast", "-j", "1", broken.path(), failing().path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, Not(HasSubstr("sample.first")));
}

TEST(Names, ThatTwoTestsHaveOrNoneAreRefusedWithTheirLines) {
  const TestBundle same("same_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"one\") {}\n\nGRAFT_TEST(\"one\") {}\n");
  EXPECT_THAT(same.run().err + same.run().out,
              testing::ContainsRegex("two tests are named 'one': at .*same_test.c:2 and at .*same_test.c:4"));
  EXPECT_EQ(same.run().status, 1);
  const TestBundle none("none_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"\") {}\n");
  EXPECT_THAT(none.run().out, testing::ContainsRegex("the test at .*none_test.c:2 has no name"));
}

TEST(Junit, IsAllThatStdoutSaysWhereItGoesThere) {
  EXPECT_THAT(named().run({"--junit", "-"}).out, AllOf(testing::StartsWith("<?xml"), testing::EndsWith("</testsuites>\n")));
  EXPECT_EQ(named().run({"--junit", "-", "--json"}).status, 2);
}

} // namespace
} // namespace graft::test
