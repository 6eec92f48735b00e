// Entries on disk: damage, other processes, the bound, and a system that refuses.
#include "cache/disk_store.hpp"
#include "caching.hpp"
#include "seed.hpp"

#include <graft/base/fault.hpp>

#include <sys/mount.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <random>
#include <thread>

namespace graft::test {
namespace {

using driver::DiskStore;
using driver::EntryKind;
using testing::HasSubstr;

class CacheOnDisk : public Caching {
 protected:
  std::unique_ptr<DiskStore> open(std::uint64_t max_bytes = 1 << 20) {
    auto store = DiskStore::open(config.folder, max_bytes);
    EXPECT_THAT(store, Succeeds());
    return *std::move(store);
  }
  static ContentKey key(int number) { return driver::content_key(std::to_string(number)); }
  static std::string read(const DiskStore &store, int number) {
    const auto entry = store.get(EntryKind::kArtifact, key(number));
    return entry ? std::string(entry->body().begin(), entry->body().end()) : "nothing";
  }
  static Result<void> put(const DiskStore &store, int number, const std::string &body) {
    return store.put(EntryKind::kArtifact, key(number), body);
  }
  static void rewrite(const std::filesystem::path &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  static std::string bytes_of(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(CacheOnDisk, GivesBackWhatWasPut) {
  const auto store = open();
  EXPECT_EQ(read(*store, 1), "nothing");
  ASSERT_THAT(put(*store, 1, "body"), Succeeds());
  EXPECT_EQ(read(*store, 1), "body");
  EXPECT_EQ(read(*open(), 1), "body");
  EXPECT_FALSE(store->get(EntryKind::kRecord, key(1))) << "of another kind";
}

TEST_F(CacheOnDisk, HasNothingWhereAnyByteIsDamaged) {
  std::mt19937 random(seed_of_run());
  const auto store = open();
  ASSERT_THAT(put(*store, 1, std::string(100, 'x')), Succeeds());
  const std::filesystem::path file = entries().at(0);
  const std::string good = bytes_of(file);
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
    if (random() % 2 == 0) bad.resize(random() % bad.size());
    rewrite(file, bad);
    EXPECT_EQ(read(*store, 1), "nothing");
  }
  rewrite(file, good);
  EXPECT_EQ(read(*store, 1), std::string(100, 'x'));
}

TEST_F(CacheOnDisk, OpensAnEntryUnderItsOwnNameOnly) {
  const auto store = open();
  ASSERT_THAT(put(*store, 1, "one"), Succeeds());
  const std::string one = bytes_of(entries().at(0));
  ASSERT_THAT(put(*store, 2, "two"), Succeeds());
  for (const auto &file : entries()) rewrite(file, one);
  EXPECT_EQ(read(*store, 1), "one");
  EXPECT_EQ(read(*store, 2), "nothing");
}

TEST_F(CacheOnDisk, DoesNotOpenWhatWasSealedWithAnotherKey) {
  ASSERT_THAT(put(*open(), 1, "one"), Succeeds());
  std::filesystem::remove(folder / "cache/key");
  EXPECT_EQ(read(*open(), 1), "nothing");
}

TEST_F(CacheOnDisk, CompilesWhatIsDamagedAgain) {
  const std::string text = "int f(void) { return 1; }";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(origin(text), Origin::kCompiled);
    EXPECT_EQ(origin(text), Origin::kDisk);
    for (const auto &file : entries()) rewrite(file, bytes_of(file).substr(0, 60 + static_cast<std::size_t>(round)));
  }
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_TRUE(said.lines().empty());
}

TEST_F(CacheOnDisk, IsOneForAllWhoMakeItAtOnce) {
  constexpr int kMakers = 16;
  std::vector<std::unique_ptr<DiskStore>> stores(kMakers);
  {
    std::vector<std::jthread> makers;
    for (int i = 0; i < kMakers; ++i)
      makers.emplace_back([&, i] {
        auto store = DiskStore::open(config.folder, 1 << 20);
        if (store) stores[static_cast<std::size_t>(i)] = *std::move(store);
      });
  }
  for (const auto &store : stores) ASSERT_NE(store, nullptr);
  ASSERT_THAT(put(*stores.front(), 1, "body"), Succeeds());
  for (const auto &store : stores) EXPECT_EQ(read(*store, 1), "body");
}

TEST_F(CacheOnDisk, NeverShowsHalfOfWhatManyWrite) {
  const auto store = open();
  const std::string body(100'000, 'x');
  std::atomic<int> wrong{0};
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        if (!put(*store, round % 3, body)) ++wrong;
        const std::string found = read(*store, round % 3);
        if (found != body) ++wrong;
      }
    });
  writers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store->verify().damaged, 0u);
}

