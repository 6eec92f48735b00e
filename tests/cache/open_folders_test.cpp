// Is what an open folder says of a file what the file's path would say?
#include "cache/open_folders.hpp"
#include "temp_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace graft::driver {
namespace {

class OpenFoldersTest : public testing::Test {
 protected:
  /// Asked twice: the folder is opened for the first answer.
  void expect_as_stat(const std::string &path) {
    struct ::stat own{}, system{};
    const bool is_there = ::stat(path.c_str(), &system) == 0;
    for (int time = 0; time < 2; ++time) {
      ASSERT_EQ(folders_.status(path, own), is_there) << path;
      if (!is_there) continue;
      EXPECT_EQ(own.st_ino, system.st_ino) << path;
      EXPECT_EQ(own.st_dev, system.st_dev) << path;
      EXPECT_EQ(own.st_size, system.st_size) << path;
    }
  }

  const test::TempFolder folder_;
  OpenFolders folders_;
};

TEST_F(OpenFoldersTest, FilesAndFoldersAreThere) {
  expect_as_stat(folder_.write("sub/a.h", "text"));
  expect_as_stat(folder_ / "sub");
  expect_as_stat(folder_ / "sub/");
  expect_as_stat(folder_ / "sub/../sub/a.h");
  expect_as_stat(folder_ / "sub/.");
  expect_as_stat("/");
  expect_as_stat("/tmp");
}

TEST_F(OpenFoldersTest, WhatIsAbsentIsAbsent) {
  const std::string file = folder_.write("sub/a.h", "text");
  expect_as_stat(folder_ / "sub/b.h");
  expect_as_stat(folder_ / "none/b.h");
  expect_as_stat(file + "/b.h");
  expect_as_stat(file + "/");
  expect_as_stat("");
  expect_as_stat("no-such-file-here");
}

TEST_F(OpenFoldersTest, LinksAreFollowed) {
  folder_.write("sub/a.h", "text");
  std::filesystem::create_directory_symlink(folder_ / "sub", folder_ / "link");
  std::filesystem::create_symlink(folder_ / "sub/a.h", folder_ / "to.h");
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "dangling.h");
  std::filesystem::create_symlink(folder_ / "circle.h", folder_ / "circle.h");
  expect_as_stat(folder_ / "link/a.h");
  expect_as_stat(folder_ / "to.h");
  expect_as_stat(folder_ / "dangling.h");
  expect_as_stat(folder_ / "circle.h");
  expect_as_stat(folder_ / "circle.h/a.h");
}

TEST_F(OpenFoldersTest, ManyFoldersTakeFewDescriptors) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = descriptors();
  for (int i = 0; i < 200; ++i) expect_as_stat(folder_.write(std::to_string(i) + "/a.h", "text"));
  EXPECT_LT(descriptors(), before + 60);
}

} // namespace
} // namespace graft::driver
