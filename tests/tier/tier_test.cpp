// Does a running bundle get optimised code, unnoticed? The whole runtime.
#include "bundles.hpp"
#include "held.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

GRAFT_CONTRACT(tiered, "test.tiered", 1, 0) {
  int32_t (*count)(void);
  graft_status (*fail)(void);
  void *(*callback)(void);
  void (*ignored)(void);
};

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kLong = 240s; // what is optimised gives way to all else that a machine has to do

const std::string kContract = R"(#include <graft/abi.h>
GRAFT_CONTRACT(tiered, "test.tiered", 1, 0) {
  int32_t (*count)(void);
  graft_status (*fail)(void);
  void *(*callback)(void);
  void (*ignored)(void);
};
)";

/// Counts in a static that is not kept; fails by an exception; hands out a function of its own, which it knows again.
const std::string kCounting = kContract + R"(
static int32_t n;
static int32_t called_back(void) { return ++n; }
static void *held = reinterpret_cast<void *>(called_back);
static int32_t count() { return held == reinterpret_cast<void *>(called_back) ? ++n : -1; }
static graft_status fail() { throw 5; }
static void *callback() { return held; }
GRAFT_PROVIDE(tiered, {.count = count, .fail = fail, .callback = callback});
)";

Config at_once() { return {.tier_up_delay = 0ms}; }

class TierUpOf : public testing::Test {
 protected:
  void start(Config config = at_once()) {
    config.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
    config.log_level = LogLevel::kDebug;
    auto made = Runtime::create(std::move(config));
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
  }
  void load(const MemoryBundle &bundle) { ASSERT_THAT(runtime->load(bundle), Succeeds()); }
  std::string tier() { return runtime->bundles().at(0).tier; }
  void expect_tier(const std::string &wanted) {
    ASSERT_THAT(runtime->await_tier_up(kLong), Succeeds());
    EXPECT_EQ(tier(), wanted);
  }
  std::ptrdiff_t said(const std::string &words) {
    const std::lock_guard lock(mutex_);
    return std::ranges::count_if(lines_, [&](const std::string &line) { return line.find(words) != line.npos; });
  }

  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<Runtime> runtime;
};

TEST_F(TierUpOf, ABundleGoesOnWithItsStateItsAddressesAndItsExceptions) {
  start({.tier_up_delay = 1h});
  load(text("b", kCounting, "b.cpp"));
  runtime.reset();
  start();
  load(text("b", kCounting, "b.cpp"));
  const auto bound = runtime->bind<tiered>();
  ASSERT_THAT(bound, Succeeds());
  const auto generation = runtime->bundles().at(0).generation;
  EXPECT_EQ((*bound)->count(), 1);
  void *const callback = (*bound)->callback();
  expect_tier("good");
  EXPECT_EQ((*bound)->count(), 2);
  EXPECT_EQ((*bound)->callback(), callback);
  EXPECT_EQ(reinterpret_cast<std::int32_t (*)()>(callback)(), 3);
  EXPECT_EQ((*bound)->fail(), GRAFT_EXCEPTION);
  EXPECT_EQ((*bound)->count(), 4);
  EXPECT_FALSE((*bound).has(&tiered::ignored));
  EXPECT_EQ(runtime->bundles().at(0).generation, generation);
}

TEST_F(TierUpOf, APinThatWasTakenBeforeHoldsGood) {
  start({.tier_up_delay = 100ms});
  load(text("b", kCounting, "b.cpp"));
  const auto bound = runtime->bind<tiered>();
  ASSERT_THAT(bound, Succeeds());
  const auto pin = (*bound).pin();
  EXPECT_EQ(pin->count(), 1);
  expect_tier("good");
  EXPECT_EQ(pin->count(), 2);
  EXPECT_EQ((*bound)->count(), 3);
}

