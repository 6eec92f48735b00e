// What comes back from a call: statuses, values, exceptions of every kind, forced unwinding.
#include "bundles.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <pthread.h>
#include <stdexcept>

GRAFT_CONTRACT(thrower, "test.thrower", 1, 0) {
  graft_status (*fail)(int32_t how);
  int32_t (*count)(int32_t how);
  graft_status (*call_back)(void (*callback)(void *), void *context);
};

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::HasSubstr;

const char kThrower[] = R"(#include <graft/abi.h>
#include <stdexcept>
#include <string>
GRAFT_CONTRACT(thrower, "test.thrower", 1, 0) {
  graft_status (*fail)(int32_t how);
  int32_t (*count)(int32_t how);
  graft_status (*call_back)(void (*callback)(void *), void *context);
};
struct Own { std::string name = "own"; };
struct Silent : std::exception { const char *what() const noexcept override { return nullptr; } };
struct Bad { ~Bad() noexcept(false) { throw 8; } };
static void look_for_nothing() {
  graft_handle handle;
  graft_self.find(&graft_self, graft_str_of("no.such.contract"), 1, 0, &handle);
}
static graft_status fail(int32_t how) {
  if (how == 1) throw std::out_of_range("beyond the end");
  if (how == 2) throw 7;
  if (how == 3) throw Own{};
  if (how == 4) throw "a text";
  if (how == 6) throw Silent{};
  if (how == 7) throw Bad{};
  if (how == 8) return look_for_nothing(), GRAFT_OK;
  try { if (how == 5) throw std::logic_error("inside"); } catch (const std::exception &) { return 1005; }
  return how;
}
static int32_t count(int32_t how) { if (how == 8) look_for_nothing(); if (how < 0) throw std::runtime_error("negative"); return how; }
static graft_status call_back(void (*callback)(void *), void *context) { callback(context); return GRAFT_OK; }
GRAFT_PROVIDE(thrower, {.fail = fail, .count = count, .call_back = call_back})
)";

class Calls : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_THAT(runtime->load(text("thrower", kThrower, "thrower.cpp")), Succeeds());
    bound = *runtime->bind<thrower>();
  }
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  Bound<thrower> bound;
};

TEST_F(Calls, AStandardExceptionBecomesAStatusWithItsTypeAndText) {
  EXPECT_EQ(bound->fail(1), GRAFT_EXCEPTION);
  EXPECT_THAT(bound.call(&thrower::fail, 1), FailsWith(Code::kException, AllOf(HasSubstr("std::out_of_range: beyond the end"),
                                                                               HasSubstr("'fail'"), HasSubstr("'thrower'"))));
}

TEST_F(Calls, AnyOtherTypeThatIsThrownIsNamed) {
  EXPECT_THAT(bound.call(&thrower::fail, 2), FailsWith(Code::kException, HasSubstr("int")));
  EXPECT_THAT(bound.call(&thrower::fail, 3), FailsWith(Code::kException, HasSubstr("Own")));
  EXPECT_THAT(bound.call(&thrower::fail, 4), FailsWith(Code::kException, HasSubstr("a text")));
}

TEST_F(Calls, AnExceptionThatThePluginCatchesIsItsOwnBusiness) {
  EXPECT_EQ(bound->fail(5), 1005);
}

TEST_F(Calls, WhatAFunctionMetOnItsWayAndGotOverIsNotItsFailure) {
  EXPECT_THAT(bound.call(&thrower::fail, 8), Succeeds());
  EXPECT_THAT(bound.call(&thrower::count, 8), Succeeds());
}

TEST_F(Calls, AnExceptionWithoutATextIsNamedAllTheSame) {
  EXPECT_THAT(bound.call(&thrower::fail, 6), FailsWith(Code::kException, HasSubstr("threw Silent without a text")));
}

TEST_F(Calls, AnExceptionThatThrowsWhereItEndsIsStillOneFailedCall) {
  [[maybe_unused]] const test::LeaksOnPurpose its_memory; // the C++ library frees it behind the destructor, and does not come to that
  EXPECT_THAT(bound.call(&thrower::fail, 7), FailsWith(Code::kException, HasSubstr("threw an object of type Bad")));
  EXPECT_THAT(bound.call(&thrower::fail, 0), Succeeds());
}

TEST_F(Calls, AStatusOfThePluginsOwnIsPassedOn) {
  EXPECT_THAT(bound.call(&thrower::fail, 1234), FailsWith(static_cast<Code>(1234), HasSubstr("status 1234")));
  EXPECT_THAT(bound.call(&thrower::fail, 0), Succeeds());
}

TEST_F(Calls, AFunctionWithoutAStatusReturnsZeroAndLeavesTheErrorOnTheThread) {
  EXPECT_EQ(bound->count(-1), 0);
  EXPECT_THAT(bound.call(&thrower::count, -1), FailsWith(Code::kException, HasSubstr("negative")));
  EXPECT_EQ(*bound.call(&thrower::count, 9), 9);
}

TEST_F(Calls, AHostsOwnExceptionThroughACallbackEndsAtThePluginsEdge) {
  const auto callback = [](void *) { throw std::runtime_error("from the host"); };
  EXPECT_THAT(bound.call(&thrower::call_back, +callback, nullptr), FailsWith(Code::kException, HasSubstr("from the host")));
}

TEST_F(Calls, PthreadExitInsideAPluginEndsTheThreadAndNotTheProcess) {
  pthread_t thread;
  const auto body = [](void *self) -> void * {
    (*static_cast<Bound<thrower> *>(self))->call_back([](void *) { pthread_exit(reinterpret_cast<void *>(77)); }, nullptr);
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, body, &bound), 0);
  void *result = nullptr;
  pthread_join(thread, &result);
  EXPECT_EQ(result, reinterpret_cast<void *>(77));
  ASSERT_THAT(runtime->unload("thrower"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds()); // its pin is gone
}

TEST_F(Calls, AThousandExceptionsLeaveNoPinBehind) {
  for (int round = 0; round < 1'000; ++round) EXPECT_EQ(bound->fail(1 + round % 4), GRAFT_EXCEPTION);
  ASSERT_THAT(runtime->unload("thrower"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

} // namespace
} // namespace graft
