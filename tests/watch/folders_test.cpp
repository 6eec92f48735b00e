// Folders and headers: outside, through links, deleted and made again, and whole folders of bundles.
#include "watching.hpp"

namespace graft {
namespace {

using test::number_text;
using test::Succeeds;
using testing::HasSubstr;
namespace fs = std::filesystem;

class WatchFolders : public test::Watching {
 protected:
  std::string with_header(const std::string &contract, const std::string &header) {
    return "#include \"" + header + "\"\n" + text_of(contract, "VALUE");
  }
};

TEST_F(WatchFolders, AHeaderOutsideTheBundleIsWatched) {
  folder.write("shared/value.h", "#define VALUE 1\n");
  folder.write("a/a.c", with_header("a", "../shared/value.h"));
  watch({"a"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("shared/value.h", "#define VALUE 2\n");
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 2);
}

TEST_F(WatchFolders, OfAHostsFolderOnlyTheBundlesBesideItsSourcesAreWatched) {
  const auto make = [&](const std::string &host) {
    folder.write(host + "/host.cpp", "#error nobody compiles this\n");
    folder.write(host + "/build/made.c", "#error nor this\n");
    folder.write(host + "/plugin/graft.toml", "name = \"" + host + "\"\n");
    folder.write(host + "/plugin/a.c", text_of(host, "1"));
  };
  make("alone");
  fs::create_directory(at("many"));
  watch({"alone", "many"});
  ASSERT_EQ(next().bundles, std::vector<std::string>{"alone"});
  folder.write("alone/plugin/a.c", text_of("alone", "2"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("alone"), 2);
  make("inner");
  fs::rename(at("inner"), at("many/inner"));
  const test::Told event = next();
  EXPECT_EQ(event.bundles, std::vector<std::string>{"inner"}) << event.error;
  fs::rename(at("many/inner/plugin"), at("away"));
  EXPECT_EQ(next_phase(), WatchPhase::kUnloaded);
}

TEST_F(WatchFolders, AHeaderThatAReloadBroughtInIsWatchedToo) {
  folder.write("a/a.c", text_of("a", "1"));
  folder.write("shared/value.h", "#define VALUE 2\n");
  watch({"a"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("a/a.c", with_header("a", "../shared/value.h"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  folder.write("shared/value.h", "#define VALUE 3\n");
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 3);
}

TEST_F(WatchFolders, AHeaderThatIsMissingIsWaitedFor) {
  folder.write("a/a.c", with_header("a", "sub/value.h"));
  watch({"a"});
  ASSERT_EQ(next_phase(), WatchPhase::kFailed);
  folder.write("a/sub/value.h", "#define VALUE 4\n");
  EXPECT_EQ(next_phase(), WatchPhase::kLoaded);
  EXPECT_EQ(answer_of("a"), 4);
}

TEST_F(WatchFolders, AnErrorInAHeaderOutsideIsMendedThere) {
  folder.write("shared/value.h", "#define VALUE 1\n");
  folder.write("a/a.c", text_of("a", "1"));
  watch({"a"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("shared/value.h", "int broken = ;\n#define VALUE 5\n");
  folder.write("a/a.c", with_header("a", "../shared/value.h")); // never compiled: only the error names the header
  ASSERT_EQ(next_phase(), WatchPhase::kFailed);
  folder.write("shared/value.h", "#define VALUE 5\n");
  const test::Told mended = next();
  EXPECT_EQ(mended.phase, WatchPhase::kReloaded) << mended.error << testing::PrintToString(mended.changed);
  EXPECT_EQ(answer_of("a"), 5);
}

TEST_F(WatchFolders, ALinkToTheBundlesFolderMayBeSwapped) {
  folder.write("release1/a.c", text_of("a", "1"));
  folder.write("release2/a.c", text_of("a", "2"));
  fs::create_directory_symlink(at("release1"), at("current"));
  watch({"current"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  fs::create_directory_symlink(at("release2"), at("next"));
  fs::rename(at("next"), at("current"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 2);
  folder.write("release2/a.c", text_of("a", "3"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 3);
}

TEST_F(WatchFolders, AFolderThatIsDeletedAndMadeAgainIsWatchedAgain) {
  folder.write("deep/er/a/a.c", text_of("a", "1"));
  watch({"deep/er/a"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  fs::remove_all(at("deep"));
  const test::Told gone = next();
  EXPECT_EQ(gone.phase, WatchPhase::kFailed);
  EXPECT_THAT(gone.error, HasSubstr("there is no"));
  EXPECT_EQ(answer_of("a"), 1);
  folder.write("deep/er/a/a.c", text_of("a", "2"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  folder.write("deep/er/a/a.c", text_of("a", "3"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 3);
}

TEST_F(WatchFolders, ABundleThatAppearsIsLoadedAndOneThatIsRemovedUnloaded) {
  folder.write("plugins/a/a.c", text_of("a", "1"));
  watch({"plugins"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  fs::create_directories(at("plugins/b")); // no bundle yet
  folder.write("plugins/b/b.c", text_of("b", "2"));
  EXPECT_EQ(next(), (test::Told{WatchPhase::kLoaded, {}, {"b"}, ""}));
  EXPECT_EQ(answer_of("b"), 2);
  folder.write("plugins/b/b.c", text_of("b", "3"));
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  fs::rename(at("plugins/a"), at("away"));
  EXPECT_EQ(next(), (test::Told{WatchPhase::kUnloaded, {}, {"a"}, ""}));
  EXPECT_EQ((*runtime)->bundles().size(), 1u);
}

TEST_F(WatchFolders, ABrokenBundleDoesNotKeepTheOthersFromLoading) {
  folder.write("plugins/a/a.c", "this is not C\n");
  folder.write("plugins/b/b.c", text_of("b", "2"));
  watch({"plugins"});
  EXPECT_EQ(next_phase(), WatchPhase::kFailed);
  EXPECT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("plugins/a/a.c", text_of("a", "1"));
  EXPECT_EQ(next_phase(), WatchPhase::kLoaded);
}

TEST_F(WatchFolders, WhoRequiresAnotherIsLoadedAfterItAndUnloadedBeforeIt) {
  folder.write("plugins/a/graft.toml", "name = \"a\"\nrequires = [\"test.b@1.0\"]\n");
  folder.write("plugins/a/a.c", text_of("a", "1"));
  watch({"plugins"});
  EXPECT_THAT(next().error, HasSubstr("test.b@1.0"));
  folder.write("plugins/b/b.c", text_of("b", "2"));
  EXPECT_EQ(next().bundles, std::vector<std::string>{"b"});
  EXPECT_EQ(next().bundles, std::vector<std::string>{"a"});
  fs::rename(at("plugins"), at("away"));
  EXPECT_EQ(next(), (test::Told{WatchPhase::kUnloaded, {}, {"a"}, ""}));
  EXPECT_EQ(next(), (test::Told{WatchPhase::kUnloaded, {}, {"b"}, ""}));
}

TEST_F(WatchFolders, WhatTheHostUnloadedIsLeftAlone) {
  folder.write("plugins/a/a.c", text_of("a", "1"));
  folder.write("plugins/b/b.c", text_of("b", "1"));
  watch({"plugins"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  ASSERT_THAT((*runtime)->unload("a"), Succeeds());
  folder.write("plugins/a/a.c", text_of("a", "2"));
  folder.write("plugins/b/b.c", text_of("b", "2"));
  EXPECT_EQ(next().bundles, std::vector<std::string>{"b"});
  EXPECT_EQ((*runtime)->bundles().size(), 1u);
}

TEST_F(WatchFolders, WhatWasSavedSinceTheHostLoadedItIsReloadedAtOnce) {
  folder.write("a/a.c", text_of("a", "1"));
  ASSERT_THAT((*runtime)->load(at("a")), Succeeds());
  folder.write("a/a.c", text_of("a", "2"));
  watch({"a"});
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 2);
}

} // namespace
} // namespace graft
