// Many runtimes in one process: nothing is shared, and nothing stays when one goes. GRAFT_LONG makes it the whole 10,000.
#include "bundles.hpp"
#include "held.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <cstdlib>
#include <memory>
#include <vector>

namespace graft {
namespace {

using test::number_text;
using test::Succeeds;
using test::text;

TEST(Isolation, RuntimesComeAndGoWithFlatMemoryDescriptorsAndThreads) {
  const std::size_t rounds = std::getenv("GRAFT_LONG") != nullptr ? 10'000 : 300;
  const auto round = [] { ASSERT_THAT(Runtime::create(), Succeeds()); };
  for (int warm = 0; warm < 100; ++warm) round();
  const test::Held before = test::Held::now();
  const std::size_t bytes = test::resident_bytes();
  for (std::size_t done = 0; done < rounds; ++done) round();
  const test::Held after = test::Held::now();
  if (!test::kInstrumented) EXPECT_LT(test::resident_bytes(), bytes + (1u << 20)); // a sanitizer keeps what was freed
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.threads, before.threads);
}

TEST(Isolation, RuntimesWithoutCodeLeaveThePlacesForCodeToOthers) {
  constexpr int kMoreThanPlaces = 257; // for slabs of code, in a process
  std::vector<std::unique_ptr<Runtime>> idle;
  for (int made = 0; made < kMoreThanPlaces; ++made) {
    auto runtime = Runtime::create();
    ASSERT_THAT(runtime, Succeeds());
    idle.push_back(*std::move(runtime));
  }
  EXPECT_THAT(idle.back()->load(text("n", number_text(1))), Succeeds());
}

TEST(Isolation, OneRuntimeSeesNothingOfAnother) {
  auto one = Runtime::create(), other = Runtime::create();
  ASSERT_THAT(one, Succeeds());
  ASSERT_THAT(other, Succeeds());
  int told = 0;
  other->listen([&](const Event &) { ++told; });
  ASSERT_THAT(one->load(text("n", number_text(1))), Succeeds());
  EXPECT_TRUE(other->bundles().empty());
  EXPECT_EQ(other->find("test.number", 1).code(), Code::kNotFound);
  ASSERT_THAT(other->load(text("n", number_text(2))), Succeeds()); // the same name and contract
  EXPECT_EQ((*one->bind<test_number>())->number(), 1);
  EXPECT_EQ((*other->bind<test_number>())->number(), 2);
  EXPECT_EQ(other->resolve(*one->find("test.number", 1)).code(), Code::kInvalid);
  ASSERT_THAT(one->unload("n"), Succeeds());
  EXPECT_EQ((*other->bind<test_number>())->number(), 2);
  EXPECT_EQ(told, 1); // its own load
}

} // namespace
} // namespace graft
