// The C interface, driven from C.
#include <gtest/gtest.h>

extern "C" int run_c_host(void);

namespace {

TEST(CApi, AHostInCLoadsCallsReloadsAndUnloads) { EXPECT_EQ(run_c_host(), 0); }

} // namespace
