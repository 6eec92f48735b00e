// Runs the models. A model without a fault must hold in every interleaving that is tried, one with a fault must be caught.
#include "models.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace graft::model {
namespace {

/// relacy seeds itself the same in each run. `GRAFT_LONG` asks for a hundred times as many interleavings.
template <class Fault>
testing::AssertionResult holds(Fault fault) {
  const unsigned long interleavings = std::getenv("GRAFT_LONG") != nullptr ? 10'000'000 : 100'000;
  const Outcome outcome = check(fault, interleavings);
  return outcome.holds ? testing::AssertionSuccess() : testing::AssertionFailure() << outcome.log;
}

TEST(PinModel, NoTableIsUnmappedUnderAReader) { EXPECT_TRUE(holds(PinFault::kNone)); }
TEST(PinModel, WithoutTheBarrierAReaderLosesItsTable) { EXPECT_FALSE(holds(PinFault::kNoBarrier)); }
TEST(PinModel, WithoutTheSecondLoadAReaderLosesItsTable) { EXPECT_FALSE(holds(PinFault::kNoSecondLoad)); }
TEST(PinModel, AScanBeforeThePublicationMissesReaders) { EXPECT_FALSE(holds(PinFault::kScanBeforePublish)); }

TEST(ViewModel, NoViewIsTorn) { EXPECT_TRUE(holds(ViewFault::kNone)); }
TEST(ViewModel, WithoutTheSecondCountAViewTears) { EXPECT_FALSE(holds(ViewFault::kNoSecondCount)); }
TEST(ViewModel, ACountThatIsNeverOddLetsAViewTear) { EXPECT_FALSE(holds(ViewFault::kCountedOnce)); }

TEST(ReuseModel, ABoundSlotIsNotGivenAway) { EXPECT_TRUE(holds(ReuseFault::kNone)); }
TEST(ReuseModel, LookingAtTheTagFirstGivesABoundSlotAway) { EXPECT_FALSE(holds(ReuseFault::kTagFirst)); }
TEST(ReuseModel, WeakerOrdersGiveABoundSlotAway) { EXPECT_FALSE(holds(ReuseFault::kRelaxed)); }

} // namespace
} // namespace graft::model
