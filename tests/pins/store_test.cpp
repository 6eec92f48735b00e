// The registry, looked at from inside: the seed's two tests of direct swaps, then S1 to S6.
#include "matchers.hpp"
#include "provider.hpp"

#include <thread>

namespace graft {
namespace {

using test::call;
using test::FailsWith;
using test::one_hundred;
using test::Shop;
using test::Succeeds;
using test::two_hundred;
using testing::HasSubstr;

TEST(Store, ADirectSwapKeepsTheHandleAndChangesThePointerWhileThePinnedOneStaysReadable) {
  Shop shop;
  const auto old = shop.generation(), fresh = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *old, one_hundred);
  const graft_handle handle = *shop.store.find("test.number", 1, 0);
  const Pin before(slot);
  shop.publish(slot, *fresh, two_hundred);
  EXPECT_EQ(shop.store.find("test.number", 1, 0)->tag, handle.tag);
  const Pin after(slot);
  EXPECT_NE(before.table(), after.table());
  EXPECT_EQ(call(before), 100);
  EXPECT_EQ(call(after), 200);
}

TEST(Store, FiftySwapsEachAnswerTheirVersion) {
  Shop shop;
  std::vector<std::unique_ptr<Generation>> generations;
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  for (int round = 0; round < 50; ++round) {
    generations.push_back(shop.generation());
    shop.publish(slot, *generations.back(), round % 2 == 0 ? one_hundred : two_hundred);
    EXPECT_EQ(call(Pin(slot)), round % 2 == 0 ? 100 : 200);
  }
}

TEST(Store, AHandleGoesStaleWhenItsSlotIsVacatedAndStaysSoWhenItIsUsedAgain) {
  Shop shop;
  const auto first = shop.generation(), second = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *first, one_hundred);
  const graft_handle handle = *shop.store.find("test.number", 1, 0);
  shop.vacate(slot);
  EXPECT_THAT(shop.store.resolve(handle), FailsWith(Code::kStale, HasSubstr("unloaded")));
  SlotRecord &again = **shop.store.claim("test.number", 1);
  EXPECT_EQ(&again, &slot);
  shop.publish(again, *second, two_hundred);
  EXPECT_THAT(shop.store.resolve(handle), FailsWith(Code::kStale, HasSubstr("unloaded")));
}

TEST(Store, ASlotThatABindingNamesIsNotGivenAway) { // S4
  Shop shop;
  const auto generation = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *generation, one_hundred);
  const Binding binding = *shop.store.resolve(*shop.store.find("test.number", 1, 0));
  shop.vacate(slot);
  EXPECT_NE(*shop.store.claim("test.number", 1), &slot);
}

TEST(Store, AHandleOfAnotherStoreIsInvalid) {
  Shop shop, other;
  const auto generation = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *generation, one_hundred);
  EXPECT_THAT(other.store.resolve(*shop.store.find("test.number", 1, 0)), FailsWith(Code::kInvalid, HasSubstr("none of this runtime's")));
}

TEST(Store, TheNullHandleIsInvalid) {
  Shop shop;
  EXPECT_THAT(shop.store.resolve(graft_handle{}), FailsWith(Code::kInvalid, HasSubstr("none of this runtime's")));
}

TEST(Store, FindAsksForAtLeastTheMinor) {
  Shop shop;
  const auto low = shop.generation(), high = shop.generation();
  SlotRecord &first = **shop.store.claim("test.number", 1);
  shop.publish(first, *low, one_hundred, 1);
  SlotRecord &second = **shop.store.claim("test.number", 1);
  shop.publish(second, *high, two_hundred, 4);
  EXPECT_EQ(shop.store.find("test.number", 1, 1)->index, second.index); // the best, though another came first
  EXPECT_EQ(shop.store.find("test.number", 1, 2)->index, second.index);
  EXPECT_EQ(shop.store.select(*parse_want("test.number >=1.1, <1.4"))->index, first.index);
  EXPECT_THAT(shop.store.select(*parse_want("test.number ~1.2")),
              FailsWith(Code::kIncompatible, HasSubstr("is provided as test.number@1.4 of bundle 'shop' 0.0.0, test.number@1.1 of")));
  EXPECT_THAT(shop.store.find("test.number", 1, 5), FailsWith(Code::kIncompatible, HasSubstr("test.number@1.5")));
}

