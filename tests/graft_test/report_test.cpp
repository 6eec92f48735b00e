// What other programs read: JUnit's XML and JSON.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const TestBundle &bundle() {
  static const TestBundle made("mixed_test.c", R"(
#include <graft/test.h>
#include <stdio.h>
#include <stdlib.h>
GRAFT_TEST("holds <&>") { puts("a \"word\""); }
GRAFT_TEST("breaks") { EXPECT_LT(2, 1); }
GRAFT_TEST("ends") { abort(); }
GRAFT_TEST("waits") { SKIP("for %d", 2); }
)");
  return made;
}

TEST(Reports, JUnitNamesTestsFailuresErrorsAndOutput) {
  const TempFolder folder;
  EXPECT_EQ(bundle().run({"--junit", folder / "junit.xml"}).status, 1);
  const std::string xml = read(folder / "junit.xml");
  EXPECT_THAT(xml,
              AllOf(HasSubstr("<testsuite name=\"sample\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""),
                    HasSubstr("name=\"holds &lt;&amp;&gt;\""), HasSubstr("<system-out>a &quot;word&quot;&#10;</system-out>"),
                    HasSubstr("<failure type=\"failed\""), HasSubstr("<error type=\"crashed\""),
                    HasSubstr("<skipped message=\"for 2\"/>")));
}

TEST(Reports, JsonHasAllOfIt) {
  const json report = bundle().report();
  EXPECT_EQ(report["passed"], 1);
  EXPECT_EQ(report["skipped"], 1);
  EXPECT_EQ(report["failed"], 2);
  EXPECT_EQ(failure(report, "breaks").value("text", ""), "Expected: (2) < (1), actual: 2 vs 1");
}

TEST(Reports, AFileThatCannotBeWrittenFailsTheRun) {
  const TestBundle good("good_test.c", "#include <graft/test.h>\nGRAFT_TEST(\"a\") {}\n");
  const Outcome outcome = good.run({"--junit", "/nowhere/junit.xml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot write '/nowhere/junit.xml'"));
}

} // namespace
} // namespace graft::test
