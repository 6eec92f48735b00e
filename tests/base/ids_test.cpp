// Identities are part of what a plugin built yesterday knows: the recorded values never change.
#include <graft/base/ids.hpp>

#include <gtest/gtest.h>

#include <string>

namespace graft {
namespace {

TEST(Ids, HashIsTheRecordedFnv1a64) {
  static_assert(fnv1a64("") == 0xCBF29CE484222325u);
  static_assert(fnv1a64("a") == 0xAF63DC4C8601EC8Cu);
  static_assert(fnv1a64("reload.test@1") == 0xE55B8A5A3DC7C061u);
  EXPECT_EQ(fnv1a64(std::string("reload.test@1")), 0xE55B8A5A3DC7C061u);
}

TEST(Ids, BytesAboveAsciiAreHashedAsUnsigned) { EXPECT_EQ(fnv1a64("\xff"), (0xcbf29ce484222325u ^ 0xffu) * 0x100000001b3u); }

TEST(Ids, ContractsHashTheirSpaceNameAndMajor) {
  EXPECT_EQ(guest_contract_id("reload.test", 1).value, 0x439B95E8E420050Au);
  EXPECT_EQ(guest_contract_id("logger", 1).value, 0xA1ADF81FD5134C83u);
  EXPECT_EQ(host_contract_id("host.logger", 1).value, 0xF53EB5F2845853BBu);
}

TEST(Ids, MajorIsSpelledInDecimal) {
  for (const std::uint32_t major : {0u, 9u, 10u, 65535u, 4294967295u})
    EXPECT_EQ(guest_contract_id("a.b", major).value, fnv1a64("guest_contract:a.b@" + std::to_string(major)));
}

TEST(Ids, HostAndGuestContractsOfOneNameDiffer) {
  EXPECT_NE(guest_contract_id("area.thing", 1), ContractId{host_contract_id("area.thing", 1).value});
}

TEST(Ids, BundleIsTheHashOfItsNameAndTheHostIsZero) {
  EXPECT_EQ(bundle_id("a").value, 0xAF63DC4C8601EC8Cu);
  EXPECT_EQ(kHostBundle.value, 0u);
  EXPECT_NE(bundle_id(""), kHostBundle);
}

} // namespace
} // namespace graft