TEST_F(TierUpOf, AKeptVariableStaysWhereItIs) {
  const auto keeping = [](int by) {
    return text("b", test::kNumberContract + "GRAFT_KEEP static int32_t n;\nstatic int32_t answer(void) { return n += " +
                         std::to_string(by) + "; }\nGRAFT_PROVIDE(number, {.number = answer})\n");
  };
  start();
  load(keeping(1));
  const auto bound = runtime->bind<test_number>();
  ASSERT_THAT(bound, Succeeds());
  EXPECT_EQ((*bound)->number(), 1);
  expect_tier("good");
  EXPECT_EQ((*bound)->number(), 2);
  ASSERT_THAT(runtime->reload(keeping(10)), Succeeds());
  expect_tier("good");
  EXPECT_EQ((*bound)->number(), 12);
}

TEST_F(TierUpOf, PoliciesAreTheManifestsOrTheHosts) {
  const auto saying = [](const std::string &line) {
    return MemoryBundle{"b", {{"graft.toml", "name = \"b\"\n" + line}, {"main.c", number_text(1)}}};
  };
  const auto tier_of = [&](const std::string &line, std::optional<TierUp> way, unsigned optimise = 0) {
    start({.optimise = optimise, .tier_up = way, .tier_up_delay = 0ms});
    load(saying(line));
    EXPECT_THAT(runtime->await_tier_up(kLong), Succeeds());
    return tier();
  };
  EXPECT_EQ(tier_of("", {}), "good");
  EXPECT_EQ(said("runs optimised code"), 1);
  EXPECT_EQ(tier_of("tier_up = \"good\"", {}), "good");
  EXPECT_EQ(tier_of("tier_up = \"fast\"", {}), "fast");
  EXPECT_EQ(tier_of("tier_up = \"fast\"", TierUp::kGood), "good");
  EXPECT_EQ(tier_of("tier_up = \"good\"", TierUp::kFast), "fast");
  EXPECT_EQ(tier_of("flags = [\"-O1\"]", {}), "good");
  EXPECT_EQ(tier_of("flags = [\"-O0\"]", {}), "fast");
  EXPECT_EQ(tier_of("", {}, 2), "good");
  EXPECT_EQ(said("runs optimised code"), 1) << "the others were good from the start, or stay fast";
}

TEST_F(TierUpOf, AnUnknownPolicyIsRefusedWithTheKnownOnes) {
  start();
  EXPECT_THAT(
      runtime->load(MemoryBundle{"b", {{"graft.toml", "name = \"b\"\ntier_up = \"better\"\n"}, {"main.c", number_text(1)}}}),
      FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("'better'"), HasSubstr("fast-then-good"))));
}

TEST_F(TierUpOf, ATextThatCannotHaveItSaysWhyAndGoesOn) {
  start();
  load(text("b", "__asm__(\".text\");\n" + number_text(7)));
  ASSERT_THAT(runtime->await_tier_up(kLong), Succeeds());
  EXPECT_THAT(tier(), testing::AllOf(StartsWith("fast: "), HasSubstr("there is assembly outside of functions")));
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 7);
}