TEST(Store, TheBestIsByMinorThenPriorityThenNameThenTheBundlesVersion) { // S7
  Shop shop;
  struct Row {
    const char *family;
    const char *version;
    std::int32_t priority;
    std::uint16_t minor;
  };
  // Each comes before the one above it.
  constexpr Row kRows[] = {{"b", "9.0.0", 0, 0}, {"a", "1.0.0-rc.1", 0, 0}, {"a", "1.0.0", 0, 0},
                           {"a", "2.0.0", 0, 0}, {"z", "0.0.1", 7, 0},      {"z", "0.0.1", -7, 1}};
  std::vector<std::unique_ptr<Generation>> generations;
  std::vector<SlotRecord *> slots;
  for (const Row &row : kRows) {
    generations.push_back(shop.generation());
    generations.back()->family = row.family;
    generations.back()->version = *parse_version(row.version);
    generations.back()->priority = row.priority;
    slots.push_back(*shop.store.claim("test.number", 1));
    shop.publish(*slots.back(), *generations.back(), one_hundred, row.minor);
    EXPECT_EQ(shop.store.find("test.number", 1, 0)->index, slots.back()->index) << row.family << " " << row.version;
  }
  for (; slots.size() > 1; slots.pop_back()) {
    EXPECT_EQ(shop.store.find("test.number", 1, 0)->index, slots.back()->index);
    EXPECT_EQ(shop.store.select(*parse_want("test.number *"))->index, slots.back()->index);
    shop.vacate(*slots.back());
  }
}

TEST(Store, AReloadThatMakesTheBestWorseLetsTheNextBestBeFound) { // S7
  Shop shop;
  const auto one = shop.generation(), other = shop.generation(), worse = shop.generation();
  SlotRecord &first = **shop.store.claim("test.number", 1), &second = **shop.store.claim("test.number", 1);
  shop.publish(first, *one, one_hundred, 4);
  shop.publish(second, *other, two_hundred, 2);
  EXPECT_EQ(shop.store.find("test.number", 1, 0)->index, first.index);
  shop.publish(first, *worse, one_hundred, 1);
  EXPECT_EQ(shop.store.find("test.number", 1, 0)->index, second.index);
}

TEST(Store, ARangeMaySpanMajorsAndTheHighestWins) {
  Shop shop;
  const auto one = shop.generation(), two = shop.generation();
  SlotRecord &first = **shop.store.claim("test.number", 1), &second = **shop.store.claim("test.number", 2);
  shop.publish(first, *one, one_hundred, 4);
  shop.publish(second, *two, two_hundred, 0);
  EXPECT_EQ(shop.store.select(*parse_want("test.number >=1.2, <3"))->index, second.index);
  EXPECT_EQ(shop.store.select(*parse_want("test.number <2"))->index, first.index);
  EXPECT_EQ(shop.store.select(*parse_want("test.number *"), 1)->index, first.index);
  EXPECT_THAT(shop.store.select(*parse_want("test.numbr *")), FailsWith(Code::kNotFound, HasSubstr("there is 'test.number'")));
}

TEST(Store, FindAllKeepsTheOrderOfRegistrationAndSkipsVacantSlots) {
  Shop shop;
  std::vector<std::unique_ptr<Generation>> generations;
  std::vector<SlotRecord *> slots;
  for (int index = 0; index < 3; ++index) {
    generations.push_back(shop.generation());
    slots.push_back(*shop.store.claim("test.number", 1));
    shop.publish(*slots.back(), *generations.back(), one_hundred);
  }
  shop.vacate(*slots[0]);
  const auto again = shop.generation();
  SlotRecord &reused = **shop.store.claim("test.number", 1);
  shop.publish(reused, *again, two_hundred);
  const auto handles = shop.store.find_all(guest_contract_id("test.number", 1));
  ASSERT_EQ(handles.size(), 3u);
  EXPECT_EQ(handles[0].index, slots[1]->index);
  EXPECT_EQ(handles[1].index, slots[2]->index);
  EXPECT_EQ(handles[2].index, reused.index);
}

TEST(Store, AnUnknownNameOffersTheNearestKnownOne) {
  Shop shop;
  const auto generation = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *generation, one_hundred);
  EXPECT_THAT(shop.store.find("test.numbr", 1, 0), FailsWith(Code::kNotFound, HasSubstr("'test.number'")));
  EXPECT_THAT(shop.store.find("test.number", 2, 0), FailsWith(Code::kNotFound, HasSubstr("test.number@1")));
}

TEST(Store, APublicationLeavesAnEvenCount) {
  Shop shop;
  const auto generation = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  const std::uint64_t before = shop.store.publications();
  shop.publish(slot, *generation, one_hundred);
  EXPECT_EQ(shop.store.publications(), before + 2);
}

TEST(Store, ReadersFindWhileWritersAddAndVacate) {
  Shop shop;
  const auto generation = shop.generation();
  SlotRecord &fixed = **shop.store.claim("test.fixed", 1);
  shop.publish(fixed, *generation, one_hundred);
  std::atomic<bool> done{false};
  std::atomic<int> lost{0};
  std::thread reader([&] {
    while (!done.load(std::memory_order_relaxed))
      if (!shop.store.find("test.fixed", 1, 0)) ++lost;
  });
  std::vector<std::unique_ptr<Generation>> kept;
  for (int round = 0; round < 500; ++round) {
    kept.push_back(shop.generation());
    SlotRecord &slot = **shop.store.claim("test.churn" + std::to_string(round % 50), 1);
    shop.publish(slot, *kept.back(), two_hundred);
    shop.vacate(slot);
  }
  done = true;
  reader.join();
  EXPECT_EQ(lost.load(), 0);
}

