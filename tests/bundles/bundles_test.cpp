// Every shipped bundle, called as its README calls it.
#include "bundles.hpp"
#include "checksum.h"
#include "matchers.hpp"

#include <graft/call.hpp>
#include <graft/runtime.hpp>

#include <algorithm>

namespace graft {
namespace {

using test::FailsWith;
using test::shipped;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class Bundles : public testing::Test {
 protected:
  void load(const std::string &name) {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(shipped(name)), Succeeds());
  }
  Result<CallOutcome> call(const std::string &target, const std::vector<std::string> &arguments) {
    return call_by_name(**runtime, target, arguments);
  }
  /// The JSON of what came back: the outputs' object, or the returned value.
  std::string answer(const std::string &target, const std::vector<std::string> &arguments) {
    const auto outcome = call(target, arguments);
    EXPECT_THAT(outcome, Succeeds());
    if (!outcome) return "";
    EXPECT_EQ((*outcome).status, GRAFT_OK);
    return (*outcome).result.empty() ? (*outcome).outputs : (*outcome).result;
  }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(Bundles, GreeterGreets) {
  load("greeter");
  EXPECT_EQ(answer("demo.greeter.greet", {"world"}), R"({"out":"Hello, world!"})");
}

TEST_F(Bundles, GreeterRefusesAnEmptyName) {
  load("greeter");
  const auto outcome = call("demo.greeter.greet", {""});
  EXPECT_TRUE(outcome ? (*outcome).status == GRAFT_INVALID : outcome.code() == Code::kInvalid);
}

TEST_F(Bundles, CalculatorEvaluatesAndExplains) {
  load("calculator");
  EXPECT_EQ(answer("demo.calculator.evaluate", {"2 * (3 + 4) ^ 2"}), R"({"result":98.0})");
  EXPECT_EQ(answer("demo.calculator.explain", {"2 * (3 + 4) ^ 2"}), R"({"out":"2 3 4 + 2 ^ *"})");
}

TEST_F(Bundles, CalculatorsExceptionsArriveAsErrorsWithTheirText) {
  load("calculator");
  EXPECT_THAT(call("demo.calculator.evaluate", {"2 * (3 +"}),
              FailsWith(Code::kException, HasSubstr("column 9: expected a number, found 'the end'")));
  EXPECT_THAT(call("demo.calculator.evaluate", {"1 / 0"}),
              FailsWith(Code::kException, HasSubstr("column 3: division by zero")));
  EXPECT_THAT(call("demo.calculator.evaluate", {std::string(100000, '(')}),
              FailsWith(Code::kException, HasSubstr("the expression is too long")));
}

TEST_F(Bundles, WordcountCountsAndSorts) {
  load("wordcount");
  EXPECT_EQ(answer("demo.wordcount.count", {"To be, or not to be"}), R"({"words":6,"distinct":4})");
  EXPECT_EQ(answer("demo.wordcount.top", {"To be, or not to be", "2"}), R"({"out":"2 be\n2 to\n"})");
}

TEST_F(Bundles, MandelbrotPassesNumbersAndStructsInEveryWay) {
  load("mandelbrot");
  EXPECT_EQ(answer("demo.mandelbrot.escape", {"0", "0", "1000"}), "1000");
  EXPECT_EQ(answer("demo.mandelbrot.escape", {"2", "2", "1000"}), "1");
  EXPECT_EQ(answer("demo.mandelbrot.orbit", {"0", "1", "4"}), R"({"x":-1.0,"y":1.0})");
  const std::string picture =
      answer("demo.mandelbrot.draw", {R"({"x":-0.5,"y":0,"width":3,"columns":3,"rows":1,"limit":50})"});
  EXPECT_THAT(picture, HasSubstr("@"));
}

TEST_F(Bundles, JsonIsPrintedPickedFromAndRefused) {
  load("json_pretty");
  EXPECT_EQ(answer("demo.json-pretty.pretty", {R"({"b":[1,2],"a":null})", "2"}),
            R"({"out":"{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": null\n}"})");
  EXPECT_EQ(answer("demo.json-pretty.pick", {R"({"a":[1,2]})", "/a/1"}), R"({"out":"2"})");
  EXPECT_THAT(call("demo.json-pretty.minify", {R"({"a":)"}),
              FailsWith(Code::kException, HasSubstr("parse error at line 1, column 6")));
}

TEST_F(Bundles, ChecksumIsRefusedUntilTheHostAllowsUncheckedCode) {
  ASSERT_THAT(runtime, Succeeds());
  EXPECT_THAT(runtime->load(shipped("checksum")), FailsWith(Code::kRefused, HasSubstr("demo.checksum")));
}

TEST_F(Bundles, ChecksumInIrComputesTheKnownValues) {
  runtime = Runtime::create({.unchecked = Unchecked::kAllow});
  load("checksum");
  const auto bound = runtime->bind<::checksum>();
  ASSERT_THAT(bound, Succeeds());
  EXPECT_EQ((*bound)->crc32(graft_str_of("123456789")), 0xCBF43926u);
  EXPECT_EQ((*bound)->adler32(graft_str_of("Wikipedia")), 0x11E60398u);
}

TEST_F(Bundles, TheReloadPairAnswersItsVersions) {
  load("reload_v1");
  EXPECT_EQ(answer("reload.test.version", {}), "100");
  ASSERT_THAT(runtime->reload(shipped("reload_v2")), Succeeds());
  EXPECT_EQ(answer("reload.test.version", {}), "200");
}

TEST_F(Bundles, LiveSideBySide) {
  runtime = Runtime::create({.unchecked = Unchecked::kAllow});
  for (const char *name : {"greeter", "calculator", "wordcount", "mandelbrot", "json_pretty", "checksum", "reload_v1"})
    load(name);
  EXPECT_EQ(runtime->bundles().size(), 7u);
  EXPECT_EQ(answer("demo.calculator.evaluate", {"1 + 1"}), R"({"result":2.0})");
  EXPECT_EQ(answer("demo.greeter.greet", {"you"}), R"({"out":"Hello, you!"})");
}

} // namespace
} // namespace graft
