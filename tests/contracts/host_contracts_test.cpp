// Host contracts: what a host offers, what a plugin acquires, and who waits for whom.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <atomic>
#include <barrier>
#include <thread>

GRAFT_CONTRACT(counter, "app.counter", 1, 2) { int32_t (*next)(void *self); };
GRAFT_CONTRACT(other, "app.other", 1, 0) { int32_t (*next)(void *self); };
GRAFT_CONTRACT(number, "test.number", 1, 0) { int32_t (*number)(void); };

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using test::text;
using testing::HasSubstr;

const counter kCounter{.next = [](void *self) { return ++*static_cast<int32_t *>(self); }};
const other kOther{.next = [](void *self) { return ++*static_cast<int32_t *>(self); }};

/// A bundle that acquires app.counter in graft_init, keeps it, and counts with it at each call.
const std::string kUser = test::kNumberContract + R"(
GRAFT_CONTRACT(counter, "app.counter", 1, 1) { int32_t (*next)(void *self); };
static graft_service service;
graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  (void)context;
  return GRAFT_SERVICE(host, counter, &service);
}
static int32_t run(void) { return ((const counter *)service.table)->next(service.self); }
GRAFT_PROVIDE(number, {.number = run})
)";

graft_service acquire(Runtime &runtime, const char *name, graft_status expected = GRAFT_OK, std::uint32_t major = 1,
                      std::uint32_t minor = 0) {
  graft_service service{};
  EXPECT_EQ(runtime.host().acquire(&runtime.host(), graft_str_of(name), major, minor, &service), expected);
  return service;
}

std::string last_error(Runtime &runtime) {
  char text[512];
  runtime.host().last_error(&runtime.host(), text, sizeof text);
  return text;
}

TEST(HostContracts, APluginCallsWhatTheHostOffers) {
  auto runtime = Runtime::create();
  int32_t count = 40;
  ASSERT_THAT(runtime->offer(kCounter, {.user_data = &count}), Succeeds());
  ASSERT_THAT(runtime->load(text("user", kUser)), Succeeds());
  const auto bound = *runtime->bind<number>();
  EXPECT_EQ(bound->number(), 41);
  EXPECT_EQ(bound->number(), 42);
}

TEST(HostContracts, WhatIsNotOfferedIsAnErrorThatKnowsTheNearName) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter), Succeeds());
  acquire(**runtime, "app.countre", GRAFT_NOT_FOUND);
  EXPECT_THAT(last_error(**runtime), HasSubstr("did you mean 'app.counter'"));
}

TEST(HostContracts, TheMajorIsExactAndTheMinorAtLeast) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter), Succeeds());
  acquire(**runtime, "app.counter", GRAFT_OK, 1, 2);
  acquire(**runtime, "app.counter", GRAFT_INCOMPATIBLE, 1, 3);
  EXPECT_THAT(last_error(**runtime), HasSubstr("offers host contract 'app.counter@1.2', 1.3 was asked for"));
  acquire(**runtime, "app.counter", GRAFT_INCOMPATIBLE, 2, 0);
  EXPECT_THAT(last_error(**runtime), HasSubstr("major 2 was asked for"));
}

TEST(HostContracts, OneNameAndMajorIsOfferedOnce) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter), Succeeds());
  EXPECT_THAT(runtime->offer(kCounter), FailsWith(Code::kConflict, HasSubstr("offered already")));
}

TEST(HostContracts, ATableWithAHoleIsRefused) {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime->offer(counter{}), FailsWith(Code::kInvalid, HasSubstr("function 0 of the table is null")));
}

TEST(HostContracts, InTheirOwnSpaceTheyDoNotMeetPluginsContracts) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter), Succeeds());
  EXPECT_THAT(runtime->find("app.counter", 1), FailsWith(Code::kNotFound, HasSubstr("app.counter")));
}

struct Made {
  int created = 0;
  int destroyed = 0;
  std::string asked{};
};
graft_status make(void *user_data, const graft_service_request *request, void **self) {
  auto *made = static_cast<Made *>(user_data);
  ++made->created;
  made->asked = std::string(request->bundle.data, request->bundle.size) + " " + std::to_string(request->minor);
  *self = new int32_t(0);
  return GRAFT_OK;
}
void unmake(void *user_data, void *self) {
  ++static_cast<Made *>(user_data)->destroyed;
  delete static_cast<int32_t *>(self);
}

TEST(HostContracts, ASharedServiceIsMadeOnceAndDestroyedWhenWithdrawn) {
  Made made; // told until the runtime has gone
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &made, make, unmake}), Succeeds());
  EXPECT_EQ(made.created, 0);
  graft_service first = acquire(**runtime, "app.counter"), second = acquire(**runtime, "app.counter");
  EXPECT_EQ(first.self, second.self);
  runtime->host().give_back(&runtime->host(), &first);
  runtime->host().give_back(&runtime->host(), &second);
  EXPECT_EQ(made.destroyed, 0);
  EXPECT_THAT(runtime->withdraw("app.counter", 1), Succeeds());
  EXPECT_EQ(made.created, 1);
  EXPECT_EQ(made.destroyed, 1);
}

TEST(HostContracts, AServicePerUseIsMadeAndDestroyedWithEachUse) {
  Made made; // told until the runtime has gone
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter, {Service::kPerUse, &made, make, unmake}), Succeeds());
  graft_service first = acquire(**runtime, "app.counter"), second = acquire(**runtime, "app.counter");
  EXPECT_NE(first.self, second.self);
  runtime->host().give_back(&runtime->host(), &first);
  runtime->host().give_back(&runtime->host(), &first); // a second time changes nothing
  EXPECT_EQ(made.destroyed, 1);
  runtime->host().give_back(&runtime->host(), &second);
  EXPECT_EQ(made.destroyed, 2);
}

