// Reloads, loads and unloads without end: memory, descriptors, threads and mappings stay what they were.
#include "bundles.hpp"
#include "held.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>

namespace graft {
namespace {

using test::Held;
using test::number_text;
using test::Succeeds;
using test::text;

const bool kLong = std::getenv("GRAFT_LONG") != nullptr;

class Cycles : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime, Succeeds()); }

  /// Does `cycle` `count` times, and a tenth of that (500 at most) beforehand, for what is made once.
  void expect_flat(std::size_t count, const std::function<void(std::size_t)> &cycle) {
    const std::size_t warm = std::min<std::size_t>(500, count / 2);
    for (std::size_t i = 0; i < warm && !HasFailure(); ++i) cycle(i);
    const long before_kib = least_resident_kib(cycle);
    const Held before = Held::now();
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count && !HasFailure(); ++i) cycle(i);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const long grown_kib = least_resident_kib(cycle) - before_kib;
    const Held after = Held::now();
    std::printf(
        "%zu cycles, %.0f a second; resident %+ld KiB, %zu -> %zu mappings, %zu -> %zu descriptors, %zu -> %zu threads\n",
        count, static_cast<double>(count) / took.count(), grown_kib, before.mappings, after.mappings, before.descriptors,
        after.descriptors, before.threads, after.threads);
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_LE(after.threads, before.threads + 2); // who retires and who learns begin when they are first needed
    if (test::kInstrumented) return; // a sanitizer keeps records of its own, and what was freed
    EXPECT_LE(after.mappings, before.mappings + 16);
    EXPECT_LT(grown_kib, 1024);
  }

  /// Of some moments: compiles begin and end in the background, each where there is room.
  long least_resident_kib(const std::function<void(std::size_t)> &cycle) {
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < 8 && !HasFailure(); ++i) {
      cycle(i);
      settle();
      least = std::min(least, test::resident_bytes());
    }
    return static_cast<long>(least / 1024);
  }

  /// Until nothing is done in the background. What the C library keeps of what was freed is not left behind: how much that is
  /// depends on which of its arenas each thread was given.
  void settle() {
    (*runtime)->await_learning();
    EXPECT_THAT((*runtime)->await_retired(std::chrono::minutes(1)), Succeeds());
    ::malloc_trim(0);
  }

  // What is optimised in the background would be a thread, some pages and a few points more, or less.
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create({.tier_up = TierUp::kFast});
};

TEST_F(Cycles, ReloadsFromSourceLeaveNothingBehind) {
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  const auto bound = *runtime->bind<test_number>();
  expect_flat(kLong ? 10'000 : 300, [&](std::size_t i) {
    const int value = i % 2 == 0 ? 2 : 1;
    ASSERT_THAT(runtime->reload(text("n", number_text(value)), {Force::kYes}), Succeeds());
    ASSERT_EQ(bound->number(), value);
  });
}

TEST_F(Cycles, ReloadsThatCarryStateOverLeaveNothingBehind) {
  const auto version = [](const std::string &members) {
    return text("n",
                test::kNumberContract + "GRAFT_KEEP static struct { " + members +
                    " } s;\nstatic int32_t answer(void) { return ++s.n; }\nGRAFT_PROVIDE(number, {.number = answer})\n");
  };
  ASSERT_THAT(runtime->load(version("int n;")), Succeeds());
  ASSERT_THAT(runtime->reload(version("long pad; int n;")), Succeeds());
  const auto bound = *runtime->bind<test_number>();
  int calls = 0;
  expect_flat(kLong ? 10'000 : 300, [&](std::size_t) {
    ASSERT_THAT(runtime->rollback("n"), Succeeds());
    ASSERT_EQ(bound->number(), ++calls);
  });
}

TEST_F(Cycles, LoadsAndUnloadsLeaveNothingBehind) {
  expect_flat(kLong ? 100'000 : 1'000, [&](std::size_t) {
    ASSERT_THAT(runtime->load(text("n", number_text(7))), Succeeds());
    ASSERT_EQ((*runtime->bind<test_number>())->number(), 7);
    ASSERT_THAT(runtime->unload("n"), Succeeds());
  });
}

TEST_F(Cycles, ABundleWithConstructorsThreadLocalsAndExceptionsLeavesNothingBehind) {
  const std::string code = test::kNumberContract + R"(
#include <stdexcept>
#include <string>
#include <vector>
namespace {
std::vector<std::string> words{"one", "two"};
thread_local std::string last = "none";
int32_t answer(void) {
  try {
    throw std::runtime_error(words[1]);
  } catch (const std::exception &caught) {
    last = caught.what();
  }
  return static_cast<int32_t>(last.size() + words.size());
}
}
GRAFT_PROVIDE(number, {.number = answer})
)";
  ASSERT_THAT(runtime->load(text("n", code, "main.cpp")), Succeeds());
  ASSERT_THAT(runtime->reload(text("n", code + "static int other;\nint *use = &other;\n", "main.cpp")), Succeeds());
  const auto bound = *runtime->bind<test_number>();
  expect_flat(kLong ? 10'000 : 300, [&](std::size_t) {
    ASSERT_THAT(runtime->rollback("n"), Succeeds());
    ASSERT_EQ(bound->number(), 5);
  });
}

} // namespace
} // namespace graft
