// Result and Error as callers use them.
#include "matchers.hpp"

#include <graft/base/result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

struct Engine {
  std::string name;
  int turn() { return ++turns; }
  int turns = 0;
};

/// A smart pointer of our own, as `Bound` is: its arrow gives an object with an arrow.
struct Grip {
  Engine *engine = nullptr;
  Engine *operator->() const { return engine; }
};

Result<int> half(int number) {
  if (number % 2 != 0) return error(Code::kInvalid, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  GRAFT_TRY_ASSIGN(const int halved, half(number));
  GRAFT_TRY(half(halved));
  int result = 0;
  GRAFT_TRY_ASSIGN(result, half(halved));
  return result;
}

Result<void> is_quarterable(int number) {
  GRAFT_TRY(quarter(number));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> value = 7;
  ASSERT_THAT(value, Succeeds());
  EXPECT_EQ(*value, 7);
  EXPECT_EQ(value.code(), Code::kOk);

  Result<int> none = error(Code::kNotFound, "nothing is named 'x'");
  EXPECT_THAT(none, FailsWith(Code::kNotFound, HasSubstr("'x'")));
  EXPECT_EQ(none.code(), Code::kNotFound);
}

TEST(Result, ConvertsWhatItsValueIsMadeOf) {
  Result<std::string> text = "literal";
  EXPECT_EQ(*text, "literal");
  Result<std::unique_ptr<const Engine>> engine = std::make_unique<Engine>();
  EXPECT_THAT(engine, Succeeds());
}

TEST(Result, ArrowReachesThePlainValue) {
  Result<Engine> engine = Engine{"steam"};
  EXPECT_EQ(engine->name, "steam");
  EXPECT_EQ(engine->turn(), 1);
}

TEST(Result, ArrowDrillsThroughAnArrowType) {
  Result<std::unique_ptr<Engine>> owned = std::make_unique<Engine>();
  EXPECT_EQ(owned->turn(), 1);
  Result<Grip> grip = Grip{owned->turn() == 2 ? (*owned).get() : nullptr};
  EXPECT_EQ(grip->turn(), 3);
}

TEST(Result, MovesItsValueOut) {
  Result<std::unique_ptr<Engine>> owned = std::make_unique<Engine>("diesel");
  const std::unique_ptr<Engine> engine = *std::move(owned);
  EXPECT_EQ(engine->name, "diesel");
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_THAT(quarter(5), FailsWith(Code::kInvalid, HasSubstr("5 is odd")));
  EXPECT_THAT(quarter(6), FailsWith(Code::kInvalid, HasSubstr("3 is odd")));
  EXPECT_THAT(is_quarterable(8), Succeeds());
  EXPECT_THAT(is_quarterable(10), FailsWith(Code::kInvalid, HasSubstr("5 is odd")));
}

TEST(Result, MayBeDroppedOnPurpose) { ignore(half(3), "the test only asks whether this compiles without a warning"); }

TEST(ResultDeathTest, TakingAValueThatIsNotThereSaysTheError) {
  EXPECT_DEATH({ [[maybe_unused]] int number = *half(3); }, "3 is odd");
  EXPECT_DEATH(
      {
        Result<std::unique_ptr<Engine>> none = error(Code::kBusy, "the engine runs", {"yard.c", 3, 4});
        none->turn();
      },
      "yard.c:3:4: the engine runs");
}

TEST(ResultDeathTest, TakingAnErrorThatIsNotThereIsABug) {
  EXPECT_DEATH({ [[maybe_unused]] const Error &none = half(2).error(); }, "error\\(\\) of a result that holds a value");
}

TEST(Error, TextNamesThePlaceItKnows) {
  EXPECT_EQ(error(Code::kInvalid, "no such key").text(), "no such key");
  EXPECT_EQ(error(Code::kInvalid, "no such key", {"graft.toml", 0, 0}).text(), "graft.toml: no such key");
  EXPECT_EQ(error(Code::kInvalid, "no such key", {"graft.toml", 3, 0}).text(), "graft.toml:3: no such key");
  EXPECT_EQ(error(Code::kInvalid, "no such key", {"graft.toml", 3, 9}).text(), "graft.toml:3:9: no such key");
}

TEST(Error, EveryCodeHasAWordOfItsOwn) {
  std::vector<std::string> words;
  for (int code = GRAFT_OK; code <= static_cast<int>(kLastCode); ++code) {
    words.emplace_back(to_string(static_cast<Code>(code)));
    EXPECT_EQ(std::count(words.begin(), words.end(), words.back()), 1) << words.back();
    EXPECT_NE(words.back(), "a plugin's own code");
  }
  EXPECT_STREQ(to_string(static_cast<Code>(-3)), "a plugin's own code");
  EXPECT_STREQ(to_string(static_cast<Code>(1000)), "a plugin's own code");
}

} // namespace
} // namespace graft
