// The check at the link is made whatever the code comes from, and whichever way it comes to run.
#include "building.hpp"
#include "closed.hpp"

#include <graft/inspect.hpp>

#include <algorithm>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::answering;
using test::bytes_of;
using test::closed;
using test::FailsWith;
using test::number_of;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

/// Answers `value`; opens a file if it was asked to, which it never is.
std::string opening(int value) {
  return answering("#include <fcntl.h>\nint ask = 0;", "ask ? open(\"/\", 0) : " + std::to_string(value));
}

TEST(AlwaysChecked, AReloadThatNeedsMoreIsRefusedAndTheOldCodeGoesOn) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("", answering("", "1"))), Succeeds());
  EXPECT_THAT(runtime->reload(closed("", opening(2))), FailsWith(Code::kRefused, HasSubstr("'open'")));
  EXPECT_EQ(number_of(*runtime), 1);
  ASSERT_THAT(runtime->reload(closed("\"fs\"", opening(2))), Succeeds());
  EXPECT_EQ(number_of(*runtime), 2);
}

TEST(AlwaysChecked, ANewListAloneIsANewVersion) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("\"fs\"", opening(1))), Succeeds());
  EXPECT_THAT(runtime->reload(closed("", opening(1))), FailsWith(Code::kRefused, HasSubstr("'open'")));
  ASSERT_THAT(runtime->reload(closed("\"fs\", \"net\"", opening(1))), Succeeds());
  EXPECT_EQ(runtime->bundles().at(0).permissions, (std::vector<std::string>{"fs", "net"}));
}

TEST(AlwaysChecked, ARollbackComesBackWithTheListOfItsTime) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("\"fs\"", opening(1))), Succeeds());
  ASSERT_THAT(runtime->reload(closed("", answering("", "2"))), Succeeds());
  EXPECT_TRUE(runtime->bundles().at(0).permissions.empty());
  ASSERT_THAT(runtime->rollback("closed"), Succeeds());
  EXPECT_EQ(runtime->bundles().at(0).permissions, std::vector<std::string>{"fs"});
  EXPECT_EQ(number_of(*runtime), 1);
}

TEST(AlwaysChecked, ARollbackToWhatTheHostTookAwayMeanwhileIsRefused) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("\"fs\"", opening(1))), Succeeds());
  ASSERT_THAT(runtime->reload(closed("", answering("", "2"))), Succeeds());
  ASSERT_THAT(runtime->take_permission("closed", "fs"), Succeeds());
  EXPECT_THAT(runtime->rollback("closed"),
              FailsWith(Code::kRefused, HasSubstr("needs permission 'fs', which the host took away")));
  EXPECT_EQ(number_of(*runtime), 2);
}

TEST(AlwaysChecked, WhatIsTakenFromABundleThatHasAllOfTheProcessIsTaken) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(test::text("open", answering("", "1").c_str(), "main.cpp")), Succeeds());
  ASSERT_THAT(runtime->take_permission("open", "fs"), Succeeds());
  EXPECT_THAT(runtime->reload(test::text("open", opening(2).c_str(), "main.cpp")),
              FailsWith(Code::kRefused, HasSubstr("needs permission 'fs', which the host took away")));
  EXPECT_THAT(runtime->reload(test::text("open", answering("#include <cstdlib>", "std::getenv(\"HOME\") != nullptr").c_str(),
                                         "main.cpp")),
              Succeeds());
}

TEST(AlwaysChecked, CodeFromTheCacheToo) {
  const test::TempFolder folder;
  const auto start = [&] {
    Config config{.tier_up = TierUp::kFast};
    config.cache.folder = folder / "cache";
    return *Runtime::create(std::move(config));
  };
  for (int round = 0; round < 3; ++round) // compiled, linked from the cache, placed
    ASSERT_THAT(start()->load(closed("\"fs\"", opening(1))), Succeeds());
  EXPECT_THAT(start()->load(closed("", opening(1))), FailsWith(Code::kRefused, HasSubstr("'open' at main.cpp:5:")));
  ASSERT_THAT(start()->load(closed("\"fs\"", opening(1))), Succeeds());
}

