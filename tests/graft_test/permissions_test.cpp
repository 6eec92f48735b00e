// A bundle's list of permissions holds for its tests; what they are written with asks for nothing.
#include "sanitizers.hpp"
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char *kClosed = "name = \"sample\"\npermissions = []\n";

TEST(TestsPermissions, AreThoseOfTheBundle) {
  TestBundle bundle("prints_test.c",
                    "#include <graft/test.h>\n#include <stdio.h>\nGRAFT_TEST(\"prints\") {\n  puts(\"words\");\n}\n");
  bundle.add("graft.toml", kClosed);
  const Outcome refused = bundle.run();
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("[  BROKEN  ]"), HasSubstr("'puts' at "), HasSubstr("prints_test.c:4"),
                                 HasSubstr("needs permission 'io_console'")));
  bundle.add("graft.toml", "name = \"sample\"\npermissions = [\"io_console\"]\n");
  EXPECT_EQ(verdict(bundle.report(), "prints"), "passed");
}

TEST(TestsPermissions, AreNotAskedForByExpectations) {
  TestBundle bundle("c_test.c", R"(
#include <graft/test.h>
struct box { int value; };
static void set_up(struct box *box) { box->value = 1; }
GRAFT_FIXTURE(box, set_up, 0);
static const int kNumbers[] = {1, 2};
GRAFT_TEST_WITH(box, "c holds") {
  EXPECT_EQ(self->value, 1);
  EXPECT_NEAR(1.0, 1.1, 0.5);
  EXPECT_STREQ("a", graft_str_of("a"));
}
GRAFT_TEST_EACH(kNumbers, "c each") { EXPECT_LT(0, *param); }
GRAFT_TEST("c breaks") { EXPECT_EQ(1, 2); EXPECT_NEAR(1.0, 3.0, 0.5); FAIL("%d", 3); }
GRAFT_TEST("c skips") { SKIP("why"); }
)");
  bundle.add("graft.toml", kClosed).add("cxx_test.cpp", R"(
#include <graft/test.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
GRAFT_TEST("cxx holds") {
  EXPECT_EQ((std::vector<int>{1}), (std::vector<int>{1}));
  EXPECT_THROW(throw std::logic_error("so"), std::logic_error);
}
GRAFT_TEST("cxx breaks") {
  EXPECT_EQ((std::map<std::string, double>{{"a", 1.5}}), (std::map<std::string, double>{}));
  EXPECT_EQ(std::optional<int>(), 3);
  EXPECT_NO_THROW(throw std::logic_error("so"));
}
)");
  const json report = bundle.report();
  for (const char *name : {"c holds", "c each/0", "cxx holds"}) EXPECT_EQ(verdict(report, name), "passed") << report;
  for (const char *name : {"c breaks", "cxx breaks"}) EXPECT_EQ(verdict(report, name), "failed");
  EXPECT_EQ(verdict(report, "c skips"), "skipped");
}

TEST(TestsPermissions, AreNotAskedForBySanitizersOrCoverage) {
  if (kInstrumented) GTEST_SKIP() << "the command has a sanitizer's runtime already";
  TestBundle bundle("sum_test.c", R"(
#include <graft/test.h>
#include <stdlib.h>
static int add(int a, int b) { return a + b; }
GRAFT_TEST("clean") { int *block = (int *)calloc(4, sizeof(int)); EXPECT_EQ(add(block[0], 2), 2); free(block); }
GRAFT_TEST("overflows") { add(2147483647, 1); }
)");
  bundle.add("graft.toml", kClosed);
  for (const char *sanitizers : {"undefined", "address,undefined"}) {
    const json report = bundle.report({"--sanitize", sanitizers});
    EXPECT_EQ(verdict(report, "clean"), "passed") << report;
    EXPECT_EQ(verdict(report, "overflows"), "crashed") << report;
  }
  EXPECT_EQ(verdict(bundle.report({"--coverage"}), "clean"), "passed");
}

} // namespace
} // namespace graft::test
