// Which functions compare the stack pointer with their thread's limit, and which need not?
#include "matchers.hpp"

#include <graft/driver/compiler.hpp>

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace graft {
namespace {

using test::Succeeds;

/// What stands for a check in assembly: the thread's word.
constexpr const char *kWord = "%fs:112";

/// Code that comes out, by function.
class Checks : public testing::Test {
 protected:
  void compile(const std::string &name, const std::string &text, unsigned optimise, std::vector<std::string> flags = {}) {
    driver::Job job;
    job.bundle = "b";
    job.sources.push_back({name, text, driver::Language::kFromName});
    job.options.optimise = optimise;
    job.options.flags = std::move(flags);
    const auto assembly = driver::Compiler::create()->emit(job, driver::Text::kAssembly);
    ASSERT_THAT(assembly, Succeeds());
    code_.clear();
    std::istringstream lines(*assembly);
    std::string function;
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line[0] != '.' && line[0] != '\t' && line[0] != '#' && line.find(':') != line.npos)
        function = line.substr(0, line.find(':'));
      code_[function] += line + "\n";
    }
  }

  bool is_checked(const std::string &function) const {
    const auto found = code_.find(function);
    EXPECT_NE(found, code_.end()) << "there is no " << function;
    return found != code_.end() && found->second.find(kWord) != std::string::npos;
  }
  const std::string &code(const std::string &function) const { return code_.at(function); }

 private:
  std::map<std::string, std::string> code_;
};

const std::string kCalls = R"(
int puts(const char *);
int outside(int);
int leaf(int n) { return n * 3; }
int calls_leaves(int n) { return leaf(n) + leaf(n + 1); }
int circle(int n) { return n < 2 ? n : circle(n - 1) + circle(n - 2); }
int odd(int n);
int even(int n) { return n == 0 ? 1 : odd(n - 1) + 1; }
int odd(int n) { return n == 0 ? 0 : even(n - 1) + 1; }
int calls_outside(int n) { return outside(n) + 1; }
int calls_pointer(int (*f)(int)) { return f(1) + 1; }
int calls_library(const char *text) { return (int)__builtin_strlen(text) + puts(text); }
int calls_circle(int n) { return circle(n) + 1; }
)";

TEST_F(Checks, AreInFunctionsWhoseCallsHaveNoEndThatCouldBeSeen) {
  for (const unsigned optimise : {0u, 2u}) {
    SCOPED_TRACE(optimise);
    compile("a.c", kCalls, optimise);
    for (const char *function : {"circle", "calls_outside", "calls_pointer", "calls_circle"})
      EXPECT_TRUE(is_checked(function)) << function;
    EXPECT_EQ(is_checked("odd"), optimise == 0); // else it is a loop
    for (const char *function : {"leaf", "calls_leaves", "calls_library"}) EXPECT_FALSE(is_checked(function)) << function;
  }
}

TEST_F(Checks, AreLeftOutWhereTheBundleOrTheFunctionSaysSo) {
  compile("a.c", kCalls + "__attribute__((no_split_stack)) int own(int n) { return outside(n) + 1; }\n", 0);
  EXPECT_FALSE(is_checked("own"));
  EXPECT_TRUE(is_checked("circle"));
  compile("a.c", kCalls, 0, {"-fno-split-stack"});
  EXPECT_FALSE(is_checked("circle"));
}

TEST_F(Checks, NeverAskForASegmentedStack) {
  compile("a.cpp", "int outside(int); int f(int n) { return outside(n) + 1; }\n", 2);
  EXPECT_TRUE(is_checked("_Z1fi"));
  EXPECT_EQ(code("_Z1fi").find("__morestack"), std::string::npos);
}

TEST_F(Checks, CostNothingOnAWayThatReturnsEarly) {
  compile("a.c", "int outside(int);\nint f(int n) { if (n < 100) return n; return outside(n) + outside(n + 1); }\n", 2);
  const std::string &text = code("f");
  ASSERT_TRUE(is_checked("f"));
  EXPECT_LT(text.find("cmp"), text.find(kWord)) << text;
}

TEST_F(Checks, StandBeforeAnythingThatHasADestructor) {
  compile("a.cpp",
          "struct Guard { Guard(); ~Guard(); };\nint outside(int);\n"
          "int f(int n) { Guard guard; return outside(n) + 1; }\n",
          2);
  const std::string &text = code("_Z1fi");
  ASSERT_TRUE(is_checked("_Z1fi"));
  EXPECT_LT(text.find(kWord), text.find("_ZN5GuardC")) << text;
}

TEST_F(Checks, ComeBeforeLargeVariablesAndAlloca) {
  compile("a.c",
          "void outside(char *);\nvoid large(void) { char text[1 << 20]; outside(text); }\n"
          "void grows(unsigned long n) { char text[n]; outside(text); }\n",
          2);
  const std::string &large = code("large");
  ASSERT_TRUE(is_checked("large"));
  EXPECT_LT(large.find(kWord), large.find("1048576", large.find(kWord))) << large;
  EXPECT_TRUE(is_checked("grows"));
}

} // namespace
} // namespace graft
