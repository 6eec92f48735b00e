// Eight threads call without pause while code is swapped as fast as it can be: every call ends, in the old code or in the
// new, and two that are pinned together answer alike. Prints the rates; none is asserted.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

GRAFT_CONTRACT(pair_first, "test.first", 1, 0) { graft_status (*value)(uint64_t *started, int32_t *out); };
GRAFT_CONTRACT(pair_second, "test.second", 1, 0) { graft_status (*value)(uint64_t *started, int32_t *out); };

namespace graft {
namespace {

using test::Succeeds;
using test::text;
using Clock = std::chrono::steady_clock;

constexpr int kCallers = 8;

/// A bundle whose two contracts count a call on its way in and answer `number`.
MemoryBundle pair(int number) {
  const std::string body =
      "(uint64_t *started, int32_t *out) { ++*started; *out = " + std::to_string(number) + "; return 0; }\n";
  return text(
      "pair",
      "#include <graft/abi.h>\n"
      "GRAFT_CONTRACT(pair_first, \"test.first\", 1, 0) { graft_status (*value)(uint64_t *started, int32_t *out); };\n"
      "GRAFT_CONTRACT(pair_second, \"test.second\", 1, 0) { graft_status (*value)(uint64_t *started, int32_t *out); };\n"
      "static graft_status first" +
          body + "static graft_status second" + body +
          "GRAFT_PROVIDE(pair_first, {.value = first})\nGRAFT_PROVIDE(pair_second, {.value = second})\n");
}

/// What one caller saw. On a line of its own, so that the callers do not slow each other.
struct alignas(64) Tally {
  std::uint64_t asked = 0;                 ///< calls that it made
  std::uint64_t started = 0;               ///< counted by the plugin, on the way in
  std::array<std::uint64_t, 3> finished{}; ///< by who answered: version 1 or 2
  std::uint64_t errors = 0;
  std::uint64_t torn = 0; ///< views of both versions at once

  void note(graft_status status, int32_t answer) {
    if (status == GRAFT_OK && (answer == 1 || answer == 2))
      ++finished[static_cast<std::size_t>(answer)];
    else
      ++errors;
  }
};

class Traffic : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(pair(1)), Succeeds());
    ASSERT_THAT(runtime->reload(pair(2)), Succeeds()); // from here on both are at hand, compiled: `rollback` swaps them
  }

  void call(Tally &tally) const {
    const auto first = *runtime->bind<pair_first>();
    const auto second = *runtime->bind<pair_second>();
    while (!done.load(std::memory_order_relaxed)) { // relaxed: only when it ends
      for (int i = 0; i < 64; ++i) {
        int32_t answer = 0;
        ++tally.asked;
        tally.note(first->value(&tally.started, &answer), answer);
      }
      const auto view = (*runtime)->view(first, second);
      std::array<int32_t, 2> answers{};
      tally.asked += 2;
      tally.note(view.get<0>().value(&tally.started, &answers[0]), answers[0]);
      tally.note(view.get<1>().value(&tally.started, &answers[1]), answers[1]);
      if (answers[0] != answers[1]) ++tally.torn;
    }
  }

  /// Swaps until the time is over; how often.
  std::uint64_t swap_for(std::chrono::seconds length) {
    std::uint64_t swaps = 0;
    for (const auto end = Clock::now() + length; Clock::now() < end && !HasFailure(); ++swaps)
      EXPECT_THAT(runtime->rollback("pair"), Succeeds());
    return swaps;
  }

  void run() {
    const std::chrono::seconds length(std::getenv("GRAFT_LONG") != nullptr ? 60 : 2);
    std::vector<Tally> tallies(kCallers);
    std::vector<std::thread> callers;
    for (Tally &tally : tallies) callers.emplace_back([&] { call(tally); });
    const std::uint64_t swaps = swap_for(length);
    done = true;
    for (std::thread &caller : callers) caller.join();

    Tally sum;
    for (const Tally &tally : tallies) {
      sum.asked += tally.asked;
      sum.started += tally.started;
      sum.finished[1] += tally.finished[1];
      sum.finished[2] += tally.finished[2];
      sum.errors += tally.errors;
      sum.torn += tally.torn;
    }
    const double seconds = static_cast<double>(length.count());
    std::printf("%.0f swaps and %.2f million calls a second over %.0f s: %llu in one version, %llu in the other\n",
                static_cast<double>(swaps) / seconds, static_cast<double>(sum.asked) / seconds / 1e6, seconds,
                static_cast<unsigned long long>(sum.finished[1]), static_cast<unsigned long long>(sum.finished[2]));
    EXPECT_EQ(sum.started, sum.asked);
    EXPECT_EQ(sum.finished[1] + sum.finished[2], sum.started);
    EXPECT_EQ(sum.errors, 0u);
    EXPECT_EQ(sum.torn, 0u);
    EXPECT_GT(sum.finished[1], 0u);
    EXPECT_GT(sum.finished[2], 0u);
    EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  std::atomic<bool> done{false};
};

TEST_F(Traffic, EveryCallEndsInTheOldCodeOrInTheNew) { run(); }

TEST_F(Traffic, NeighboursThatComeAndGoDisturbNobody) {
  std::atomic<std::uint64_t> cycles{0};
  std::thread neighbours([&] {
    for (std::uint64_t i = 0; !done.load(std::memory_order_relaxed); i = ++cycles) {
      const std::string name = "neighbour" + std::to_string(i % 4);
      EXPECT_THAT(runtime->load(text(name, test::number_text(static_cast<int>(i)))), Succeeds());
      EXPECT_EQ((*runtime->bind<test_number>())->number(), static_cast<int>(i));
      EXPECT_THAT(runtime->unload(name), Succeeds());
    }
  });
  run();
  neighbours.join();
  std::printf("%llu neighbours came and went\n", static_cast<unsigned long long>(cycles.load()));
  EXPECT_GT(cycles.load(), 0u);
}

} // namespace
} // namespace graft
