// Which line a refusal names, when only a header of the system, or nothing but machine code, mentions the function.
#include "building.hpp"
#include "closed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace graft {
namespace {

using test::answering;
using test::closed;
using test::FailsWith;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// `before` begins in line 3 of the file.
struct Chain {
  const char *name;
  const char *before;
  const char *symbol;
  const char *where;
  const char *manifest = "";
};

constexpr Chain kChains[] = {
    {"Constructor", "#include <thread>\nstatic int go() {\n  std::jthread t([] {});\n  return 1; }\n", "_M_start_thread",
     "main.cpp:5:"},
    {"Destructor", "#include <thread>\nstatic int go() {\n  std::jthread t;\n  return 1; }\n", "std::thread::join()' at",
     "main.cpp:6:"},
    {"Template",
     "#include <thread>\nstatic int go() {\n  std::this_thread::sleep_for(std::chrono::seconds(1));\n  return 1; }\n",
     "'nanosleep' at", "main.cpp:5:"},
    {"TemplateOptimised",
     "#include <thread>\nstatic int go() {\n  std::this_thread::sleep_for(std::chrono::seconds(1));\n  return 1; }\n",
     "'nanosleep' at", "main.cpp:5:", "flags = [\"-O2\"]\n"},
    {"Waiting",
     "#include <condition_variable>\nstatic int go() {\n  std::condition_variable c; std::mutex m; std::unique_lock l(m);\n"
     "  c.wait_for(l, std::chrono::seconds(1));\n  return 1; }\n",
     "std::chrono::_V2::steady_clock::now()' at", "main.cpp:6:"},
    {"Async", "#include <future>\nstatic int go() {\n  return std::async([] { return 1; }).get();\n}\n", "_M_start_thread",
     "main.cpp:5:"},
    {"RandomDevice", "#include <random>\nstatic int go() {\n  std::random_device d;\n  return (int)d(); }\n",
     "'std::random_device::_M_init", "main.cpp:5:"},
    {"Builtin", "static int go() {\n  __builtin_printf(\"hi\\n\");\n  return 1; }\n", "'printf' at", "main.cpp:4:"},
    {"WhatTheOptimiserPutThere", "static int go() {\n  __builtin_printf(\"hi\\n\");\n  return 1; }\n", "'puts' at",
     "main.cpp:4:", "flags = [\"-O2\"]\n"},
    {"DefaultMemberDestructor",
     "#include <thread>\n#include <memory>\nstruct Held {\n  std::jthread thread;\n};\nstatic int go() {\n"
     "  std::make_unique<Held>();\n  return 1; }\n",
     "'std::thread::join()' at", "main.cpp:5:"},
    {"DefaultArgument",
     "#include <thread>\nstatic void wait(int = (std::this_thread::sleep_for(std::chrono::seconds(1)), 1)) {}\n"
     "static int go() {\n  wait();\n  return 1; }\n",
     "'nanosleep' at", "main.cpp:6:"},
    {"Initialiser", "#include <thread>\nstatic int go() { return 1; }\nstd::jthread at_load([] {});\n", "_M_start_thread",
     "main.cpp:5:"},
};

class Places : public testing::TestWithParam<Chain> {};

TEST_P(Places, AreTheAuthorsOwnLines) {
  const auto &[name, before, symbol, where, manifest] = GetParam();
  const auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(closed("", answering(before, "go()"), "main.cpp", manifest)),
              FailsWith(Code::kRefused, AllOf(HasSubstr(symbol), HasSubstr(where), Not(HasSubstr("' needs")))));
}

INSTANTIATE_TEST_SUITE_P(Each, Places, testing::ValuesIn(kChains),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Place, OfAHeaderOfTheAuthorsIsTheHeaders) {
  MemoryBundle bundle = closed("", answering("#include \"own.h\"", "rest()"));
  bundle.files.push_back({"own.h", "#include <thread>\n\ninline int rest() {\n"
                                   "  std::this_thread::sleep_for(std::chrono::seconds(1));\n  return 1;\n}\n"});
  EXPECT_THAT(Runtime::create()->load(bundle), FailsWith(Code::kRefused, HasSubstr("own.h:4:")));
}

TEST(Place, IsKnownToTheEditThatAsksForMore) {
  Config config;
  config.learning = Learning::kAtOnce;
  const auto runtime = *Runtime::create(config);
  const std::string head = "#include <thread>\nstatic int go() {\n  ";
  ASSERT_TRUE(runtime->load(closed("", answering(head + "return 1; }", "go()"))));
  EXPECT_THAT(runtime->reload(
                  closed("", answering(head + "std::this_thread::sleep_for(std::chrono::seconds(1)); return 1; }", "go()"))),
              FailsWith(Code::kRefused, HasSubstr("'nanosleep' at main.cpp:5:")));
  EXPECT_EQ(test::number_of(*runtime), 1);
}

TEST(Place, InMachineCodeIsItsFunctionAndItsFile) {
  const test::Builder builder;
  const std::string text = test::kNumberContract +
                           "#include <stdlib.h>\nstatic int32_t answer() { return getenv(\"HOME\") != 0; }\n"
                           "GRAFT_PROVIDE(number, {.number = answer});\n";
  builder.folder().write("bundle/graft.toml", "name = \"closed\"\npermissions = []\nsources = [\"part.o\"]\n");
  std::filesystem::copy(builder.object("part.o", text), builder / "bundle");
  EXPECT_THAT(
      (*test::allowing())->load(builder / "bundle"),
      FailsWith(Code::kRefused, AllOf(HasSubstr("'getenv' in 'answer()' of "), HasSubstr("part.o needs permission 'env'"))));
}

} // namespace
} // namespace graft