TEST(Store, NoContractHasTheIdZero) {
  const Shop shop;
  EXPECT_THAT(shop.store.find(ContractId{0}, 0), FailsWith(Code::kNotFound, HasSubstr("no bundle ever")));
}

TEST(Store, APublicationIsRefusedWhenAHostBoundToMoreAfterItWasStaged) {
  Shop shop;
  const auto old = shop.generation(), fresh = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *old, one_hundred, 2);
  const Binding binding = *shop.store.bind(*shop.store.find("test.number", 1, 2), 1, 2);
  const std::uint64_t before = shop.store.publications();
  EXPECT_THAT(shop.try_publish(slot, *fresh, two_hundred, 1),
              FailsWith(Code::kIncompatible, HasSubstr("bound to at least test.number@1.2")));
  EXPECT_EQ(shop.store.publications(), before);
  EXPECT_EQ(call(binding.pin()), 100);
}

TEST(Store, BindLooksAgainAtTheMinorOfAHandleFoundEarlier) {
  Shop shop;
  const auto old = shop.generation(), fresh = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *old, one_hundred, 4);
  const graft_handle handle = *shop.store.find("test.number", 1, 4);
  shop.publish(slot, *fresh, two_hundred, 1);
  EXPECT_THAT(shop.store.bind(handle, 1, 4), FailsWith(Code::kIncompatible, HasSubstr("test.number@1.4")));
}

TEST(Store, BindRefusesTheTagOfAVacantSlot) {
  Shop shop;
  const auto generation = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  shop.publish(slot, *generation, one_hundred);
  graft_handle handle = *shop.store.find("test.number", 1, 0);
  shop.vacate(slot);
  ++handle.tag; // what a reader that looks while the slot is vacated may see
  EXPECT_THAT(shop.store.bind(handle, 40, 0), FailsWith(Code::kStale, HasSubstr("unloaded")));
}

TEST(Store, StaleStubsReturnAsTheLastProvidersFunctionsDid) {
  Shop shop;
  const auto short_one = shop.generation(), full = shop.generation();
  SlotRecord &slot = **shop.store.claim("test.number", 1);
  Change change{
      &slot, short_one.get(), std::make_shared<const TableShape>(TableShape{"test.number@1.0", "shop", {}, {}}), {}, 0};
  change.functions = {reinterpret_cast<const void *>(one_hundred)};
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  ASSERT_THAT(shop.store.publish(std::move(changes)), Succeeds());
  const Binding binding = *shop.store.bind(*shop.store.find("test.number", 1, 0), 2, 0);
  shop.publish(slot, *full, one_hundred); // the same width, and the second function is now known to return a status
  shop.vacate(slot);
  const Pin pin(binding.slot());
  EXPECT_EQ(static_cast<const test::number_table *>(pin.table())->more(), GRAFT_STALE);
}

// S6, and that a slot is complete when readers come to it: one that is being added, vacated or taken again is found or is
// not.
TEST(Store, ReadersBindWhatTheyFindWhileProvidersOfTheSameContractComeAndGo) {
  Shop shop;
  const ContractId id = guest_contract_id("test.number", 1);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (std::uint32_t minor : {0u, 3u})
    readers.emplace_back([&, minor] {
      while (!done.load(std::memory_order_relaxed)) {
        const auto handle = shop.store.find(id, minor);
        if (handle) ignore(shop.store.bind(*handle, 1 + handle->tag % 64, minor), "stale by now, or bound for a moment");
        for (const graft_handle each : shop.store.find_all(id)) ignore(shop.store.resolve(each), "stale by now");
      }
    });
  std::vector<std::unique_ptr<Generation>> kept;
  for (int round = 0; round < 2'000; ++round) {
    std::vector<SlotRecord *> slots;
    for (std::uint16_t minor = 0; minor < 4; ++minor) {
      kept.push_back(shop.generation());
      slots.push_back(*shop.store.claim("test.number", 1));
      shop.publish(*slots.back(), *kept.back(), one_hundred, minor);
    }
    for (SlotRecord *slot : slots) shop.vacate(*slot);
  }
  done = true;
  for (std::thread &reader : readers) reader.join();
  EXPECT_THAT(shop.store.find(id, 0), FailsWith(Code::kNotFound, HasSubstr("has no provider now")));
}

} // namespace
} // namespace graft
