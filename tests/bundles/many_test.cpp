// Folders of bundles and archives: what is found, in which order it is loaded, and what is said about what is broken.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <cstring>
#include <numeric>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// A source that provides contract `name`@1.0.
std::string provider(const std::string &name) {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(it, \"" + name + "\", 1, 0) { int32_t (*answer)(void); };\n" +
         "static int32_t answer(void) { return 1; }\nGRAFT_PROVIDE(it, {.answer = answer})\n";
}

class Many : public testing::Test {
 protected:
  /// A bundle that provides `test.NAME` and requires `requirements`, as a manifest lists them.
  void add(const std::string &name, const std::string &requirements = "") {
    folder.write(name + "/main.c", provider("test." + name));
    folder.write(name + "/graft.toml", "name = \"" + name + "\"\nrequires = [" + requirements + "]\n");
  }
  LoadReport load() {
    auto report = runtime->load_all(folder.path());
    EXPECT_THAT(report, Succeeds());
    return report ? *std::move(report) : LoadReport();
  }
  static std::vector<std::string> names(const LoadReport &report) {
    std::vector<std::string> names;
    for (const BundleInfo &bundle : report.loaded) names.push_back(bundle.name);
    return names;
  }

  test::TempFolder folder;
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(Many, WhoIsRequiredIsLoadedFirstWhateverTheFoldersOrder) {
  add("a", "\"test.b@1\"");
  add("b", "\"test.c@1\", { bundle = \"d\" }");
  add("c", "{ contract = \"test.d\", optional = true }");
  add("d");
  EXPECT_THAT(names(load()), ElementsAre("d", "c", "b", "a"));
}

TEST_F(Many, ABrokenOneIsReportedAndHidesNobody) {
  add("good");
  folder.write("syntax/main.c", "int x = ;\n");
  folder.write("unmet/main.c", provider("test.unmet"));
  folder.write("unmet/graft.toml", "requires = [\"test.nobody@1\"]\n");
  folder.write("manifest/graft.toml", "nme = \"x\"\n");
  folder.write("docs/readme.md", "no bundle");
  folder.write("notes.txt", "no bundle");
  const LoadReport report = load();
  EXPECT_THAT(names(report), ElementsAre("good"));
  std::string said;
  for (const LoadReport::Broken &broken : report.broken) said += broken.path + ": " + broken.error.text() + "\n";
  EXPECT_EQ(report.broken.size(), 3u) << said;
  EXPECT_THAT(said, AllOf(HasSubstr("syntax/main.c:1:"), HasSubstr("unknown key 'nme'; did you mean 'name'?"),
                          HasSubstr("bundle 'unmet' requires test.nobody")));
}

TEST_F(Many, ACyclesErrorListsAllItsMembersAndWhoDependsOnThemIsUnmet) {
  add("a", "\"test.b@1\"");
  add("b", "\"test.c@1\"");
  add("c", "\"test.a@1\"");
  add("outside", "\"test.a@1\"");
  add("free");
  const LoadReport report = load();
  EXPECT_THAT(names(report), ElementsAre("free"));
  ASSERT_EQ(report.broken.size(), 4u);
  int in_cycle = 0;
  for (const LoadReport::Broken &broken : report.broken) {
    if (broken.path.ends_with("outside")) {
      EXPECT_THAT(broken.error.text(), HasSubstr("bundle 'outside' requires test.a"));
      continue;
    }
    ++in_cycle;
    EXPECT_THAT(broken.error.text(), HasSubstr("in a cycle: 'a' requires 'b' requires 'c' requires 'a'"));
  }
  EXPECT_EQ(in_cycle, 3);
}

TEST_F(Many, AnOptionalRequirementBreaksACycle) {
  add("a", "\"test.b@1\"");
  add("b", "{ contract = \"test.a\", optional = true }");
  EXPECT_THAT(names(load()), ElementsAre("b", "a"));
}

TEST_F(Many, ASecondProviderThatWaitsDoesNotMakeACycle) {
  add("a", "\"test.x *\"");
  folder.write("x1/main.c", provider("test.x"));
  folder.write("x2/main.c", provider("test.x"));
  folder.write("x2/graft.toml", "requires = [\"test.a@1\"]\n");
  EXPECT_THAT(names(load()), ElementsAre("x1", "a", "x2"));
}

/// A ustar member.
std::string member(const std::string &name, const std::string &contents, char type = '0') {
  char header[512] = {};
  std::strncpy(header, name.c_str(), 100);
  std::snprintf(header + 100, 8, "0000644");
  std::snprintf(header + 124, 12, "%011zo", contents.size());
  std::memset(header + 148, ' ', 8);
  header[156] = type;
  std::memcpy(header + 257, "ustar\00000", 8);
  const unsigned sum = std::accumulate(header, header + 512, 0u,
                                       [](unsigned total, char byte) { return total + static_cast<unsigned char>(byte); });
  std::snprintf(header + 148, 8, "%06o", sum);
  return std::string(header, 512) + contents + std::string((512 - contents.size() % 512) % 512, '\0');
}
std::string tar(std::initializer_list<std::string> members) {
  return std::accumulate(members.begin(), members.end(), std::string()) + std::string(1024, '\0');
}

TEST_F(Many, AnArchiveIsTheFolderThatItHolds) {
  const std::string attributes = "30 path=number/src/main.c\n";
  const std::string pax = std::to_string(attributes.size()) + attributes.substr(2);
  const std::string archive =
      tar({member("number/", "", '5'), member("number/graft.toml", "name = \"packed\"\nsources = [\"src/*.c\"]\n"),
           member("number/README.md", "words"), member("number/broken.c", "not chosen"), member("header", pax, 'x'),
           member("short", number_text(5))});
  const auto bundle = runtime->load(ArchiveBundle{"archive", archive});
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_EQ(bundle->name, "packed");
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 5);
  folder.write("a.tar", tar({member("main.c", number_text(6))}));
  EXPECT_THAT(runtime->load(folder.path() / "a.tar"), Succeeds());
}

TEST_F(Many, AnArchiveThatReachesOutOrIsDamagedIsRefused) {
  const auto load = [&](const std::string &bytes) { return runtime->load(ArchiveBundle{"archive", bytes}); };
  EXPECT_THAT(load(tar({member("../main.c", "")})),
              FailsWith(Code::kRefused, HasSubstr("the name '../main.c' leads out of the bundle")));
  EXPECT_THAT(load(tar({member("a/../../main.c", "")})), FailsWith(Code::kRefused, HasSubstr("leads out")));
  EXPECT_THAT(load(tar({member("/main.c", "")})), FailsWith(Code::kRefused, HasSubstr("is absolute")));
  EXPECT_THAT(load(tar({member("link.c", "", '2')})), FailsWith(Code::kRefused, HasSubstr("'link.c' is no regular file")));
  EXPECT_THAT(load(""), FailsWith(Code::kInvalid, HasSubstr("it holds no file")));
  EXPECT_THAT(load("\x1f\x8b"
                   "compressed"),
              FailsWith(Code::kUnsupported, HasSubstr("is compressed; give it as a plain tar")));
  EXPECT_THAT(load(std::string(600, 'x')), FailsWith(Code::kInvalid, HasSubstr("a header's checksum is wrong")));
  EXPECT_THAT(load(member("main.c", std::string(2000, 'x')).substr(0, 1000)),
              FailsWith(Code::kInvalid, HasSubstr("ends in the middle of a member")));
  EXPECT_THAT(load(tar({member("x", "5 path=y\n", 'x'), member("main.c", "")})),
              FailsWith(Code::kInvalid, HasSubstr("an extended header is malformed")));
  EXPECT_THAT(load(tar({member("notes.txt", "x")})),
              FailsWith(Code::kInvalid, HasSubstr("no source matches '*' in archive 'archive'")));
}

} // namespace
} // namespace graft
