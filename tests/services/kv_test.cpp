// The store of keys and values by itself: its limits to the byte, its counts, its clock, its threads.
#include "manual_clock.hpp"
#include "matchers.hpp"
#include "seed.hpp"

#include <graft/kv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<KvStore> store_of(KvLimits limits, Clock *clock = nullptr) {
  return *KvStore::create({.limits = limits, .clock = clock});
}

std::string read(const KvSpace &space, std::string_view key) {
  auto value = space.get(key);
  return value ? *value : "<" + std::string(to_string(value.code())) + ">";
}

TEST(Kv, WhatWasSetIsReadAndWhatWasRemovedIsNot) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  ASSERT_THAT(space.set("key", "value"), Succeeds());
  EXPECT_EQ(read(space, "key"), "value");
  ASSERT_THAT(space.remove("key"), Succeeds());
  EXPECT_THAT(space.get("key"), FailsWith(Code::kNotFound, HasSubstr("there is no key 'key' of 'a'")));
  EXPECT_THAT(space.remove("key"), FailsWith(Code::kNotFound, HasSubstr("key 'key' of 'a'")));
}

TEST(Kv, SpacesDoNotSeeEachOther) {
  auto store = *KvStore::create();
  ASSERT_THAT(store->space("a").set("key", "1"), Succeeds());
  EXPECT_EQ(read(store->space("b"), "key"), "<not found>");
  EXPECT_THAT(store->spaces(), ElementsAre("a"));
}

TEST(Kv, TooLittleRoomCopiesNothingAndSaysHowMuchIsNeeded) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  ASSERT_THAT(space.set("key", "12345"), Succeeds());
  char room[5] = {'x', 'x', 'x', 'x', 'x'};
  std::size_t size = 0;
  EXPECT_EQ(space.get("key", room, 4, size), Code::kExhausted);
  EXPECT_EQ(size, 5u);
  EXPECT_EQ(std::string_view(room, 5), "xxxxx");
  EXPECT_EQ(space.get("key", room, 5, size), Code::kOk);
  EXPECT_EQ(std::string_view(room, 5), "12345");
}

