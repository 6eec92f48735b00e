// A plugin runs out of stack in code of every kind, on stacks of every kind, and in hooks: is it a failed call there, too?
#include "bundles.hpp"
#include "diver.hpp"
#include "hooks.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <functional>

namespace graft {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::HasSubstr;

using OutOfStackOnce = WithPlainStack<testing::Test>;

TEST_F(OutOfStackOnce, CodeThatWasOptimisedInTheBackgroundFailsToo) {
  const auto runtime = start({.tier_up = TierUp::kFastThenGood, .tier_up_delay = 0ms});
  ASSERT_THAT(runtime->load(text("b", kInCxx, "main.cpp")), Succeeds());
  dive(*runtime);
  ASSERT_THAT(runtime->await_tier_up(4min), Succeeds());
  dive(*runtime);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 0);
}

TEST_F(OutOfStackOnce, ACallByNameFailsToo) {
  const auto runtime = start();
  ASSERT_THAT(runtime->load(text("b", kInCxx, "main.cpp")), Succeeds());
  EXPECT_THAT(call_by_name(*runtime, "test.diver.dive", {"-1"}),
              FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ(call_by_name(*runtime, "test.diver.dive", {"5"})->status, GRAFT_OK);
}

TEST_F(OutOfStackOnce, TheErrorSaysWhereIfTheCodeKnows) {
  const auto runtime = start();
  const std::string manifest = "name = \"b\"\nflags = [\"-g\"]\n";
  ASSERT_THAT(runtime->load(MemoryBundle{"b", {{"graft.toml", manifest}, {"main.cpp", kInCxx}}}), Succeeds());
  EXPECT_THAT((*runtime->bind<::diver>()).call(&::diver::dive, -1),
              FailsWith(Code::kStackLimit,
                        testing::AllOf(HasSubstr("ran out of stack in 'deep(int)' at "), HasSubstr("main.cpp:12"))));
}

TEST_F(OutOfStackOnce, CodeFromTheCacheFailsToo) {
  const test::TempFolder folder;
  for (int time = 0; time < 3; ++time) { // compiled, linked from the cache, placed as it was linked
    Config config;
    config.cache.folder = folder / "cache";
    const auto runtime = start(std::move(config));
    ASSERT_THAT(runtime->load(text("b", kInCxx, "main.cpp")), Succeeds());
    dive(*runtime);
    EXPECT_EQ((*runtime->bind<::diver>())->ended(), 0);
  }
}

TEST_F(OutOfStackOnce, CodeFromAWorkerFailsToo) {
  const auto runtime = start({.worker = Worker::kAlways});
  ASSERT_THAT(runtime->load(text("b", kInC)), Succeeds());
  dive(*runtime);
}

TEST_F(OutOfStackOnce, AThreadWithALargeStackGoesDeeper) {
  // 200,000 frames of this one take more than the eight megabytes that a thread has without asking.
  const auto runtime = start();
  ASSERT_THAT(runtime->load(text("b", kInC)), Succeeds());
  graft_status status = GRAFT_INTERNAL;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64ul << 20);
  const std::function<void()> run = [&] { status = (*runtime->bind<::diver>())->dive(200'000); };
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void *opaque) -> void * {
                  (*static_cast<const std::function<void()> *>(opaque))();
                  return nullptr;
                },
                const_cast<std::function<void()> *>(&run)),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(status, GRAFT_OK);
}

/// A coroutine of the host's, on memory that lies below all of the thread's stack.
TEST_F(OutOfStackOnce, AStackOfTheHostsOwnIsNoFalseAlarm) {
  const auto runtime = start();
  ASSERT_THAT(runtime->load(text("b", kInC)), Succeeds());
  (void)(*runtime->bind<::diver>())->dive(1);
  static ucontext_t back, there;
  static graft_status status;
  static Runtime *host;
  host = runtime.get();
  status = GRAFT_INTERNAL;
  constexpr std::size_t kBytes = 1 << 20;
  void *memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(::getcontext(&there), 0);
  there.uc_stack.ss_sp = memory;
  there.uc_stack.ss_size = kBytes;
  there.uc_link = &back;
  ::makecontext(&there, [] { status = (*host->bind<::diver>())->dive(100); }, 0);
  ASSERT_EQ(::swapcontext(&back, &there), 0);
  EXPECT_EQ(status, GRAFT_OK);
  ::munmap(memory, kBytes);
}

TEST_F(OutOfStackOnce, APluginThatCatchesItMayGoOnAndFailsAgain) {
  const auto runtime = start();
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(
static int32_t caught = 0;
static int32_t deep(int32_t n) { volatile int frame = n; return n == 0 ? 0 : deep(n - 1) + frame; }
static graft_status dive(int32_t depth) {
  for (int i = 0; i < 3; ++i) try { deep(depth); } catch (...) { ++caught; }
  deep(depth);
  return GRAFT_OK;
}
static int32_t ended() { return caught; }
)" + kProvide,
                                 "main.cpp")),
              Succeeds());
  dive(*runtime);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 6);
}

