// Instances while others make, call and end them, reload their bundle, and unload it.
#include "instances.hpp"

#include <atomic>
#include <thread>

namespace graft {
namespace {

using test::counter_bundle;
using test::counter_cxx;
using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

class InstancesAtOnce : public test::Counters {
 protected:
  InstancesAtOnce() { // who waits for a slow machine's calls is not what is asked here
    Config config;
    config.drain = std::chrono::seconds(60);
    runtime = Runtime::create(config);
  }
};

TEST_F(InstancesAtOnce, EightThreadsLoseNoneUnderReloads) {
  const MemoryBundle versions[] = {counter_bundle("struct state { int n; };"),
                                   counter_bundle("struct state { int n; };", "", "return (int32_t)(state->n += n + 0);"),
                                   counter_bundle("struct state { long pad; int n; };")};
  load(versions[0]);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0}, made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto lasting = make();
      for (int calls = 1; !done.load(std::memory_order_relaxed) || made.load(std::memory_order_relaxed) < 100; ++calls) {
        const auto one = make();
        made.fetch_add(1, std::memory_order_relaxed);
        for (int n = 1; n <= 10; ++n) wrong += one->add(one, 1) != n;
        wrong += lasting->add(lasting, 1) != calls;
        if (calls % 2 == 0) wrong += !one.destroy().has_value();
      }
    });
  for (int round = 1; round <= 24; ++round) EXPECT_THAT(runtime->reload(versions[round % 3]), Succeeds());
  done = true;
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(count(), 0u);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

TEST_F(InstancesAtOnce, OneHandleIsEndedOnceByMany) {
  static int ended = 0;
  load(counter_cxx("struct state { int n; ~state() { __atomic_add_fetch((int *)" +
                   std::to_string(reinterpret_cast<std::uintptr_t>(&ended)) + "ul, 1, __ATOMIC_RELAXED); } };"));
  for (int round = 1; round <= 50; ++round) {
    const auto one = *runtime->create_instance(static_cast<const Binding &>(*bound));
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { winners += runtime->destroy_instance(one).has_value(); });
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(ended, round);
  }
}

/// A `create` that says that it runs, and goes on when it may.
struct Turnstile {
  std::atomic<int> entered{0}, may_go{0}, ended{0};
  std::string state() const {
    return "struct state { int n; ~state() { __atomic_add_fetch(" + at(ended) + ", 1, __ATOMIC_RELEASE); } };";
  }
  std::string create() const {
    return "__atomic_store_n(" + at(entered) + ", 1, __ATOMIC_RELEASE); while (!__atomic_load_n(" + at(may_go) +
           ", __ATOMIC_ACQUIRE)) ;";
  }
  static std::string at(const std::atomic<int> &place) {
    return "(int *)" + std::to_string(reinterpret_cast<std::uintptr_t>(&place)) + "ul";
  }
  void await_entered() const {
    while (entered.load(std::memory_order_acquire) == 0) std::this_thread::yield(); // pairs with `create`
  }
};

TEST_F(InstancesAtOnce, AnUnloadDoesNotFreeTheCodeOfARunningConstructor) {
  Turnstile turnstile;
  load(counter_cxx(turnstile.state(), turnstile.create()));
  Result<graft_instance> made = graft_instance{};
  std::thread maker([&] { made = runtime->create_instance(static_cast<const Binding &>(*bound)); });
  turnstile.await_entered();
  EXPECT_EQ(count(), 1u);
  EXPECT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::milliseconds(20)), FailsWith(Code::kBusy, HasSubstr("'b' generation")));
  turnstile.may_go = 1;
  maker.join();
  EXPECT_THAT(made, FailsWith(Code::kStale, HasSubstr("was unloaded while it made an instance")));
  EXPECT_EQ(turnstile.ended, 1);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

TEST_F(InstancesAtOnce, AReloadInPlaceAdoptsWhatTheOldConstructorMakes) {
  Turnstile turnstile;
  load(counter_cxx(turnstile.state(), turnstile.create()));
  Result<graft_instance> made = graft_instance{};
  std::thread maker([&] { made = runtime->create_instance(static_cast<const Binding &>(*bound)); });
  turnstile.await_entered();
  EXPECT_THAT(runtime->reload(counter_cxx(turnstile.state())), Succeeds());
  turnstile.may_go = 1;
  maker.join();
  ASSERT_THAT(made, Succeeds());
  EXPECT_EQ(count(), 1u);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_THAT(runtime->destroy_instance(*made), Succeeds());
  EXPECT_EQ(turnstile.ended, 1);
}

TEST(InstancesUnderAMigration, WaitForAConstructorAndRefuseWhenItTakesTooLong) {
  Config config;
  config.drain = std::chrono::milliseconds(20);
  auto runtime = Runtime::create(config);
  Turnstile turnstile;
  ASSERT_THAT(runtime->load(counter_cxx(turnstile.state(), turnstile.create())), Succeeds());
  const auto bound = *runtime->bind<counter>();
  std::thread maker([&] { EXPECT_THAT(runtime->create_instance(bound), Succeeds()); });
  turnstile.await_entered();
  EXPECT_THAT(runtime->reload(counter_cxx("struct state { int n; long more; };")),
              FailsWith(Code::kBusy, HasSubstr("1 in bundle 'b'")));
  turnstile.may_go = 1;
  maker.join();
  EXPECT_EQ(runtime->bundles().at(0).instances, 0u);
}

} // namespace
} // namespace graft