TEST(Kv, ValuesAndKeysMayBeAsLongAsTheirLimitAndNotOneByteLonger) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  EXPECT_THAT(space.set(std::string(1024, 'k'), std::string(65'536, 'v')), Succeeds());
  EXPECT_THAT(space.set("key", std::string(65'537, 'v')),
              FailsWith(Code::kPayloadLimit, HasSubstr("65537 bytes, at most 65536")));
  EXPECT_THAT(space.set(std::string(1025, 'k'), ""), FailsWith(Code::kPayloadLimit, HasSubstr("1025 bytes, at most 1024")));
  EXPECT_THAT(space.set("", "v"), FailsWith(Code::kInvalid, HasSubstr("empty")));
  EXPECT_EQ(space.use(), (KvUse{1, 1024 + 65'536, 1}));
}

TEST(Kv, TheLastKeyFitsTheNextDoesNotAndOverwritingStillDoes) {
  auto store = store_of({.keys = 3});
  KvSpace &space = store->space("a");
  for (const char *key : {"1", "2", "3"}) ASSERT_THAT(space.set(key, "x"), Succeeds());
  EXPECT_THAT(space.set("4", "x"), FailsWith(Code::kStorageLimit, HasSubstr("has 3 keys, as many as it may")));
  EXPECT_THAT(space.set("3", "yyy"), Succeeds());
  ASSERT_THAT(space.remove("1"), Succeeds());
  EXPECT_THAT(space.set("4", "x"), Succeeds());
}

TEST(Kv, TheLastByteFitsAndTheNextDoesNot) {
  auto store = store_of({.total_bytes = 10});
  KvSpace &space = store->space("ab"); // 2 bytes of name
  EXPECT_THAT(space.set("k", "12345678"), FailsWith(Code::kStorageLimit, HasSubstr("keep 0 of 10 bytes")));
  EXPECT_EQ(store->use(), (KvUse{}));
  EXPECT_THAT(space.set("k", "1234567"), Succeeds());
  EXPECT_EQ(store->use(), (KvUse{1, 10, 1}));
  EXPECT_THAT(space.set("k", "12345678"), FailsWith(Code::kStorageLimit, HasSubstr("needs 1 more")));
  EXPECT_EQ(read(space, "k"), "1234567");
  EXPECT_THAT(space.set("k", "7654321"), Succeeds());
  ASSERT_THAT(space.remove("k"), Succeeds());
  EXPECT_EQ(store->use(), (KvUse{}));
}

TEST(Kv, ASpaceTooManyIsRefusedUntilOneIsEmpty) {
  auto store = store_of({.spaces = 2});
  ASSERT_THAT(store->space("a").set("k", "v"), Succeeds());
  ASSERT_THAT(store->space("b").set("k", "v"), Succeeds());
  EXPECT_THAT(store->space("c").set("k", "v"), FailsWith(Code::kStorageLimit, HasSubstr("2 bundles keep something")));
  ASSERT_THAT(store->space("a").remove("k"), Succeeds());
  EXPECT_THAT(store->space("c").set("k", "v"), Succeeds());
}

TEST(Kv, ASpaceMayHaveLimitsOfItsOwn) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  space.limit(2, 8);
  ASSERT_THAT(space.set("1", "abc"), Succeeds());
  EXPECT_THAT(space.set("2", "abcd"), FailsWith(Code::kStorageLimit, HasSubstr("keeps 4 of 8 bytes")));
  ASSERT_THAT(space.set("2", "abc"), Succeeds());
  EXPECT_THAT(space.set("3", ""), FailsWith(Code::kStorageLimit, HasSubstr("has 2 keys")));
}

TEST(Kv, ZeroIsNoLimit) {
  auto store = store_of({0, 0, 0, 0, 0, 0});
  EXPECT_THAT(store->space("a").set(std::string(5000, 'k'), std::string(200'000, 'v')), Succeeds());
}

TEST(Kv, KeysAreListedInOrderByTheirBeginning) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  for (const char *key : {"user:2", "user:10", "users", "zone", "user:1"}) ASSERT_THAT(space.set(key, ""), Succeeds());
  EXPECT_THAT(space.keys("user:"), ElementsAre("user:1", "user:10", "user:2"));
  EXPECT_THAT(space.keys("nobody"), IsEmpty());
}

TEST(Kv, CompareAndSetSeesAnotherValueAnAbsentOneAndAPresentOne) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  EXPECT_THAT(space.compare_and_set("k", "1", "2"), FailsWith(Code::kConflict, HasSubstr("is not there")));
  EXPECT_THAT(space.compare_and_set("k", std::nullopt, "1"), Succeeds());
  EXPECT_THAT(space.compare_and_set("k", std::nullopt, "2"), FailsWith(Code::kConflict, HasSubstr("another value")));
  EXPECT_THAT(space.compare_and_set("k", "1", "2"), Succeeds());
  EXPECT_EQ(read(space, "k"), "2");
  EXPECT_THAT(space.compare_and_set("k", "2", std::nullopt), Succeeds());
  EXPECT_EQ(store->use(), (KvUse{}));
}

TEST(Kv, IncrementBeginsAtNothingAndRefusesWhatIsNoNumberOrDoesNotFit) {
  auto store = *KvStore::create();
  KvSpace &space = store->space("a");
  EXPECT_EQ(*space.increment("n", 5), 5);
  EXPECT_EQ(*space.increment("n", -7), -2);
  EXPECT_EQ(read(space, "n"), std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8));
  EXPECT_THAT(space.increment("n", std::numeric_limits<std::int64_t>::min()),
              FailsWith(Code::kInvalid, HasSubstr("does not fit")));
  ASSERT_THAT(space.set("text", "12"), Succeeds());
  EXPECT_THAT(space.increment("text", 1), FailsWith(Code::kIncompatible, HasSubstr("has 2 bytes; a number has 8")));
}

TEST(Kv, AKeyIsGoneWhenItsTimeHasPassedAndNotBefore) {
  test::ManualClock clock;
  auto store = store_of({}, &clock);
  KvSpace &space = store->space("a");
  ASSERT_THAT(space.set("k", "v", 100ms), Succeeds());
  clock.advance(99ms);
  EXPECT_EQ(read(space, "k"), "v");
  clock.advance(1ms);
  EXPECT_EQ(read(space, "k"), "<not found>");
  EXPECT_THAT(space.keys(), IsEmpty());
  EXPECT_THAT(space.compare_and_set("k", std::nullopt, "new"), Succeeds());
  EXPECT_EQ(read(space, "k"), "new");
}

TEST(Kv, WhatIsPastItsTimeMakesRoom) {
  test::ManualClock clock;
  auto store = store_of({.keys = 2}, &clock);
  KvSpace &space = store->space("a");
  ASSERT_THAT(space.set("1", "v", 10ms), Succeeds());
  ASSERT_THAT(space.set("2", "v"), Succeeds());
  EXPECT_EQ(space.set("3", "v").code(), Code::kStorageLimit);
  clock.advance(10ms);
  EXPECT_THAT(space.set("3", "v"), Succeeds());
  EXPECT_EQ(store->use(), (KvUse{2, 5, 1}));
}

TEST(Kv, AnIncrementKeepsTheTimeToLive) {
  test::ManualClock clock;
  auto store = store_of({}, &clock);
  KvSpace &space = store->space("a");
  ASSERT_THAT(space.set("n", std::string(8, '\0'), 10ms), Succeeds());
  EXPECT_EQ(*space.increment("n", 3), 3);
  clock.advance(10ms);
  EXPECT_EQ(*space.increment("n", 3), 3);
}

TEST(Kv, WhateverIsDoneTheCountsAreThoseOfAPlainMap) {
  std::mt19937 random(test::seed_of_run());
  KvLimits limits{.key_bytes = 6, .value_bytes = 12, .keys = 5, .spaces = 2, .total_bytes = 60};
  auto store = store_of(limits);
  std::map<std::string, std::map<std::string, std::string>> model;
  const auto bytes = [&] {
    std::size_t sum = 0;
    for (const auto &[name, keys] : model) {
      if (!keys.empty()) sum += name.size();
      for (const auto &[key, value] : keys) sum += key.size() + value.size();
    }
    return sum;
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string name(1, "abc"[random() % 3]);
    const std::string key(1 + random() % 7, static_cast<char>('a' + random() % 2));
    auto &keys = model[name];
    if (random() % 3 == 0) {
      EXPECT_EQ(store->space(name).remove(key).code(), keys.erase(key) != 0 ? Code::kOk : Code::kNotFound);
    } else {
      const std::string value(random() % 14, 'v');
      auto before = model;
      keys[key] = value;
      std::size_t spaces = 0;
      for (const auto &[one, held] : model) spaces += held.empty() ? 0 : 1;
      const bool is_long = key.size() > limits.key_bytes || value.size() > limits.value_bytes;
      const bool grows = before[name].count(key) == 0 || value.size() > before[name][key].size();
      const bool is_full = (keys.size() > limits.keys) || spaces > limits.spaces || (grows && bytes() > limits.total_bytes);
      const Code expected = is_long ? Code::kPayloadLimit : is_full ? Code::kStorageLimit : Code::kOk;
      ASSERT_EQ(store->space(name).set(key, value).code(), expected) << name << " " << key << " " << value.size();
      if (expected != Code::kOk) model = before;
    }
    ASSERT_EQ(store->use().bytes, bytes());
  }
}

TEST(Kv, ThreadsLoseNoUpdate) {
  auto store = *KvStore::create();
  constexpr int kThreads = 8, kEach = 5'000;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&] {
        KvSpace &space = store->space("a");
        for (int index = 0; index < kEach; ++index) {
          ignore(space.increment("n", 1), "what came of it is looked at below");
          for (;;) {
            const auto seen = space.get("text");
            const auto expected = seen ? std::optional<std::string_view>(*seen) : std::nullopt;
            if (space.compare_and_set("text", expected, std::to_string(seen ? std::stoi(*seen) + 1 : 1))) break;
          }
        }
      });
  }
  EXPECT_EQ(*store->space("a").increment("n", 0), kThreads * kEach);
  EXPECT_EQ(read(store->space("a"), "text"), std::to_string(kThreads * kEach));
}

TEST(Kv, ALimitHoldsHoweverManyThreadsRunAgainstIt) {
  auto store = store_of({.keys = 0, .spaces = 0, .total_bytes = 1000});
  std::atomic<int> done{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread)
      threads.emplace_back([&, thread] {
        KvSpace &space = store->space(std::string(1, static_cast<char>('a' + thread)));
        for (int index = 0; index < 500; ++index)
          if (space.set(std::to_string(index % 40), std::string(static_cast<std::size_t>(index % 30), 'x')))
            done.fetch_add(1, std::memory_order_relaxed);
      });
    while (done.load(std::memory_order_relaxed) < 100) { // relaxed: it only tells that there is something to see
      ASSERT_LE(store->use().bytes, 1000u);
      std::this_thread::yield();
    }
  }
  std::size_t bytes = 0;
  for (const std::string &name : store->spaces()) bytes += name.size() + store->space(name).use().bytes;
  EXPECT_EQ(store->use().bytes, bytes);
  EXPECT_LE(bytes, 1000u);
}

} // namespace
} // namespace graft
