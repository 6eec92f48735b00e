// What a call gets where there is no function: a status or zeros, and the reason on the thread.
#include "matchers.hpp"
#include "provider.hpp"
#include "store/threads.hpp"

namespace graft {
namespace {

using test::number_table;
using test::one_hundred;
using test::Shop;
using testing::HasSubstr;

class Stubs : public testing::Test {
protected:
  void SetUp() override {
    slot = *shop.store.claim("test.number", 1);
    shop.publish(*slot, *generation, one_hundred);
    binding = *shop.store.bind(*shop.store.find("test.number", 1, 0), 2, 0);
  }
  Shop shop;
  std::unique_ptr<Generation> generation = shop.generation();
  SlotRecord *slot = nullptr;
  Binding binding;
};

TEST_F(Stubs, AStatusFunctionThatTheProviderLacksReturnsMissing) {
  const Pin pin(binding.slot());
  EXPECT_EQ(static_cast<const number_table *>(pin.table())->more(), GRAFT_MISSING);
  EXPECT_THAT(std::string(last_error_text()), HasSubstr("bundle 'shop' provides test.number@1.0 without function 'more'"));
}

TEST_F(Stubs, AfterTheUnloadEveryFunctionIsStale) {
  shop.vacate(*slot);
  const Pin pin(binding.slot());
  const auto *table = static_cast<const number_table *>(pin.table());
  EXPECT_EQ(table->number(), 0);
  EXPECT_EQ(table->more(), GRAFT_STALE);
  EXPECT_THAT(std::string(last_error_text()), HasSubstr("test.number@1.0 was called after its bundle was unloaded"));
}

TEST_F(Stubs, EveryReturnRegisterIsZero) {
  struct two_words {
    std::uint64_t first, second;
  };
  struct two_doubles {
    double first, second;
  };
  const void *zero = stub(StubReason::kStale, StubResult::kZero, 1'023);
  const Pin pin(binding.slot());
  const auto words = reinterpret_cast<two_words (*)()>(const_cast<void *>(zero))();
  const auto doubles = reinterpret_cast<two_doubles (*)()>(const_cast<void *>(zero))();
  EXPECT_EQ(words.first, 0u);
  EXPECT_EQ(words.second, 0u);
  EXPECT_EQ(doubles.first, 0.0);
  EXPECT_EQ(doubles.second, 0.0);
}

TEST_F(Stubs, AStubCalledWithoutAPinSaysSo) {
  const void *status = stub(StubReason::kMissing, StubResult::kStatus, 7);
  EXPECT_EQ(reinterpret_cast<graft_status (*)()>(const_cast<void *>(status))(), GRAFT_MISSING);
  EXPECT_THAT(std::string(last_error_text()), HasSubstr("function 7 of a contract was called without a pin"));
}

TEST_F(Stubs, AWiderViewKeepsTheProvidersFunctions) {
  const Binding wider = *shop.store.bind(*shop.store.find("test.number", 1, 0), 40, 0);
  EXPECT_EQ(test::call(wider.pin()), 100);
}

TEST_F(Stubs, AViewOfMoreThanTheLimitIsRefused) {
  EXPECT_THAT(shop.store.bind(*shop.store.find("test.number", 1, 0), 1'025, 0),
              test::FailsWith(Code::kUnsupported, HasSubstr("at most 1,024 functions")));
}

} // namespace
} // namespace graft