TEST(AlwaysChecked, APlacedImageDoesNotBringMoreAlong) {
  const test::TempFolder folder;
  const std::string source = answering("extern int pthread_create(void *, void *, void *, void *) __attribute__((weak));\n"
                                       "extern int open(const char *, int, ...) __attribute__((weak));",
                                       "(pthread_create != 0) + 2 * (open != 0)");
  for (const auto &[list, expected] :
       {std::pair("\"threads\", \"fs\"", 3), std::pair("\"threads\", \"fs\"", 3), std::pair("", 0), std::pair("\"fs\"", 2),
        std::pair("\"threads\"", 1), std::pair("\"threads\", \"fs\"", 3)}) {
    Config config{.tier_up = TierUp::kFast};
    config.cache.folder = folder / "cache";
    const auto runtime = Runtime::create(std::move(config));
    ASSERT_THAT(runtime->load(closed(list, source, "main.c")), Succeeds());
    EXPECT_EQ(number_of(*runtime), expected) << list;
  }
}

TEST(AlwaysChecked, OptimisedCodeIsLinkedToNoMore) {
  const auto runtime = Runtime::create({.tier_up_delay = 0ms});
  ASSERT_THAT(
      runtime->load(closed("\"io_console\"", answering("#include <stdio.h>\nint ask = 0;", "ask ? printf(\"a\\n\") : 3"))),
      Succeeds());
  ASSERT_THAT(runtime->await_tier_up(240s), Succeeds()); // printf became puts
  EXPECT_EQ(runtime->bundles().at(0).tier, "good");
  EXPECT_EQ(number_of(*runtime), 3);
}

TEST(AlwaysChecked, SharedTemplateCodeIsLentToWhoMayCallWhatItCalls) {
  const auto runtime = Runtime::create({.learning = Learning::kAtOnce});
  const auto source = [](int value) {
    return answering(
        "#include <map>\n#include <string>\n#include <thread>\n#include <vector>\nint ask = 0;\nstatic int count() { "
        "std::map<std::string, std::vector<int>> map; map[\"a\"].push_back(" +
            std::to_string(value) + "); return map[\"a\"][0]; }",
        "count()");
  };
  ASSERT_THAT(runtime->load(closed("", source(1))), Succeeds());
  runtime->await_learning();
  ASSERT_THAT(runtime->reload(closed("", source(2))), Succeeds());
  EXPECT_EQ(number_of(*runtime), 2);
}

class ForeignCode : public testing::TestWithParam<const char *> {
 protected:
  /// A bundle whose one file is what clang makes of the text.
  Result<BundleInfo> load(Runtime &runtime, const std::string &permissions, const std::string &contents) const {
    const std::string kind = GetParam(), file = "code" + kind;
    if (kind == ".so")
      built_.shared(file, contents);
    else if (kind == ".bc")
      built_.object(file, contents, GRAFT_CLANGXX, "-emit-llvm -g");
    else
      built_.object("code.o", contents);
    if (kind == ".a") {
      std::filesystem::remove(built_ / file);
      test::run("ar rc " + (built_ / file) + " " + (built_ / "code.o"));
    }
    return runtime.load(closed(permissions, bytes_of(built_ / file), file));
  }

 private:
  test::Builder built_;
};

TEST_P(ForeignCode, IsChecked) {
  const auto runtime = test::allowing();
  EXPECT_THAT(load(**runtime, "", opening(5)),
              FailsWith(Code::kRefused, AllOf(HasSubstr("'open'"), HasSubstr("needs permission 'fs'"))));
  ASSERT_THAT(load(**runtime, "\"fs\"", opening(5)), Succeeds());
  EXPECT_EQ(number_of(*runtime), 5);
}

