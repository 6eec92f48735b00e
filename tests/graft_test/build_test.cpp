// Tests compiled in other ways: with sanitizers, whose reports are the test's failures, and with coverage.
#include "sanitizers.hpp"
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Sanitized, WhatAddressSanitizerFindsIsThatTestsFailure) {
  if (kInstrumented) GTEST_SKIP() << "the command has a sanitizer's runtime already";
  const TestBundle bundle("heap_test.c", R"(
#include <graft/test.h>
#include <stdlib.h>
static int table[4];
static int read_one(const volatile int *where, int index) {
  return where[index];
}
GRAFT_TEST("clean") { EXPECT_EQ(read_one(table, 3), 0); }
GRAFT_TEST("reads behind a block") {
  int *block = (int *)calloc(4, sizeof(int));
  read_one(block, 4);
  free(block);
}
GRAFT_TEST("reads behind a global") { read_one(table, 4); }
GRAFT_TEST("reads what was freed") {
  int *block = (int *)calloc(4, sizeof(int));
  free(block);
  read_one(block, 1);
}
)");
  const json report = bundle.report({"--sanitize", "address"});
  EXPECT_EQ(verdict(report, "clean"), "passed") << report;
  for (const auto &[name, words] : {std::pair("reads behind a block", "heap-buffer-overflow"),
                                    {"reads behind a global", "global-buffer-overflow"},
                                    {"reads what was freed", "heap-use-after-free"}}) {
    EXPECT_EQ(verdict(report, name), "crashed");
    EXPECT_THAT(failure(report, name).value("text", ""),
                AllOf(HasSubstr(words), HasSubstr("read_one at "), HasSubstr("heap_test.c:6")));
    EXPECT_EQ(failure(report, name).value("line", 0), 6);
  }
}

TEST(Sanitized, WhatUndefinedBehaviourSanitizerFindsIsThatTestsFailure) {
  if (kInstrumented) GTEST_SKIP() << "the command has a sanitizer's runtime already";
  const TestBundle bundle("sum_test.c", R"(
#include <graft/test.h>
static int add(int a, int b) {
  return a + b;
}
GRAFT_TEST("clean") { EXPECT_EQ(add(1, 2), 3); }
GRAFT_TEST("overflows") { add(2147483647, 1); }
)");
  const json report = bundle.report({"--sanitize", "undefined"});
  EXPECT_EQ(verdict(report, "clean"), "passed") << report;
  EXPECT_EQ(verdict(report, "overflows"), "crashed");
  EXPECT_THAT(failure(report, "overflows").value("text", ""), HasSubstr("signed integer overflow: 2147483647 + 1"));
  EXPECT_EQ(failure(report, "overflows").value("line", 0), 4);
}

TEST(Coverage, NamesTheLinesThatDidNotRun) {
  TestBundle bundle("sign.c", R"(int sign(int n);
int sign(int n) {
  if (n > 0)
    return 1;
  if (n < 0)
    return -1;
  return 0;
}
)");
  bundle.add("sign_test.c",
             "#include <graft/test.h>\nint sign(int n);\nGRAFT_TEST(\"positive\") { EXPECT_EQ(sign(3), 1); }\n");
  const TempFolder folder;
  const json report = bundle.report({"--coverage", "--lcov", folder / "lines.info"});
  const std::string file = bundle.path() + "/sign.c";
  ASSERT_TRUE(report["coverage"].contains(file)) << report;
  const json &lines = report["coverage"][file];
  EXPECT_EQ(lines.value("3", 9), 1);
  EXPECT_EQ(lines.value("4", 9), 1);
  EXPECT_EQ(lines.value("6", 9), 0);
  EXPECT_EQ(lines.value("7", 9), 0);
  EXPECT_EQ(report["coverage"].size(), 1u) << "tests and headers are not counted";
  EXPECT_THAT(read(folder / "lines.info"), AllOf(HasSubstr("SF:" + file + "\n"), HasSubstr("DA:4,1\n"),
                                                 HasSubstr("DA:6,0\n"), HasSubstr("end_of_record\n")));
  EXPECT_THAT(bundle.run({"--coverage"}).out, HasSubstr("not run: 5-7"));
}