TEST(HostContracts, TheHostIsToldWhoAsks) {
  Made made; // told until the runtime has gone
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &made, make, unmake}), Succeeds());
  ASSERT_THAT(runtime->load(text("user", kUser)), Succeeds());
  EXPECT_EQ(made.asked, "user 1");
}

TEST(HostContracts, ARefusedCreationIsNotRemembered) {
  int calls = 0;
  auto runtime = Runtime::create();
  const auto refuse_once = [](void *user_data, const graft_service_request *, void **self) -> graft_status {
    *self = user_data;
    if ((*static_cast<int *>(user_data))++ == 0) return GRAFT_BUSY;
    if (*static_cast<int *>(user_data) == 2) *self = nullptr;
    return GRAFT_OK;
  };
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &calls, refuse_once, nullptr}), Succeeds());
  acquire(**runtime, "app.counter", GRAFT_BUSY);
  acquire(**runtime, "app.counter", GRAFT_INVALID);
  acquire(**runtime, "app.counter", GRAFT_OK);
  EXPECT_EQ(calls, 3);
}

TEST(HostContracts, WithdrawingWhatABundleHoldsNamesIt) {
  auto runtime = Runtime::create();
  int32_t count = 0;
  ASSERT_THAT(runtime->offer(kCounter, {.user_data = &count}), Succeeds());
  ASSERT_THAT(runtime->load(text("user", kUser)), Succeeds());
  EXPECT_THAT(runtime->withdraw("app.counter", 1), FailsWith(Code::kConflict, HasSubstr("in use by 'user'")));
}

TEST(HostContracts, WhatABundleDidNotGiveBackIsTakenBackWhenItStops) {
  std::string log;
  auto runtime = Runtime::create({.log = [&](LogLevel, std::string_view line) { log += line; }});
  int32_t count = 0;
  ASSERT_THAT(runtime->offer(kCounter, {.user_data = &count}), Succeeds());
  ASSERT_THAT(runtime->load(text("user", kUser)), Succeeds());
  ASSERT_THAT(runtime->unload("user"), Succeeds());
  ASSERT_THAT(runtime->await_retired(std::chrono::seconds(30)), Succeeds());
  EXPECT_EQ(runtime->offers().at(0).uses, 0u);
  EXPECT_THAT(log, HasSubstr("did not give back host contract 'app.counter@1.2'"));
}

TEST(HostContracts, ACreationMayAcquireAnother) {
  auto runtime = Runtime::create();
  int32_t count = 7;
  Runtime *self = &**runtime;
  ASSERT_THAT(runtime->offer(kOther, {.user_data = &count}), Succeeds());
  const auto through_other = [](void *user_data, const graft_service_request *, void **made) -> graft_status {
    const graft_host &host = static_cast<Runtime *>(user_data)->host();
    graft_service service{};
    const graft_status status = GRAFT_SERVICE(&host, other, &service);
    *made = service.self;
    return status;
  };
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, self, through_other, nullptr}), Succeeds());
  EXPECT_EQ(acquire(**runtime, "app.counter").self, &count);
}

TEST(HostContracts, ACreationThatAsksForItselfIsToldSo) {
  auto runtime = Runtime::create();
  const auto ask_again = [](void *user_data, const graft_service_request *, void **) -> graft_status {
    const graft_host &host = static_cast<Runtime *>(user_data)->host();
    graft_service service{};
    return GRAFT_SERVICE(&host, counter, &service);
  };
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &**runtime, ask_again, nullptr}), Succeeds());
  acquire(**runtime, "app.counter", GRAFT_WOULD_DEADLOCK);
}

struct Circle {
  Runtime *runtime;
  const char *next;
  std::barrier<> *both;
};
graft_status ask_next(void *user_data, const graft_service_request *, void **self) {
  auto *circle = static_cast<Circle *>(user_data);
  circle->both->arrive_and_wait();
  graft_service service{};
  const graft_host &host = circle->runtime->host();
  const graft_status status = host.acquire(&host, graft_str_of(circle->next), 1, 0, &service);
  *self = circle;
  return status == GRAFT_WOULD_DEADLOCK ? GRAFT_WOULD_DEADLOCK : GRAFT_OK;
}

TEST(HostContracts, TwoCreationsThatWaitForEachOtherEnd) {
  auto runtime = Runtime::create();
  std::barrier both(2);
  Circle first{&**runtime, "app.other", &both}, second{&**runtime, "app.counter", &both};
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &first, ask_next, nullptr}), Succeeds());
  ASSERT_THAT(runtime->offer(kOther, {Service::kShared, &second, ask_next, nullptr}), Succeeds());
  std::atomic<int> refused = 0;
  const auto ask = [&](const char *name) {
    graft_service service{};
    const graft_status status = runtime->host().acquire(&runtime->host(), graft_str_of(name), 1, 0, &service);
    // The one that was refused ends its creation; the other, woken, may be the first to create it anew, alone at the
    // barrier.
    if (status == GRAFT_WOULD_DEADLOCK) {
      ++refused;
      both.arrive_and_drop();
    }
  };
  std::thread one(ask, "app.counter"), two(ask, "app.other");
  one.join();
  two.join();
  EXPECT_GE(refused, 1);
}

TEST(HostContracts, ManyThreadsMakeASharedServiceOnce) {
  Made made; // told until the runtime has gone
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kCounter, {Service::kShared, &made, make, unmake}), Succeeds());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        graft_service service = acquire(**runtime, "app.counter");
        runtime->host().give_back(&runtime->host(), &service);
      }
    });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(made.created, 1);
  EXPECT_EQ(runtime->offers().at(0).uses, 0u);
}

} // namespace
} // namespace graft