TEST_P(ForeignCode, FindsNullWhereItAsksWeakly) {
  const std::string source = answering("extern \"C\" int getpid() __attribute__((weak));", "getpid == nullptr ? 1 : 2");
  for (const auto &[list, expected] : {std::pair("", 1), std::pair("\"process\"", 2)}) {
    const auto runtime = test::allowing();
    ASSERT_THAT(load(**runtime, list, source), Succeeds());
    EXPECT_EQ(number_of(*runtime), expected) << list;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, ForeignCode, testing::Values(".o", ".a", ".so", ".bc"),
                         [](const auto &info) { return std::string(info.param).substr(1); });

TEST(AlwaysChecked, ASharedObjectThatBringsAnotherLibraryAlongIsRefused) {
  const test::Builder built;
  built.shared("libother.so", "extern \"C\" int other() { return 1; }");
  built.shared("code.so", answering("extern \"C\" int other();", "other()"), GRAFT_CLANGXX,
               "-L" + built.folder().path().string() + " -lother");
  const auto runtime = test::allowing();
  EXPECT_THAT(runtime->load(closed("", bytes_of(built / "code.so"), "code.so")),
              FailsWith(Code::kRefused, HasSubstr("other")));
  built.shared("quiet.so", answering("", "3"), GRAFT_CLANGXX,
               "-Wl,--no-as-needed -L" + built.folder().path().string() + " -lother");
  EXPECT_THAT(runtime->load(closed("", bytes_of(built / "quiet.so"), "quiet.so")),
              FailsWith(Code::kRefused, HasSubstr("needs the library 'libother.so'")));
}

TEST(AlwaysChecked, ASharedObjectThatFiltersAnotherLibraryIsRefused) {
  const test::Builder built;
  built.shared("libother.so", "extern \"C\" int other() { return 1; }");
  const auto runtime = test::allowing();
  for (const std::string how : {"-Wl,-f,", "-Wl,-F,"}) { // DT_AUXILIARY and DT_FILTER: the loader loads it, too
    built.shared("quiet.so", answering("", "3"), GRAFT_CLANGXX, how + built.folder().path().string() + "/libother.so");
    EXPECT_THAT(runtime->load(closed("", bytes_of(built / "quiet.so"), "quiet.so")),
                FailsWith(Code::kRefused, HasSubstr("libother.so")));
  }
}

TEST(AlwaysChecked, AnArchiveOfABundleToo) {
  const test::TempFolder folder;
  folder.write("bundle/main.cpp", opening(4));
  folder.write("bundle/graft.toml", "name = \"closed\"\npermissions = []\n");
  ASSERT_EQ(std::system(
                ("tar -C " + (folder / "bundle") + " --format=ustar -cf " + (folder / "bundle.tar") + " graft.toml main.cpp")
                    .c_str()),
            0);
  EXPECT_THAT(Runtime::create()->load(ArchiveBundle{"closed", bytes_of(folder / "bundle.tar")}),
              FailsWith(Code::kRefused, HasSubstr("'open' at ")));
}

TEST(AlwaysChecked, LookingAtABundleToo) {
  const test::TempFolder folder;
  folder.write("main.cpp", opening(4));
  folder.write("graft.toml", "name = \"closed\"\npermissions = []\n");
  EXPECT_THAT(inspect(folder.path()), FailsWith(Code::kRefused, HasSubstr("'open' at ")));
}

TEST(PermissionReports, SayWhatIsNeededLineByLine) {
  const test::TempFolder folder;
  folder.write(
      "main.cpp",
      answering("#include <fcntl.h>\n#include <ctime>\n#include <unistd.h>\n#include <vector>",
                "open(\"/\", 0) + (int)time(nullptr) + (int)read(0, nullptr, 0) + (int)std::vector<int>(1).size()"));
  const auto open = needed_permissions(folder.path());
  ASSERT_THAT(open, Succeeds());
  EXPECT_FALSE((*open).is_closed);
  EXPECT_EQ((*open).suggestion, (std::vector<std::string>{"fs", "time"}));
  folder.write("graft.toml", "permissions = [\"fs\"]\n");
  const auto report = needed_permissions(folder.path());
  ASSERT_THAT(report, Succeeds());
  EXPECT_TRUE((*report).is_closed);
  ASSERT_EQ((*report).needs.size(), 3u);
  EXPECT_EQ((*report).needs[0].permission, "fs");
  EXPECT_TRUE((*report).needs[0].is_listed);
  EXPECT_EQ((*report).needs[0].uses.at(0).symbol, "open");
  EXPECT_EQ((*report).needs[0].uses.at(0).where.line, 7);
  EXPECT_TRUE((*report).needs[1].is_listed) << (*report).needs[1].permission;
  EXPECT_EQ((*report).needs[2].permission, "time");
  EXPECT_FALSE((*report).needs[2].is_listed);
}

} // namespace
} // namespace graft
