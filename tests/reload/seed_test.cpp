// The seven tests of concurrent reload that graft grew from, on the real runtime with real source: contract reload.test@1, whose function
// returns 100 in v1 and 200 in v2. Their second (the direct swap) and fourth (many swaps) are about the store alone: tests/pins.
#include "bundles.hpp"
#include "matchers.hpp"
#include "reload_v1/reload_test.h"

#include <graft/runtime.hpp>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <thread>
#include <vector>

namespace graft {
namespace {

using test::shipped;
using test::Succeeds;

/// The seed's own counts, and ten times as many in the long form.
const int kTimes = std::getenv("GRAFT_LONG") != nullptr ? 10 : 1;

const char *folder(int version) { return version == 200 ? "reload_v2" : "reload_v1"; }

std::unique_ptr<Runtime> runtime_with_v1() {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime, Succeeds());
  EXPECT_THAT((*runtime)->load(shipped("reload_v1")), Succeeds());
  return *std::move(runtime);
}

int answer(const Runtime &runtime) {
  auto bound = runtime.bind<reload_test>();
  EXPECT_THAT(bound, Succeeds());
  return bound ? bound->version() : -1;
}

TEST(ReloadSeed, AReloadKeepsTheHandleAndChangesThePointerWhileThePinnedOneStaysReadable) {
  const auto runtime = runtime_with_v1();
  const graft_handle handle = *runtime->find("reload.test", 1);
  auto binding = runtime->resolve(handle);
  ASSERT_THAT(binding, Succeeds());
  const Pin before = binding->pin();

  ASSERT_THAT(runtime->reload(shipped("reload_v2")), Succeeds());

  const graft_handle again = *runtime->find("reload.test", 1);
  EXPECT_EQ(again.index, handle.index);
  EXPECT_EQ(again.tag, handle.tag);
  const Pin after = binding->pin();
  EXPECT_NE(before.table(), after.table());
  EXPECT_EQ(static_cast<const reload_test *>(before.table())->version(), 100);
  EXPECT_EQ(static_cast<const reload_test *>(after.table())->version(), 200);
}

TEST(ReloadSeed, AHundredAlternatingReloadsEachAnswerTheirVersion) {
  const auto runtime = runtime_with_v1();
  for (int round = 0; round < 100 * kTimes; ++round) {
    const int version = round % 2 == 0 ? 200 : 100;
    ASSERT_THAT(runtime->reload(shipped(folder(version))), Succeeds());
    ASSERT_EQ(answer(*runtime), version);
  }
  EXPECT_EQ(answer(*runtime), 100);
}

TEST(ReloadSeed, EveryReloadFiresReloadedOnceWithTheBundlesName) {
  const auto runtime = runtime_with_v1();
  int reloaded = 0;
  runtime->listen([&](const Event &event) {
    if (event.phase != Phase::kReloaded) return;
    ++reloaded;
    EXPECT_FALSE(event.bundle.empty());
  });
  for (int round = 0; round < 100 * kTimes; ++round)
    ASSERT_THAT(runtime->reload(shipped(folder(round % 2 == 0 ? 200 : 100))), Succeeds());
  EXPECT_EQ(reloaded, 100 * kTimes);
}

/// What a racing reload may end with: done, already so, or overtaken.
bool is_fair_outcome(const Result<BundleInfo> &result) {
  return result || result.code() == Code::kUnchanged || result.code() == Code::kSuperseded;
}

TEST(ReloadSeed, TwoThreadsRacingFortyReloadsLeaveACallableContract) {
  const auto runtime = runtime_with_v1();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread)
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 40 * kTimes; ++round) {
        const auto result = runtime->reload(shipped(folder((round + thread) % 2 == 0 ? 200 : 100)));
        EXPECT_TRUE(is_fair_outcome(result)) << result.error().text();
      }
    });
  for (std::thread &thread : threads) thread.join();
  const int version = answer(*runtime);
  EXPECT_TRUE(version == 100 || version == 200) << version;
}

TEST(ReloadSeed, BracketsOfFourThreadsNeverOverlapAndTheContractAlwaysResolves) {
  const auto runtime = runtime_with_v1();
  std::atomic<int> open{0};
  std::atomic<int> most{0};
  runtime->listen([&](const Event &event) {
    if (event.phase == Phase::kPreparing) {
      const int now = ++open;
      int seen = most.load();
      while (now > seen && !most.compare_exchange_weak(seen, now)) {}
    } else if (event.phase == Phase::kReloaded || (event.phase == Phase::kFailed && open > 0)) {
      --open;
    }
  });

  std::barrier start(4);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      start.arrive_and_wait();
      for (int round = 0; round < 50 * kTimes; ++round) {
        const auto result = runtime->reload(shipped(folder((round + thread) % 2 == 0 ? 200 : 100)));
        EXPECT_TRUE(is_fair_outcome(result)) << result.error().text();
        const int version = answer(*runtime);
        EXPECT_TRUE(version == 100 || version == 200) << version;
      }
    });
  for (std::thread &thread : threads) thread.join();

  EXPECT_EQ(most.load(), 1);
  EXPECT_EQ(open.load(), 0);
  const int version = answer(*runtime);
  EXPECT_TRUE(version == 100 || version == 200) << version;
}

} // namespace
} // namespace graft
