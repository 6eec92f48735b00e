// What `graft new` writes works as it is, and `graft demo` shows the main job on it.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <sstream>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json parsed(const std::string &text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

TEST(New, MakesBundlesThatLoadAtOnce) {
  for (const char *flavour : {"--dir", "--cpp"}) {
    const TempFolder folder;
    std::vector<std::string> words = {"new", "int", "--dir", folder.path()};
    if (std::string(flavour) == "--cpp") words.push_back("--cpp");
    ASSERT_EQ(graft(words).status, 0);
    EXPECT_EQ(graft({"run", folder / "int", "--call", "example.int.greet", "world"}).out, "Hello, world!\n");
    EXPECT_THAT(read(folder / "int/compile_flags.txt"), HasSubstr("-I/"));
  }
}

TEST(New, EachTemplateOfABundlePassesItsOwnTestsAndSaysWhatToTryNext) {
  for (const char *flavour : {"c", "cpp", "state", "hook"}) {
    const TempFolder folder;
    const Outcome made = graft({"new", "mine", "--template", flavour, "--dir", folder.path()});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(graft({"new", "--list"}).out, HasSubstr(flavour));
    const Outcome tested = graft({"test", folder / "mine"});
    EXPECT_EQ(tested.status, 0) << flavour << tested.out << tested.err;
    EXPECT_THAT(made.out, HasSubstr("now try: graft " + std::string(flavour == std::string("hook") ? "test " : "run ")));
  }
}

TEST(New, TheHostTemplateIsAProjectAroundItsPlugin) {
  const TempFolder folder;
  ASSERT_EQ(graft({"new", "mine", "--template", "host", "--dir", folder.path()}).status, 0);
  const Outcome tested = graft({"test", "."}, {{}, {}, folder / "mine"});
  EXPECT_EQ(tested.status, 0) << tested.out << tested.err;
  EXPECT_THAT(tested.out, HasSubstr("[  PASSED  ] 1 test."));
  EXPECT_EQ(graft({"run", folder / "mine", "--call", "example.mine.greet", "you"}).out, "Hello, you!\n");
  std::filesystem::remove(folder / "mine/plugin/graft.toml");
  EXPECT_EQ(graft({"run", folder / "mine", "--call", "example.mine.greet", "you"}).status, 1) << "nothing says that plugin/ is a bundle";
}

TEST(New, TheStateTemplateKeepsItsCounts) {
  const TempFolder folder;
  ASSERT_EQ(graft({"new", "mine", "--template", "state", "--dir", folder.path()}).status, 0);
  EXPECT_EQ(graft({"run", folder / "mine", "--call", "example.mine.count", "a", "--call", "example.mine.count", "a"}).out, "1\n2\n");
  const json plan = parsed(graft({"plan", folder / "mine", folder / "mine", "--json"}).out);
  EXPECT_NE(plan.dump().find("kept"), std::string::npos) << plan;
}

TEST(New, ItsCompileFlagsWorkForOtherTools) {
  const TempFolder folder;
  ASSERT_EQ(graft({"new", "hello", "--dir", folder.path()}).status, 0);
  std::ifstream flags(folder / "hello/compile_flags.txt");
  std::vector<std::string> words = {GRAFT_C_COMPILER, "-fsyntax-only", "-Wall", "-Wextra", "-Werror"};
  for (std::string line; std::getline(flags, line);) words.push_back(line);
  words.push_back(folder / "hello/hello_api.c");
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST(New, ItsReadmeIsInColumnsForAnyName) {
  for (const char *name : {"z", "a-name-that-is-long"}) {
    const TempFolder folder;
    ASSERT_EQ(graft({"new", name, "--dir", folder.path()}).status, 0);
    std::istringstream readme(read(folder / (std::string(name) + "/README.md")));
    std::set<std::size_t> columns;
    for (std::string line; std::getline(readme, line);)
      if (line.starts_with("    graft ")) columns.insert(line.find_first_not_of(' ', line.find("  ", 4)));
    EXPECT_EQ(columns.size(), 1u) << testing::PrintToString(columns);
  }
}

TEST(New, RefusesToOverwriteAndBadNames) {
  const TempFolder folder;
  folder.write("hello/mine.c", "mine");
  const Outcome outcome = graft({"new", "hello", "--dir", folder.path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("is there already"));
  EXPECT_FALSE(std::filesystem::exists(folder / "hello/graft.toml"));
  EXPECT_EQ(graft({"new", "a/b", "--dir", folder.path()}).status, 2);
}

TEST(Demo, ShowsTheNewCodeAfterAnEdit) {
  const Outcome outcome = graft({"demo"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Hello, world!"));
  EXPECT_THAT(outcome.out, HasSubstr("Good evening, world!"));
}

TEST(Demo, EditsTheCodeOfANewBundleAndNotItsTest) {
  const TempFolder folder;
  for (const char *flavour : {"c", "cpp"}) {
    const std::string name = std::string("zed_") + flavour;
    ASSERT_EQ(graft({"new", name, "--template", flavour, "--dir", folder.path()}).status, 0);
    const Outcome outcome = graft({"demo", folder / name});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("edited zed_" + std::string(flavour) + "_api." + flavour + ":"));
    EXPECT_THAT(outcome.out, HasSubstr("Good evening, world!"));
  }
}

TEST(Help, NamesTheFirstPageOfTheGuides) {
  const std::string help = graft({"help"}).out;
  const std::size_t begin = help.find("are behind ") + 11;
  ASSERT_LT(begin, help.size()) << help;
  EXPECT_TRUE(std::filesystem::exists(help.substr(begin, help.find(".md", begin) + 3 - begin))) << help;
}

} // namespace
} // namespace graft::test
