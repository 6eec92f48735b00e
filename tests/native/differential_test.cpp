// The same plugins as code of this process at -O0 and -O2 and as shared objects of two compilers: one answer.
#include "building.hpp"
#include "matchers.hpp"

#include <graft/call.hpp>

#include <filesystem>
#include <vector>

namespace graft {
namespace {

using test::shipped;
using test::Succeeds;

struct Call {
  std::string target;
  std::vector<std::string> arguments;
};

struct Plugin {
  const char *name;
  const char *header; ///< of its contract, in its folder
  const char *flags;
  std::vector<Call> calls;
};

void PrintTo(const Plugin &plugin, std::ostream *out) { *out << plugin.name; }

const std::string kPicture = R"({"x":-0.5,"y":0,"width":3,"columns":40,"rows":12,"limit":200})";

const std::vector<Plugin> kPlugins = {
    {"greeter", "greeter.h", "", {{"demo.greeter.greet", {"world"}}, {"demo.greeter.greet", {""}}}},
    {"calculator",
     "calculator.h",
     "",
     {{"demo.calculator.evaluate", {"2 * (3 + 4) ^ 2"}},
      {"demo.calculator.explain", {"-2 * (3 + 4) ^ 2 / 7 - 1"}},
      {"demo.calculator.evaluate", {"2 * (3 +"}},
      {"demo.calculator.evaluate", {"1 / 0"}},
      {"demo.calculator.evaluate", {std::string(100'000, '(')}}}},
    {"wordcount",
     "wordcount.h",
     "",
     {{"demo.wordcount.count", {"To be, or not to be"}}, {"demo.wordcount.top", {"to be or not to be that is to be", "3"}}}},
    {"mandelbrot",
     "mandelbrot.h",
     "-ffp-contract=off",
     {{"demo.mandelbrot.escape", {"0.25", "0.5", "1000"}},
      {"demo.mandelbrot.escape", {"2", "2", "1000"}},
      // Exact however it is rounded: whether a product and a sum are one operation is each compiler's choice.
      {"demo.mandelbrot.orbit", {"-0.75", "0.125", "4"}},
      {"demo.mandelbrot.draw", {kPicture}}}},
};

/// The sources of a shipped plugin, without its tests, as words of a command line.
std::string sources_of(const std::string &folder, std::string_view ending) {
  std::string words;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ending && !entry.path().stem().string().ends_with("_test")) words += " " + entry.path().string();
  return words;
}

/// What a call says, without the name of who said it.
std::string said(Runtime &runtime, const Call &call) {
  const auto outcome = call_by_name(runtime, call.target, call.arguments);
  if (outcome) return std::to_string((*outcome).status) + " " + (*outcome).result + " " + (*outcome).outputs;
  return std::string(to_string(outcome.code())) + ": " + outcome.error().message;
}

std::vector<std::string> answers(Runtime &runtime, const Plugin &plugin) {
  std::vector<std::string> all;
  for (const Call &call : plugin.calls) all.push_back(said(runtime, call));
  return all;
}

class Shipped : public testing::TestWithParam<Plugin> {
 protected:
  std::vector<std::string> from_source(unsigned optimise) {
    const auto runtime = Runtime::create({.optimise = optimise});
    EXPECT_THAT(runtime->load(shipped(GetParam().name)), Succeeds());
    return answers(**runtime, GetParam());
  }

  /// As it is called at once, and, by the same runtime, as it is called when it was optimised.
  void expect_from_two_images(const std::vector<std::string> &expected) {
    const auto runtime = Runtime::create({.tier_up_delay = std::chrono::milliseconds(100)});
    EXPECT_THAT(runtime->load(shipped(GetParam().name)), Succeeds());
    EXPECT_EQ(answers(**runtime, GetParam()), expected);
    EXPECT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds());
    EXPECT_EQ(runtime->bundles().at(0).tier, "good");
    EXPECT_EQ(answers(**runtime, GetParam()), expected);
  }

  /// Loaded under the name of the bundle in source, so that errors are the same, too. The types come from the header.
  std::vector<std::string> from_shared(const std::string &compiler, const std::string &level) {
    const std::string folder = shipped(GetParam().name);
    std::string built;
    for (const auto &[ending, language] : {std::pair(".c", "-x c -std=c17"), std::pair(".cpp", "-x c++ -std=c++20")})
      if (const std::string sources = sources_of(folder, ending); !sources.empty())
        built += std::string(" ") + language + sources;
    const std::string name = std::string(GetParam().name) + ".so";
    build.build(name, "-shared " + level + " " + GetParam().flags + built, compiler);
    const auto runtime = test::allowing();
    EXPECT_THAT(runtime->read_contracts(std::filesystem::path(folder) / GetParam().header), Succeeds());
    EXPECT_THAT(runtime->load(build / name), Succeeds());
    return answers(**runtime, GetParam());
  }

  test::Builder build;
};

TEST_P(Shipped, GivesOneAnswerAsCodeOfThisProcessAndAsASharedObject) {
  const std::vector<std::string> expected = from_source(0);
  EXPECT_EQ(from_source(2), expected);
  expect_from_two_images(expected);
  EXPECT_EQ(from_shared(GRAFT_CLANGXX, "-O0"), expected);
  EXPECT_EQ(from_shared(GRAFT_GXX, "-O2"), expected);
}

/// What the languages define and machines do in their own ways: widths, signs, roundings, exceptions through frames,
/// statics.
const std::string kCorners = R"(#include <graft/abi.h>
GRAFT_CONTRACT(corners, "test.corners", 1, 0) {
  uint32_t (*wrap)(uint32_t a, uint32_t b);
  int64_t (*shift)(int64_t value, int32_t by);
  int32_t (*narrow)(int64_t value);
  double (*mean)(double a, float b, double c, double d, double e, double f, double g, double h, double i, double j);
  graft_status (*nested)(int32_t depth);
  uint64_t (*count)(void);
};
)";
const std::string kCornersCode = R"(
#include <cstdint>
#include <stdexcept>
#include <string>
static uint32_t wrap(uint32_t a, uint32_t b) { return a * b + ~b; }
static int64_t shift(int64_t value, int32_t by) { return value >> by; }
static int32_t narrow(int64_t value) { return static_cast<int8_t>(value) + static_cast<uint16_t>(value); }
static double mean(double a, float b, double c, double d, double e, double f, double g, double h, double i, double j) {
  return (a + b + c + d + e + f + g + h + i + j) / 10;
}
static int32_t descend(int32_t depth) {
  const std::string held(static_cast<size_t>(depth) + 40, 'x');
  if (depth == 0) throw std::out_of_range("the bottom");
  return descend(depth - 1) + static_cast<int32_t>(held.size());
}
static graft_status nested(int32_t depth) {
  try {
    return descend(depth);
  } catch (const std::out_of_range &error) {
    if (depth > 2) throw std::runtime_error(std::string(error.what()) + " of " + std::to_string(depth));
    return 1000 + depth;
  }
}
static uint64_t count() {
  static uint64_t calls = [] { return 41u; }();
  return ++calls;
}
GRAFT_PROVIDE(corners, {.wrap = wrap, .shift = shift, .narrow = narrow, .mean = mean, .nested = nested, .count = count});
)";

TEST(Differential, CornersOfTheLanguagesAreTheSameEverywhere) {
  const Plugin corners{"corners",
                       "",
                       "",
                       {{"test.corners.wrap", {"4294967295", "4294967291"}},
                        {"test.corners.shift", {"-9223372036854775808", "62"}},
                        {"test.corners.narrow", {"-129"}},
                        {"test.corners.narrow", {"65535"}},
                        {"test.corners.mean", {"0.1", "0.2", "0.3", "1e300", "-1e300", "5", "6", "7", "8", "9e-5"}},
                        {"test.corners.nested", {"2"}},
                        {"test.corners.nested", {"7"}},
                        {"test.corners.count", {}},
                        {"test.corners.count", {}}}};
  const test::Builder build;
  std::vector<std::vector<std::string>> all;
  for (const unsigned optimise : {0u, 2u}) {
    const auto runtime = Runtime::create({.optimise = optimise});
    ASSERT_THAT(runtime->load(test::text("corners", kCorners + kCornersCode, "corners.cpp")), Succeeds());
    all.push_back(answers(**runtime, corners));
  }
  {
    const auto runtime = Runtime::create({.tier_up_delay = std::chrono::milliseconds(0)});
    ASSERT_THAT(runtime->load(test::text("corners", kCorners + kCornersCode, "corners.cpp")), Succeeds());
    ASSERT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds());
    EXPECT_EQ(runtime->bundles().at(0).tier, "good");
    all.push_back(answers(**runtime, corners));
  }
  for (const char *compiler : {GRAFT_CLANGXX, GRAFT_GXX})
    for (const char *level : {"-O0", "-O2"}) {
      const auto runtime = test::allowing();
      ASSERT_THAT(runtime->read_contracts(MemoryFile{"corners.h", kCorners}), Succeeds());
      ASSERT_THAT(runtime->load(build.shared("corners.so", kCorners + kCornersCode, compiler, level)), Succeeds());
      all.push_back(answers(**runtime, corners));
    }
  EXPECT_THAT(all.front(), testing::Contains(testing::HasSubstr("the bottom of 7")));
  for (const std::vector<std::string> &one : all) EXPECT_EQ(one, all.front());
}

INSTANTIATE_TEST_SUITE_P(Plugins, Shipped, testing::ValuesIn(kPlugins),
                         [](const auto &which) { return std::string(which.param.name); });

} // namespace
} // namespace graft