TEST_F(TierUpOf, AHeaderThatChangedMeanwhileEndsItQuietly) {
  const test::TempFolder folder;
  folder.write("b/answer.h", "#define ANSWER 1\n");
  folder.write("b/main.c",
               "#include \"answer.h\"\n" + test::kNumberContract +
                   "static int32_t answer(void) { return ANSWER; }\nGRAFT_PROVIDE(number, {.number = answer})\n");
  start({.tier_up_delay = 2s});
  ASSERT_THAT(runtime->load(folder / "b"), Succeeds());
  folder.write("b/answer.h", "#define ANSWER 2\n");
  expect_tier("fast");
  EXPECT_EQ(said("a header has changed since"), 1);
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST_F(TierUpOf, TheTextIsTheOneThatWasLoadedWhateverLiesThereNow) {
  const test::TempFolder folder;
  folder.write("b/main.c", number_text(1));
  start({.tier_up_delay = 2s});
  ASSERT_THAT(runtime->load(folder / "b"), Succeeds());
  folder.write("b/main.c", number_text(2));
  expect_tier("good");
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST_F(TierUpOf, ARollbackIsOptimisedAgain) {
  start();
  load(text("b", number_text(1)));
  expect_tier("good");
  ASSERT_THAT(runtime->reload(text("b", number_text(2))), Succeeds());
  expect_tier("good");
  const auto back = runtime->rollback("b");
  ASSERT_THAT(back, Succeeds());
  expect_tier("good");
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
  EXPECT_EQ(said("runs optimised code"), 3);
}

/// Takes a while to optimise.
const std::string kHeavy = "#include <map>\n#include <string>\n" + test::kNumberContract +
                           "static int32_t answer() { static std::map<std::string, int> seen; seen[\"abcd\"] = 1;\n"
                           "  return seen[\"abcd\"]; }\nGRAFT_PROVIDE(number, {.number = answer});\n";

TEST_F(TierUpOf, ASaveThatComesWhileItIsCompiledWins) {
  start();
  load(text("b", kHeavy, "b.cpp"));
  ASSERT_THAT(runtime->reload(text("b", number_text(2), "b.c")), Succeeds());
  expect_tier("good");
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 2);
  EXPECT_THAT(runtime->await_retired(kLong), Succeeds());
}

TEST_F(TierUpOf, ASaveThatDoesNotCompileLetsItBeginAgain) {
  start();
  load(text("b", kHeavy, "b.cpp"));
  EXPECT_THAT(runtime->reload(text("b", "this is no C++", "b.cpp")), FailsWith(Code::kInvalid, testing::_));
  expect_tier("good");
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST_F(TierUpOf, AnUnloadMeanwhileIsAnUnload) {
  start();
  load(text("b", kHeavy, "b.cpp"));
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_tier_up(kLong), Succeeds());
  EXPECT_THAT(runtime->await_retired(kLong), Succeeds());
}

TEST_F(TierUpOf, TheRuntimeMayEndMeanwhile) {
  start();
  load(text("b", kHeavy, "b.cpp"));
  runtime.reset();
}

TEST_F(TierUpOf, CallsOfEightThreadsGoOnAndCountOn) {
  start();
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  // Little to optimise: whoever does it gives way to the eight.
  load(text("b", kContract + "static _Atomic int32_t n;\nstatic int32_t count(void) { return ++n; }\n"
                             "GRAFT_PROVIDE(tiered, {.count = count})\n"));
  auto bound = runtime->bind<tiered>();
  ASSERT_THAT(bound, Succeeds());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) (*bound)->count(), calls.fetch_add(1, std::memory_order_relaxed);
    });
  EXPECT_THAT(runtime->await_tier_up(kLong), Succeeds());
  stop.store(true, std::memory_order_relaxed);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(tier(), "good");
  EXPECT_EQ((*bound)->count(), calls.load() + 1);
}

TEST_F(TierUpOf, ManyOfThemLeaveNothingBehind) {
  Config config = at_once();
  config.learning = Learning::kNever; // what has begun for the next compile comes and goes
  start(std::move(config));
  load(text("b", number_text(0)));
  expect_tier("good");
  const auto cycle = [&](int i) {
    ASSERT_THAT(runtime->reload(text("b", number_text(i))), Succeeds());
    ASSERT_THAT(runtime->await_tier_up(kLong), Succeeds());
  };
  const int rounds = std::getenv("GRAFT_LONG") != nullptr ? 1'000 : 50;
  for (int i = 1; i <= rounds; ++i) cycle(i);
  const test::Held before = test::Held::now();
  const std::size_t bytes = test::resident_bytes();
  for (int i = rounds + 1; i <= 2 * rounds; ++i) cycle(i);
  EXPECT_EQ(said("runs optimised code"), 2 * rounds + 1);
  EXPECT_EQ(test::Held::now().descriptors, before.descriptors);
  if (test::kInstrumented) return; // a sanitizer keeps records of its own
  EXPECT_LE(test::Held::now().mappings, before.mappings + 16);
  EXPECT_LE(test::resident_bytes(), bytes + (1 << 20));
}

} // namespace
} // namespace graft
