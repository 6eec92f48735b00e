// Callers that never stop while code is swapped under them: no call fails, none sees half of two versions, nothing leaks.
#include "bundles.hpp"
#include "held.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <atomic>
#include <thread>
#include <vector>

GRAFT_CONTRACT(pair_first, "test.first", 1, 0) { int32_t (*value)(void); };
GRAFT_CONTRACT(pair_second, "test.second", 1, 0) { int32_t (*value)(void); };

namespace graft {
namespace {

using test::number_text;
using test::Succeeds;
using test::text;

const int kRounds = getenv("GRAFT_LONG") != nullptr ? 2'000 : 100;

TEST(ReloadUnderLoad, NoCallFailsWhileCodeIsSwapped) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("number", number_text(100))), Succeeds());
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0}, calls{0};
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 6; ++thread)
    callers.emplace_back([&] {
      const auto bound = runtime->bind<test_number>();
      std::uint64_t own = 0;
      while (!done.load(std::memory_order_relaxed)) {
        const int value = bound->number();
        if (value != 100 && value != 200) ++wrong;
        ++own;
      }
      calls += own;
    });
  for (int round = 0; round < kRounds; ++round)
    ASSERT_THAT(runtime->reload(text("number", number_text(round % 2 == 0 ? 200 : 100))), Succeeds());
  done = true;
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(calls.load(), 0u);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

std::string pair_text(int value) {
  const std::string number = std::to_string(value);
  return "#include <graft/abi.h>\n"
         "GRAFT_CONTRACT(pair_first, \"test.first\", 1, 0) { int32_t (*value)(void); };\n"
         "GRAFT_CONTRACT(pair_second, \"test.second\", 1, 0) { int32_t (*value)(void); };\n"
         "static int32_t value(void) { return " + number + "; }\n"
         "GRAFT_PROVIDE(pair_first, {.value = value})\nGRAFT_PROVIDE(pair_second, {.value = value})\n";
}

TEST(ReloadUnderLoad, AViewNeverSeesHalfOfAPublication) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("pair", pair_text(1))), Succeeds());
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0};
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 2; ++thread)
    callers.emplace_back([&] {
      const auto first = *runtime->bind<pair_first>();
      const auto second = *runtime->bind<pair_second>();
      while (!done.load(std::memory_order_relaxed)) {
        const auto view = (*runtime)->view(first, second);
        if (view.get<0>().value() != view.get<1>().value()) ++torn;
      }
    });
  for (int round = 2; round < kRounds; ++round)
    ASSERT_THAT(runtime->reload(text("pair", pair_text(round))), Succeeds());
  done = true;
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(torn.load(), 0u);
}

TEST(ReloadUnderLoad, AGenerationStaysMappedWhileACallIsInside) {
  auto runtime = Runtime::create();
  const std::string waits = "#include <graft/abi.h>\n"
                            "GRAFT_CONTRACT(waiter, \"test.waiter\", 1, 0) { int32_t (*wait)(void (*meet)(void *), void *); };\n"
                            "static int32_t wait_here(void (*meet)(void *), void *c) { meet(c); return VALUE; }\n"
                            "GRAFT_PROVIDE(waiter, {.wait = wait_here})\n";
  const auto version = [&](const std::string &value) {
    std::string code = waits;
    return code.replace(code.find("VALUE"), 5, value);
  };
  struct waiter {
    int32_t (*wait)(void (*meet)(void *), void *);
  };
  ASSERT_THAT(runtime->load(text("waiter", version("1"))), Succeeds());
  const Binding binding = *runtime->resolve(*runtime->find("test.waiter", 1));

  struct Inside {
    Runtime *runtime;
    std::string newer;
    std::size_t retired = 0;
  } inside{(*runtime).get(), version("2"), 0};
  const auto meet = [](void *context) {
    auto &self = *static_cast<Inside *>(context);
    EXPECT_THAT(self.runtime->reload(text("waiter", self.newer)), Succeeds());
    self.retired = self.runtime->bundles().front().retired;
  };
  {
    const Pin pin = binding.pin();
    EXPECT_EQ(static_cast<const waiter *>(pin.table())->wait(meet, &inside), 1); // returns into the old code
  }
  EXPECT_EQ(inside.retired, 1u);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(runtime->bundles().front().retired, 0u);
}

TEST(ReloadUnderLoad, MemoryIsFlatAfterTheFirstReloads) {
  const std::size_t allowed = (test::kInstrumented ? 200u : 4u)
                              << 20; // sanitizers keep freed memory and records of their own
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("number", number_text(0))), Succeeds());
  for (int round = 1; round <= 100; ++round) ASSERT_THAT(runtime->reload(text("number", number_text(round))), Succeeds());
  std::size_t grown = allowed;
  for (int stretch = 0; stretch < 3 && grown >= allowed; ++stretch) { // a leak grows in each, an allocator's arenas in one
    const std::size_t before = test::resident_bytes();
    for (int round = 1; round <= 4 * kRounds; ++round)
      ASSERT_THAT(runtime->reload(text("number", number_text(round % 2))), Succeeds());
    const std::size_t after = test::resident_bytes();
    grown = after > before ? after - before : 0;
  }
  EXPECT_LT(grown, allowed);
}

} // namespace
} // namespace graft
