// Every way in which editors save one file.
#include "watching.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace graft {
namespace {

using test::number_text;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Saves : public test::Watching {
 protected:
  void SetUp() override {
    folder.write("b/b.c", number_text(1));
    folder.write("sentinel/s.c", text_of("sentinel", "0"));
    watch({"b", "sentinel"});
    ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
    ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  }
  void expect_silence() {
    folder.write("sentinel/s.c", text_of("sentinel", std::to_string(++sentinel_value)));
    const test::Told event = next();
    EXPECT_EQ(event.phase, WatchPhase::kReloaded) << event.error;
    EXPECT_EQ(event.bundles, std::vector<std::string>{"sentinel"});
  }
};

TEST_F(Saves, TruncateAndWriteIsOneReload) {
  std::ofstream file(at("b/b.c"), std::ios::trunc);
  file << "half of it, and then" << std::flush;
  file.seekp(0);
  file << number_text(2) << "//" << std::flush;
  file.close();
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 2);
}

TEST_F(Saves, ARenameOverTheFileIsOneReload) {
  folder.write("b/.b.c.new", number_text(3));
  fs::rename(at("b/.b.c.new"), at("b/b.c"));
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 3);
}

TEST_F(Saves, ABackupMovedAsideAndANewFileIsOneReload) {
  fs::rename(at("b/b.c"), at("b/b.c~"));
  folder.write("b/b.c", number_text(4));
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 4);
}

TEST_F(Saves, UnlinkAndCreateIsOneReload) {
  fs::remove(at("b/b.c"));
  folder.write("b/b.c", number_text(5));
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 5);
}

TEST_F(Saves, AWriteWithoutACloseIsSeen) {
  const int file = ::open(at("b/b.c").c_str(), O_WRONLY | O_TRUNC);
  const std::string contents = number_text(6);
  ASSERT_EQ(::write(file, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 6);
  ::close(file);
}

TEST_F(Saves, AHalfWrittenFileIsAnErrorAndItsOtherHalfAReload) {
  const std::string whole = number_text(7);
  folder.write("b/b.c", whole.substr(0, whole.find("answer") + 3));
  const test::Told failed = next();
  EXPECT_EQ(failed.phase, WatchPhase::kFailed);
  EXPECT_THAT(failed.error, HasSubstr("b.c"));
  EXPECT_EQ(answer(), 1);
  folder.write("b/b.c", whole);
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 7);
}

TEST_F(Saves, TimesWithoutContentAreNoChange) {
  fs::last_write_time(at("b/b.c"), fs::file_time_type::clock::now());
  folder.write("b/b.c", number_text(1)); // the same again
  expect_silence();
}

TEST_F(Saves, ContentWithoutATimeIsAChange) {
  const auto before = fs::last_write_time(at("b/b.c"));
  folder.write("b/b.c", number_text(8));
  fs::last_write_time(at("b/b.c"), before);
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 8);
}

TEST_F(Saves, WhatEditorsWriteBesideTheFileIsNoChange) {
  folder.write("b/.b.c.swp", "x");
  folder.write("b/b.c~", "x");
  folder.write("b/#b.c#", "x");
  folder.write("b/4913", "x");
  folder.write("b/notes.txt", "x");
  expect_silence();
}

TEST_F(Saves, ACommentIsNoNewCode) {
  folder.write("b/b.c", number_text(1) + "/* a comment */\n");
  EXPECT_EQ(next_phase(), WatchPhase::kUnchanged);
  EXPECT_EQ((*runtime)->bundles().at(0).generation, 1u);
}

TEST_F(Saves, AFileThatBecomesALinkIsFollowed) {
  folder.write("elsewhere/one.c", number_text(9));
  folder.write("elsewhere/two.c", number_text(10));
  fs::remove(at("b/b.c"));
  fs::create_symlink(at("elsewhere/one.c"), at("b/b.c"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 9);
  folder.write("elsewhere/one.c", number_text(11)); // the target is written
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 11);
  fs::create_symlink(at("elsewhere/two.c"), at("b/.new"));
  fs::rename(at("b/.new"), at("b/b.c")); // the link is swapped
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer(), 10);
}

TEST_F(Saves, ANewSourceJoinsTheBundle) {
  folder.write("b/b.c",
               number_text(1) + "int other(void);\n__attribute__((constructor)) static void f(void) { other(); }\n");
  ASSERT_EQ(next_phase(), WatchPhase::kFailed);
  folder.write("b/other.c", "int other(void) { return 1; }\n");
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
}

TEST_F(Saves, AManifestThatAppearsIsRead) {
  folder.write("b/graft.toml", "name = \"b\"\nversion = \"1.2.3\"\n");
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ((*runtime)->bundles().at(0).version, "1.2.3");
}

} // namespace
} // namespace graft
