// The C interface, driven from C.
#include "bundles.hpp"

#include <gtest/gtest.h>

extern "C" int run_c_host(const char *header);

namespace {

TEST(CApi, AHostInCLoadsCallsReloadsUnloadsAndHasAView) {
  const graft::test::TempFolder folder;
  EXPECT_EQ(run_c_host(folder.write("number.h", graft::test::kNumberContract).c_str()), 0);
}

} // namespace