TEST(Coverage, LinesOfFunctionsThatNobodyCallsDidNotRun) {
  TestBundle bundle("shapes.cpp", R"(#include "shapes.hpp"
static int dead(int x) {
  return x + 1;
}
inline int helper_of_dead(int x) {
  return dead(x);
}
struct Shape {
  int sides() {
    return 4;
  }
  Shape() {
    n = 1;
  }
  int n;
};
void absent_from_every_library();
static void needs_what_is_nowhere() {
  absent_from_every_library();
}
int used(int x) { return x * 2; }
)");
  bundle.add("shapes.hpp", "inline int in_header(int x) {\n  return x;\n}\n#include <vector>\n");
  bundle.add("shapes_test.cpp", "#include <graft/test.h>\nint used(int x);\nGRAFT_TEST(\"uses\") { EXPECT_EQ(used(2), 4); }\n");
  const json report = bundle.report({"--coverage"});
  EXPECT_EQ(verdict(report, "uses"), "passed") << report;
  ASSERT_TRUE(report["coverage"].contains(bundle.path() + "/shapes.cpp")) << report;
  const json &lines = report["coverage"][bundle.path() + "/shapes.cpp"];
  for (const char *line : {"2", "3", "5", "6", "9", "10", "12", "13", "18", "19"}) EXPECT_EQ(lines.value(line, 9), 0) << line;
  EXPECT_EQ(lines.value("21", 9), 1);
  EXPECT_EQ(report["coverage"][bundle.path() + "/shapes.hpp"].value("2", 9), 0);
  EXPECT_EQ(report["coverage"].size(), 2u) << "what the library defines and nobody calls is nobody's";
}

TEST(Coverage, CountsHowOftenALineRan) {
  TestBundle bundle("loop.cpp", R"(struct Seen {
  Seen() {
    n = 0;
  }
  int n;
};
template <class T> T twice(T x) {
  return x + x;
}
int loop(int times);
int loop(int times) {
  Seen seen;
  for (int i = 0; i < times; ++i)
    seen.n += twice(1) + int(twice(1L));
  return seen.n;
}
)");
  bundle.add("loop_test.cpp", "#include <graft/test.h>\nint loop(int times);\n"
                              "GRAFT_TEST(\"one\") { EXPECT_EQ(loop(300), 1200); }\nGRAFT_TEST(\"two\") { loop(5); }\n");
  const TempFolder folder;
  const json report = bundle.report({"--coverage", "--lcov", folder / "lines.info"});
  const std::string file = bundle.path() + "/loop.cpp";
  ASSERT_TRUE(report["coverage"].contains(file)) << report;
  const json &lines = report["coverage"][file];
  EXPECT_EQ(lines.value("3", 0), 2) << "a constructor has two variants, of which one calls the other";
  EXPECT_EQ(lines.value("8", 0), 610) << "both instantiations";
  EXPECT_EQ(lines.value("13", 0), 307) << "as often as it was asked";
  EXPECT_EQ(lines.value("14", 0), 305);
  EXPECT_EQ(lines.value("15", 0), 2);
  EXPECT_THAT(read(folder / "lines.info"), AllOf(HasSubstr("DA:14,305\n"), HasSubstr("DA:8,610\n")));
  EXPECT_THAT(bundle.run({"--coverage", "--lines"}).out, HasSubstr("\n     305      14      seen.n += twice(1)"));
}

TEST(Coverage, KeepsWhatRanBeforeACrash) {
  TestBundle bundle("sign.c", "int sign(int n);\nint sign(int n) {\n  if (n > 0)\n    return 1;\n  return 0;\n}\n");
  bundle.add("sign_test.c", "#include <graft/test.h>\n#include <stdlib.h>\nint sign(int n);\n"
                            "GRAFT_TEST(\"positive\") { EXPECT_EQ(sign(3), 1); }\nGRAFT_TEST(\"dies\") { abort(); }\n");
  const json report = bundle.report({"--coverage"});
  const std::string file = bundle.path() + "/sign.c";
  ASSERT_TRUE(report["coverage"].contains(file)) << report;
  EXPECT_EQ(report["coverage"][file].value("4", 9), 1);
  EXPECT_EQ(report["coverage"][file].value("5", 9), 0);
}

} // namespace
} // namespace graft::test