TEST_F(CacheOnDisk, KeepsWhatWasUsedLastWhenThereIsTooMuch) {
  const auto store = open(10'000);
  for (int number = 0; number < 20; ++number) ASSERT_THAT(put(*store, number, std::string(960, 'x')), Succeeds());
  const std::time_t now = std::time(nullptr);
  for (int number = 0; number < 20; ++number) {
    const std::string name = driver::entry_name(EntryKind::kArtifact, key(number));
    const std::string path = config.folder + "/1/" + name.substr(0, 2) + "/" + name.substr(2);
    const timespec used[2] = {{now - 2'000 + number, 0}, {now - 2'000 + number, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), used, 0), 0);
  }
  EXPECT_NE(read(*store, 0), "nothing"); // used now
  const CachePruned pruned = store->prune();
  EXPECT_EQ(pruned.entries, 12u);
  EXPECT_NE(read(*store, 0), "nothing");
  for (int number = 1; number < 13; ++number) EXPECT_EQ(read(*store, number), "nothing") << number;
  for (int number = 13; number < 20; ++number) EXPECT_NE(read(*store, number), "nothing") << number;
  EXPECT_LE(store->stat().bytes, 8'000u);
}

TEST_F(CacheOnDisk, StaysWithinItsBoundByItself) {
  config.max_bytes = 64 << 10;
  const auto compiler = *driver::Compiler::create({.cache = config});
  for (int number = 0; number < 40; ++number)
    ASSERT_THAT(compiler->compile(job("char a" + std::to_string(number) +
                                      "[] = {1, 2};\nstatic const char b[5000] = {3};\n"
                                      "const char *c" +
                                      std::to_string(number) + " = b;")),
                Succeeds());
  compiler->await_cache();
  EXPECT_LE(open(config.max_bytes)->stat().bytes, config.max_bytes + 16'384);
  EXPECT_GT(entries().size(), 0u);
}

TEST_F(CacheOnDisk, PrunesOnceAtATime) {
  const auto store = open(1);
  ASSERT_THAT(put(*store, 1, "body"), Succeeds());
  EXPECT_TRUE(store->is_due());
  std::vector<std::jthread> pruners;
  std::atomic<std::uint64_t> removed{0};
  for (int i = 0; i < 8; ++i) pruners.emplace_back([&] { removed += open(1)->prune().entries; });
  pruners.clear();
  EXPECT_EQ(removed, 1u);
  EXPECT_FALSE(store->is_due());
}

TEST_F(CacheOnDisk, SweepsWhatWasLeftHalfWritten) {
  const auto store = open();
  ASSERT_THAT(put(*store, 1, "body"), Succeeds());
  const std::string shelf = entries().at(0).parent_path();
  const std::string old = shelf + "/.new-aaaaaa", fresh = shelf + "/.new-bbbbbb";
  rewrite(old, "half");
  rewrite(fresh, "half");
  const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ::utimensat(AT_FDCWD, old.c_str(), long_ago, 0);
  store->prune();
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(fresh)) << "somebody may be writing it";
  EXPECT_EQ(read(*store, 1), "body");
}

TEST_F(CacheOnDisk, VerifiesEachEntryAndRemovesTheDamaged) {
  const auto store = open();
  for (int number = 0; number < 5; ++number) ASSERT_THAT(put(*store, number, "body"), Succeeds());
  rewrite(entries().at(2), "damaged");
  const CacheCheck check = store->verify();
  EXPECT_EQ(check.good, 4u);
  EXPECT_EQ(check.damaged, 1u);
  EXPECT_EQ(store->verify().damaged, 0u);
  EXPECT_EQ(store->stat().artifacts, 4u);
}

// No cache to be had: everything works, and it is said once.

TEST_F(CacheOnDisk, IsNotNeededWhenItsFolderCannotBeMade) {
  config.folder = "/proc/graft";
  const auto compiler = *driver::Compiler::create({.cache = config, .tell = said.tell()});
  for (int i = 0; i < 2; ++i) EXPECT_THAT(compiler->compile(job("int a;")), Succeeds());
  ASSERT_EQ(said.lines().size(), 1u);
  EXPECT_THAT(said.lines()[0], HasSubstr("compiled without a cache: cache folder '/proc/graft' cannot be made"));
}

TEST_F(CacheOnDisk, IsNotTakenFromAFolderThatOthersMayWriteTo) {
  std::filesystem::create_directory(config.folder);
  ::chmod(config.folder.c_str(), 0777);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_THAT(said.lines().at(0), HasSubstr("can be written by others: chmod 700 it"));
  EXPECT_TRUE(entries().empty());
}

TEST_F(CacheOnDisk, IsNotTakenFromSomeoneElse) {
  std::filesystem::create_directory(config.folder);
  if (::chown(config.folder.c_str(), 65'534, 65'534) != 0) GTEST_SKIP() << "only root can give a folder away";
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_THAT(said.lines().at(0), HasSubstr("belongs to user 65534, not to user"));
}

TEST_F(CacheOnDisk, IsNotReadWithAKeyThatOthersKnow) {
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  ::chmod((folder / "cache/key").c_str(), 0644);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_THAT(said.lines().at(0), HasSubstr("is open to others: chmod 600 it"));
}

TEST_F(CacheOnDisk, IsNotReadWithHalfAKey) {
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  std::filesystem::resize_file(folder / "cache/key", 16);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_THAT(said.lines().at(0), HasSubstr("has 16 bytes, not 32; remove it"));
}

TEST_F(CacheOnDisk, IsNotFilledFromAFullDisk) {
  std::filesystem::create_directory(config.folder);
  if (::mount("none", config.folder.c_str(), "tmpfs", 0, "size=32k,mode=700") != 0)
    GTEST_SKIP() << "only root can mount a small disk";
  const std::string large = "const char a[200000] = {1};";
  {
    const auto compiler = *driver::Compiler::create({.cache = config, .tell = said.tell()});
    for (int i = 0; i < 2; ++i) EXPECT_THAT(compiler->compile(job(large)), Succeeds());
  }
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_EQ(origin("int a;"), Origin::kDisk) << "there is room for this one";
  ASSERT_EQ(::umount(config.folder.c_str()), 0);
  ASSERT_EQ(said.lines().size(), 1u);
  EXPECT_THAT(said.lines()[0], HasSubstr("not kept for the next time: cannot write"));
}

TEST_F(CacheOnDisk, IsReadButNotFilledWhenItIsReadOnly) {
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  if (::mount(config.folder.c_str(), config.folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "only root can mount";
  ASSERT_EQ(::mount(nullptr, config.folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(origin("int a;"), Origin::kDisk);
  EXPECT_EQ(origin("int b;"), Origin::kCompiled);
  EXPECT_EQ(origin("int b;"), Origin::kCompiled);
  ASSERT_EQ(::umount(config.folder.c_str()), 0);
  EXPECT_THAT(said.lines().at(0), HasSubstr("Read-only file system"));
}

TEST_F(CacheOnDisk, NeverMakesACompileFailWhateverIsRefused) {
  write_old("first/a.h", "int b;\n");
  const driver::Job same = job("#include \"a.h\"\nint a;");
  for (const fault::Lasting lasting : {fault::Lasting::kOnce, fault::Lasting::kFromThenOn}) {
    bool is_through = false;
    for (std::uint64_t number = 1; !is_through; ++number) {
      std::filesystem::remove_all(config.folder);
      is_through = true;
      for (int round = 0; round < 2; ++round) {
        const fault::Injection injection(number, lasting);
        const auto artifact = compile(same); // and its compiler is gone: all is stored
        const std::string failed = injection.failed() != nullptr ? injection.failed() : "";
        is_through &= failed.empty();
        const std::string why = artifact ? "" : artifact.error().text();
        const bool is_its_own = why.contains("no thread to compile on") || why.contains("clang crashed");
        if (!is_its_own) EXPECT_THAT(artifact, Succeeds()) << failed;
      }
    }
  }
  EXPECT_EQ(origin(same), Origin::kDisk);
}

} // namespace
} // namespace graft::test
