// What the tests of calls that run out of stack share: a contract, plugins that dive, and a host that has them dive.
#pragma once

#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/call.hpp>
#include <graft/runtime.hpp>

#include <gmock/gmock.h>

GRAFT_CONTRACT(diver, "test.diver", 1, 0) {
  graft_status (*dive)(int32_t depth); // without end when it is negative
  int32_t (*ended)(void);              // destructors, or returns, so far
};

namespace graft::test {

inline const std::string kDiver = R"(#include <graft/abi.h>
GRAFT_CONTRACT(diver, "test.diver", 1, 0) {
  graft_status (*dive)(int32_t depth);
  int32_t (*ended)(void);
};
)";
inline const std::string kProvide = "GRAFT_PROVIDE(diver, {.dive = dive, .ended = ended});\n";

inline const std::string kInC = kDiver + R"(
static int32_t returns;
static int32_t deep(int32_t n) {
  volatile char frame[64];
  frame[0] = (char)n;
  if (n == 0) return 0;
  const int32_t below = deep(n - 1);
  ++returns;
  return below + frame[0];
}
static graft_status dive(int32_t depth) { deep(depth); return GRAFT_OK; }
static int32_t ended(void) { return returns; }
)" + kProvide;

/// As many destructors as constructors have run when nothing is left.
inline const std::string kInCxx = kDiver + R"(
static int32_t alive = 0;
struct Guard {
  Guard() { ++alive; }
  ~Guard() { --alive; }
};
static int32_t deep(int32_t n) {
  Guard guard;
  volatile char frame[64];
  frame[0] = static_cast<char>(n);
  return n == 0 ? 0 : deep(n - 1) + frame[0];
}
static graft_status dive(int32_t depth) { deep(depth); return GRAFT_OK; }
static int32_t ended() { return alive; }
)" + kProvide;

inline std::unique_ptr<Runtime> start(Config config = {}) {
  auto runtime = Runtime::create(std::move(config));
  EXPECT_THAT(runtime, Succeeds());
  return std::move(*runtime);
}

/// Twice out of stack, then all the way down to a depth that fits, in one thread.
inline void dive(Runtime &runtime) {
  auto diver = runtime.bind<::diver>();
  ASSERT_THAT(diver, Succeeds());
  for (int again = 0; again < 2; ++again)
    EXPECT_THAT((*diver).call(&::diver::dive, -1), FailsWith(Code::kStackLimit, testing::HasSubstr("ran out of stack")));
  EXPECT_EQ((*diver)->dive(1'000), GRAFT_OK);
}

/// Sanitizers take stack of their own.
template <class Fixture>
class WithPlainStack : public Fixture {
 protected:
  void SetUp() override {
    if (kInstrumented) GTEST_SKIP() << "sanitizers take stack of their own";
    Fixture::SetUp();
  }
};

} // namespace graft::test
