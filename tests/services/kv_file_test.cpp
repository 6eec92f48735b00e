// The store with a file: what is there after an end, a kill, a refusal.
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/kv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(KvFile, BelowASymbolicLinkIsRefusedWithTheRealPath) {
  const test::TempFolder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink(folder / "real", folder / "link");
  EXPECT_THAT(KvStore::create({.file = folder.path() / "link" / "store.kv"}),
              FailsWith(testing::_, HasSubstr("name it as '" + folder / "real/store.kv")));
}

TEST(KvFile, WhatWasKeptIsThereTheNextTime) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  {
    auto store = *KvStore::create({.file = path});
    ASSERT_THAT(store->space("a").set("k", std::string("\0v", 2)), Succeeds());
    ASSERT_THAT(store->space("a").set("gone", "1"), Succeeds());
    ASSERT_THAT(store->space("a").remove("gone"), Succeeds());
    ASSERT_THAT(store->space("b").increment("n", 41), Succeeds());
  }
  auto store = *KvStore::create({.file = path});
  EXPECT_EQ(*store->space("a").get("k"), std::string("\0v", 2));
  EXPECT_THAT(store->space("a").keys(), ElementsAre("k"));
  EXPECT_EQ(*store->space("b").increment("n", 1), 42);
  EXPECT_EQ(store->use().bytes, 1u + 1 + 2 + 1 + 1 + 8);
}

TEST(KvFile, TimesToLiveGoOnByTheWallClock) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  std::int64_t wall = 1'000'000'000'000;
  const auto now = [&] { return wall; };
  {
    auto store = *KvStore::create({.file = path, .wall_ns = now});
    ASSERT_THAT(store->space("a").set("short", "v", 1s), Succeeds());
    ASSERT_THAT(store->space("a").set("long", "v", 1h), Succeeds());
  }
  wall += 60'000'000'000;
  auto store = *KvStore::create({.file = path, .wall_ns = now});
  EXPECT_THAT(store->space("a").keys(), ElementsAre("long"));
}

TEST(KvFile, WhatAWriteSaidWasDoneSurvivesAKill) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  int done[2];
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) { // writes, and says so, until it is killed
    auto store = KvStore::create({.file = path});
    if (!store) ::_exit(1);
    for (std::int64_t count = 1;; ++count) {
      if (!(*store)->space("a").set("key" + std::to_string(count % 100), std::to_string(count)) ||
          !(*store)->space("a").increment("count", 1))
        ::_exit(2);
      if (::write(done[1], &count, sizeof count) != sizeof count) ::_exit(3);
    }
  }
  ::close(done[1]);
  std::int64_t count = 0, said = 0;
  while (said < 500 && ::read(done[0], &count, sizeof count) == sizeof count) said = count;
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;
  while (::read(done[0], &count, sizeof count) == sizeof count) said = count;
  ::close(done[0]);

  auto store = KvStore::create({.file = path});
  ASSERT_THAT(store, Succeeds());
  const std::int64_t kept = *(*store)->space("a").increment("count", 0);
  EXPECT_GE(kept, said);
  EXPECT_LE(kept, said + 1); // one that was done and not said any more
  for (std::int64_t back = 0; back < 100; ++back) {
    const std::int64_t last = said - back;
    const std::string value = *(*store)->space("a").get("key" + std::to_string(last % 100));
    EXPECT_TRUE(value == std::to_string(last) || value == std::to_string(last + 100)) << value << " beside " << last;
  }
}

TEST(KvFile, TwoStoresDoNotShareAFile) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  auto store = *KvStore::create({.file = path});
  ASSERT_THAT(store->space("a").set("k", "v"), Succeeds());
  EXPECT_THAT(KvStore::create({.file = path}), FailsWith(Code::kBusy, HasSubstr("store.kv")));
}

TEST(KvFile, AFileThatIsNoStoreIsRefusedByName) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  std::ofstream(path) << std::string(4096, 'x');
  EXPECT_THAT(KvStore::create({.file = path}), FailsWith(Code::kInvalid, HasSubstr("store.kv")));
}

TEST(KvFile, AFileOfAnotherFormatIsLeftAlone) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  {
    auto store = *KvStore::create({.file = path});
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(60); // where SQLite keeps the user_version
  file.write("\0\0\0\7", 4);
  file.close();
  EXPECT_THAT(KvStore::create({.file = path}),
              FailsWith(Code::kIncompatible, HasSubstr("has format 7, this graft reads format 1")));
}

TEST(KvFile, AFolderThatIsNotThereIsAnError) {
  EXPECT_THAT(KvStore::create({.file = "/nowhere/at/all.kv"}),
              FailsWith(Code::kEnvironment, HasSubstr("/nowhere/at/all.kv")));
}

TEST(KvFile, MoreThanTheLimitsAllowIsKeptAndNotAddedTo) {
  const test::TempFolder folder;
  const auto path = folder.path() / "store.kv";
  {
    auto store = *KvStore::create({.file = path});
    for (const char *key : {"1", "2", "3"}) ASSERT_THAT(store->space("a").set(key, "v"), Succeeds());
  }
  auto store = *KvStore::create({.limits = {.keys = 2}, .file = path});
  EXPECT_THAT(store->space("a").keys(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(store->space("a").set("4", "v").code(), Code::kStorageLimit);
  EXPECT_THAT(store->space("a").set("3", "w"), Succeeds());
}

} // namespace
} // namespace graft
