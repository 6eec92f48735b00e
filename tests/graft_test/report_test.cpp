// What other programs read: JUnit's XML and JSON.
#include "test_bundle.hpp"

#include <gmock/gmock.h>

#include <set>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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

TEST(Reports, JUnitHoldsWhateverATestPrints) {
  const TestBundle hard("hard_test.c", R"(
#include <graft/test.h>
#include <stdio.h>
GRAFT_TEST("prints") { puts("\x1b[1m \x01 \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 | \xff \xc3( \xed\xa0\x80 \xef\xbf\xbf | ]]> tail"); }
GRAFT_TEST("says \"<&>\"") { FAIL("%s", "a\tb\n\xc0\xaf"); }
)");
  const TempFolder folder;
  hard.run({"--junit", folder / "junit.xml"});
  const std::string xml = read(folder / "junit.xml"), gone = "\xef\xbf\xbd";
  EXPECT_THAT(xml, AllOf(HasSubstr("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 | " + gone + " " + gone + "( "),
                         HasSubstr(" | ]]&gt; tail&#10;"), HasSubstr("name=\"says &quot;&lt;&amp;&gt;&quot;\""), HasSubstr("a&#9;b&#10;")));
  for (const char *never : {"\x1b", "\x01", "\xff", "\xed\xa0\x80", "\xef\xbf\xbf", "\xc0"}) EXPECT_THAT(xml, Not(HasSubstr(never)));
}

/// The names of an element's attributes, each time that it begins.
std::vector<std::set<std::string>> attributes_of(const std::string &xml, const std::string &element) {
  std::vector<std::set<std::string>> found;
  for (std::size_t at = xml.find("<" + element + " "); at != xml.npos; at = xml.find("<" + element + " ", at + 1)) {
    std::set<std::string> &names = found.emplace_back();
    for (std::size_t next = xml.find_first_of(" >/", at + 1); xml[next] == ' '; next = xml.find('"', xml.find('"', next) + 1) + 1) {
      const std::size_t equals = xml.find('=', next);
      names.insert(xml.substr(next + 1, equals - next - 1));
    }
  }
  return found;
}

TEST(Reports, JUnitHasTheAttributesThatTheSchemaOfCiServersKnowsAndNoOther) {
  TestBundle broken("broken_test.c", "no C\n");
  const TempFolder folder;
  graft({"test", bundle().path(), broken.path(), "--junit", folder / "junit.xml"});
  const std::string xml = read(folder / "junit.xml");
  // Of junit-10.xsd of Jenkins' xunit plugin; what is required of a suite is there.
  const std::set<std::string> suite = {"name", "tests", "failures", "errors", "skipped", "time"}, test = {"name", "classname", "time"};
  ASSERT_EQ(attributes_of(xml, "testsuite").size(), 2u) << xml;
  for (const auto &names : attributes_of(xml, "testsuite")) EXPECT_EQ(names, suite);
  ASSERT_EQ(attributes_of(xml, "testcase").size(), 5u);
  for (const auto &names : attributes_of(xml, "testcase")) EXPECT_EQ(names, test);
  for (const char *element : {"failure", "error"})
    for (const auto &names : attributes_of(xml, element)) EXPECT_EQ(names, (std::set<std::string>{"type", "message"}));
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
