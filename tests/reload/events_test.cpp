// What listeners are told, and in which order.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace graft {
namespace {

using test::number_text;
using test::Succeeds;
using test::text;

class Events : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(text("number", number_text(1))), Succeeds());
  }
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(Events, PreparingComesBeforeTheNewCodeAndReloadedAfterIt) {
  auto bound = runtime->bind<test_number>();
  std::vector<std::pair<Phase, int>> seen;
  runtime->listen([&](const Event &event) { seen.emplace_back(event.phase, bound->number()); });
  ASSERT_THAT(runtime->reload(text("number", number_text(2))), Succeeds());
  EXPECT_EQ(seen, (std::vector<std::pair<Phase, int>>{{Phase::kPreparing, 1}, {Phase::kReloaded, 2}}));
}

TEST_F(Events, UnloadingIsToldWhileTheOldStillAnswers) {
  auto bound = runtime->bind<test_number>();
  int answer = 0;
  runtime->listen([&](const Event &event) {
    if (event.phase == Phase::kUnloading) answer = bound->number();
  });
  ASSERT_THAT(runtime->unload("number"), Succeeds());
  EXPECT_EQ(answer, 1);
}

TEST_F(Events, ARefusedUnloadIsNotTold) {
  int told = 0;
  runtime->listen([&](const Event &) { ++told; });
  EXPECT_FALSE(runtime->unload("stranger"));
  EXPECT_EQ(told, 0);
}

TEST_F(Events, AListenerThatWasForgottenHearsNothing) {
  int told = 0;
  const std::uint64_t number = runtime->listen([&](const Event &) { ++told; });
  runtime->forget(number);
  ASSERT_THAT(runtime->reload(text("number", number_text(2))), Succeeds());
  EXPECT_EQ(told, 0);
}

TEST_F(Events, TheEventCarriesTheGenerationThatItIsAbout) {
  std::vector<std::uint64_t> generations;
  runtime->listen([&](const Event &event) { generations.push_back(event.generation); });
  const auto info = runtime->reload(text("number", number_text(2)));
  ASSERT_THAT(info, Succeeds());
  EXPECT_EQ(generations, (std::vector<std::uint64_t>{info->generation, info->generation}));
}

TEST_F(Events, EveryPhaseCarriesTheKeyOfTheTextThatItIsAbout) {
  std::vector<std::tuple<Phase, std::uint64_t, ContentKey>> seen;
  runtime->listen([&](const Event &event) { seen.emplace_back(event.phase, event.generation, event.source); });
  const auto other = runtime->load(text("other", number_text(1)));
  const auto info = runtime->reload(text("number", number_text(2)));
  EXPECT_FALSE(runtime->reload(text("number", "this is not C")));
  ASSERT_THAT(info, Succeeds());
  ASSERT_THAT(runtime->unload("number"), Succeeds());
  EXPECT_EQ(seen, (std::vector<std::tuple<Phase, std::uint64_t, ContentKey>>{
                      {Phase::kLoaded, other->generation, other->source},
                      {Phase::kPreparing, info->generation, info->source},
                      {Phase::kReloaded, info->generation, info->source},
                      {Phase::kFailed, 0, ContentKey{}}, // what does not compile has no key
                      {Phase::kUnloading, info->generation, info->source}}));
  EXPECT_NE(info->source, ContentKey{});
}

TEST_F(Events, AListenerThatThrowsChangesNothing) {
  runtime->listen([](const Event &) { throw std::runtime_error("no"); });
  auto bound = runtime->bind<test_number>();
  const auto pin = (*bound).pin();
  EXPECT_THAT(runtime->reload(text("number", number_text(2))), Succeeds());
  EXPECT_EQ(pin->number(), 1); // what it pins was not unmapped on the way out
  EXPECT_EQ(bound->number(), 2);
  EXPECT_FALSE(runtime->reload(text("number", "this is not C")));
  EXPECT_THAT(runtime->unload("number"), Succeeds());
}

TEST_F(Events, ForgettingWaitsForAListenerThatIsBeingTold) {
  std::atomic<bool> inside{false}, asked{false}, forgotten{false};
  bool was_forgotten_inside = true;
  const std::uint64_t number = runtime->listen([&](const Event &) {
    inside = true;
    while (!asked) std::this_thread::yield();
    for (int turn = 0; turn < 1'000; ++turn) std::this_thread::yield();
    was_forgotten_inside = forgotten;
  });
  std::thread forgetter([&] {
    while (!inside) std::this_thread::yield();
    asked = true;
    runtime->forget(number);
    forgotten = true;
  });
  EXPECT_THAT(runtime->unload("number"), Succeeds());
  forgetter.join();
  EXPECT_FALSE(was_forgotten_inside);
}

TEST_F(Events, AListenerMayForgetItself) {
  int told = 0;
  std::uint64_t number = 0;
  number = runtime->listen([&](const Event &) {
    ++told;
    runtime->forget(number);
  });
  ASSERT_THAT(runtime->reload(text("number", number_text(2))), Succeeds());
  EXPECT_EQ(told, 1);
}

} // namespace
} // namespace graft