TEST_F(OutOfStackOnce, AThreadOfAPluginsOwnEndsAlone) {
  const auto runtime = start();
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(#include <thread>
static int32_t alive = 0;
static int32_t deep(int32_t n) { volatile int frame = n; return n == 0 ? 0 : deep(n - 1) + frame; }
static graft_status dive(int32_t depth) {
  std::thread thread([=] { ++alive; deep(depth); ++alive; });
  thread.join();
  return GRAFT_OK;
}
static int32_t ended() { return alive; }
)" + kProvide,
                                 "main.cpp")),
              Succeeds());
  auto diver = runtime->bind<::diver>();
  ASSERT_THAT(diver, Succeeds());
  EXPECT_EQ((*diver)->dive(-1), GRAFT_OK);
  EXPECT_EQ((*diver)->ended(), 1);
}

const std::string kLeaf = kDiver + R"(
static int32_t alive = 0;
static int32_t leaf(int32_t n) {
  volatile char frame[100000000];
  frame[n & 0xfffff] = 1;
  return frame[1];
}
)";

/// Clang infers of it that nothing is thrown.
TEST_F(OutOfStackOnce, AFunctionThatCallsNobodyAndPromisedNothingFailsToo) {
  for (const char *optimise : {"-O0", "-O2"}) {
    const auto runtime = start();
    const std::string manifest = std::string("name = \"b\"\nflags = [\"") + optimise + "\"]\n";
    const std::string source = kLeaf + "static graft_status dive(int32_t depth) { return leaf(depth) == 99 ? 1 : GRAFT_OK; }\n"
                                       "static int32_t ended() { return alive; }\n" + kProvide;
    ASSERT_THAT(runtime->load(MemoryBundle{"b", {{"graft.toml", manifest}, {"main.cpp", source}}}), Succeeds());
    for (int time = 0; time < 2; ++time)
      EXPECT_THAT((*runtime->bind<::diver>()).call(&::diver::dive, -1), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")))
          << optimise;
  }
}

using OutOfStackDeathTest = OutOfStackOnce;

TEST_F(OutOfStackDeathTest, WhatPromisedNotToThrowEndsTheProcessAndIsNamed) {
  const auto fall = [] {
    const auto runtime = start();
    (void)runtime->load(text("b", kDiver + R"(
static int32_t deep(int32_t n) noexcept { volatile int frame = n; return n == 0 ? 0 : deep(n - 1) + frame; }
static graft_status dive(int32_t depth) { deep(depth); return GRAFT_OK; }
static int32_t ended() { return 0; }
)" + kProvide,
                             "main.cpp"));
    (void)(*runtime->bind<::diver>())->dive(-1);
  };
  EXPECT_DEATH(fall(),
               "bundle 'b' generation 1: a stack overflow would leave the noexcept function 'deep\\(int\\)' at main.cpp:7");
}

/// Clang made no code that runs the destructor for what a function throws that it knows not to throw.
TEST_F(OutOfStackDeathTest, WhereADestructorWouldNotRunTheProcessEnds) {
  const auto fall = [] {
    const auto runtime = start();
    (void)runtime->load(text("b", kLeaf + R"(
struct Guard { Guard() { ++alive; } ~Guard() { --alive; } };
static graft_status dive(int32_t depth) { Guard guard; return leaf(depth) == 99 ? 1 : GRAFT_OK; }
static int32_t ended() { (void)leaf; return alive; }
)" + kProvide,
                             "main.cpp"));
    (void)(*runtime->bind<::diver>()).call(&::diver::dive, -1);
    std::fputs((*runtime->bind<::diver>())->ended() == 0 ? "the destructor ran" : "no destructor ran", stderr);
    std::abort();
  };
  EXPECT_DEATH(fall(), "would leave the noexcept function 'leaf|the destructor ran");
}

TEST_F(OutOfStackDeathTest, WithoutAReserveTheProcessEnds) {
  const auto fall = [] {
    const auto runtime = start({.stack_reserve_bytes = 0});
    (void)runtime->load(text("b", kInC));
    (void)(*runtime->bind<::diver>())->dive(-1);
  };
  EXPECT_EXIT(fall(), testing::KilledBySignal(SIGSEGV), "");
}

using OutOfStackInHooks = WithPlainStack<test::Hooked>;

const std::string kDeepHere =
    "static int deep(int n) { volatile int frame = n; return n == 0 ? 0 : deep(n - 1) + frame; }\n";

TEST_F(OutOfStackInHooks, IsAFailureOfThatPluginOfAKindOfItsOwn) {
  load(test::plugin("a",
                    kDeepHere +
                        "static graft_status run(graft_hook_context *context, save_request *it, save_decision *decision) {\n"
                        "(void)context, (void)decision; it->number = 9; return deep(-1) == 12345; }\n"
                        "GRAFT_PROVIDE(before_save, {.run = run});\n",
                    "priority = 1"));
  load(test::part("b", "before_save", "if (it->number == 0) decision->action = SAVE_ALLOW;"));
  save_decision decision{};
  const HookResult result = save(decision);
  EXPECT_EQ(result.called, 2u);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(SAVE_ALLOW));
  EXPECT_EQ(part_of("a").failures[static_cast<std::size_t>(CallFailure::kStack)], 1u);
  EXPECT_EQ(part_of("a").failed(), 1u);
  EXPECT_THAT(log, testing::Contains(HasSubstr("ran out of stack")));
}

} // namespace
} // namespace graft
