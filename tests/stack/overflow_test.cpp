// A plugin runs out of stack: does the call fail, and go everything else on?
#include "bundles.hpp"
#include "hooks.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/call.hpp>
#include <graft/runtime.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <functional>
#include <thread>

GRAFT_CONTRACT(diver, "test.diver", 1, 0) {
  graft_status (*dive)(int32_t depth); // without end when it is negative
  int32_t (*ended)(void);              // destructors, or returns, so far
};

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using test::text;
using testing::HasSubstr;

const std::string kDiver = R"(#include <graft/abi.h>
GRAFT_CONTRACT(diver, "test.diver", 1, 0) {
  graft_status (*dive)(int32_t depth);
  int32_t (*ended)(void);
};
)";
const std::string kProvide = "GRAFT_PROVIDE(diver, {.dive = dive, .ended = ended});\n";

const std::string kInC = kDiver + R"(
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
const std::string kInCxx = kDiver + R"(
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

std::unique_ptr<Runtime> start(Config config = {}) {
  auto runtime = Runtime::create(std::move(config));
  EXPECT_THAT(runtime, Succeeds());
  return std::move(*runtime);
}

/// Twice out of stack, then all the way down to a depth that fits, in one thread.
void dive(Runtime &runtime) {
  auto diver = runtime.bind<::diver>();
  ASSERT_THAT(diver, Succeeds());
  for (int again = 0; again < 2; ++again)
    EXPECT_THAT((*diver).call(&::diver::dive, -1), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ((*diver)->dive(1'000), GRAFT_OK);
}

class OutOfStack : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (test::kInstrumented) GTEST_SKIP() << "sanitizers take stack of their own";
  }
  static Config config() {
    Config config;
    config.optimise = GetParam();
    return config;
  }
};

TEST_P(OutOfStack, ACallInCFails) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kInC)), Succeeds());
  dive(*runtime);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 1'000); // nothing of the others returned
}

TEST_P(OutOfStack, ACallInCxxFailsAndItsDestructorsRun) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kInCxx, "main.cpp")), Succeeds());
  dive(*runtime);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 0);
}

TEST_P(OutOfStack, ExceptionsThatAreSwitchedOffAreNoObstacle) {
  const auto runtime = start(config());
  MemoryBundle bundle = text("b", kInC, "main.cpp");
  bundle.files.push_back({"graft.toml", "name = \"b\"\nflags = [\"-fno-exceptions\"]\n"});
  ASSERT_THAT(runtime->load(bundle), Succeeds());
  dive(*runtime);
}

TEST_P(OutOfStack, AThreadWithASmallStackFailsEarlier) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kInCxx, "main.cpp")), Succeeds());
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void *opaque) -> void * {
                  dive(*static_cast<Runtime *>(opaque));
                  return nullptr;
                },
                runtime.get()),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 0);
}

TEST_P(OutOfStack, AHandlerThatRecursesIsNoPromiseNotToThrow) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(
#include <stdexcept>
#include <string>
static int32_t deep(int32_t n) {
  try {
    throw std::runtime_error(std::string("abc"));
  } catch (...) {
    return n == 0 ? 0 : deep(n - 1) + 1;
  }
}
static graft_status dive(int32_t depth) { deep(depth); return GRAFT_OK; }
static int32_t ended() { return 0; }
)" + kProvide,
                                 "main.cpp")),
              Succeeds());
  dive(*runtime);
}

TEST_P(OutOfStack, ACircleWithALargeStackEndsWhereNoPinIsLeft) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(
static graft_status dive(int32_t n) {
  graft_handle handle;
  graft_pin pin;
  if (n == 0) return GRAFT_OK;
  graft_status status = graft_self.find(&graft_self, graft_str_of("test.diver"), 1, 0, &handle);
  if (status == GRAFT_OK) status = graft_self.resolve(&graft_self, handle, &pin);
  if (status != GRAFT_OK) return status;
  status = ((const diver *)pin.table)->dive(n - 1);
  graft_self.release(&graft_self, &pin);
  return status;
}
static int32_t ended(void) { return 0; }
)" + kProvide)),
              Succeeds());
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{256} << 20);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void *opaque) -> void * {
                  auto &runtime = *static_cast<Runtime *>(opaque);
                  const auto diver = *runtime.bind<::diver>();
                  for (int time = 0; time < 2; ++time)
                    EXPECT_THAT(diver.call(&::diver::dive, -1), FailsWith(Code::kDepthLimit, HasSubstr("recurses without end")));
                  EXPECT_THAT(diver.call(&::diver::dive, 100), Succeeds());
                  return nullptr;
                },
                runtime.get()),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_THAT(runtime->unload("b"), Succeeds()); // no pin is left
}

TEST_P(OutOfStack, ACircleThroughTheHostEndsAtItsInnermostCall) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(
static int32_t calls;
static graft_status dive(int32_t n) {
  graft_handle handle;
  graft_pin pin;
  char frame[1024];
  __asm__ volatile("" : : "r"(frame) : "memory");
  ++calls;
  if (n == 0) return GRAFT_OK;
  graft_status status = graft_self.find(&graft_self, graft_str_of("test.diver"), 1, 0, &handle);
  if (status == GRAFT_OK) status = graft_self.resolve(&graft_self, handle, &pin);
  if (status != GRAFT_OK) return status;
  status = ((const diver *)pin.table)->dive(n - 1);
  graft_self.release(&graft_self, &pin);
  __asm__ volatile("" : : "r"(frame) : "memory");
  return status;
}
static int32_t ended(void) { return calls; }
)" + kProvide)),
              Succeeds());
  dive(*runtime);
  EXPECT_GT((*runtime->bind<::diver>())->ended(), 2'000);
  EXPECT_THAT(runtime->unload("b"), Succeeds()); // no pin is left
}

TEST_P(OutOfStack, AnArrayThatIsTooLargeIsNotEvenTouched) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(
static int32_t sums;
__attribute__((noinline)) static void fill(volatile char *text, unsigned long n) {
  for (unsigned long i = 0; i < n; i += 512) text[i] = 1, ++sums;
}
__attribute__((noinline)) static void large(void) { volatile char text[1ul << 30]; fill(text, sizeof text); }
__attribute__((noinline)) static void grows(unsigned long n) { volatile char text[n]; fill(text, n); }
static graft_status dive(int32_t n) {
  if (n == 1000) grows(100000);
  else if (sums == 0) large();
  else grows(1ul << 40);
  return GRAFT_OK;
}
static int32_t ended(void) { return sums++; }
)" + kProvide)),
              Succeeds());
  auto diver = runtime->bind<::diver>();
  ASSERT_THAT(diver, Succeeds());
  EXPECT_THAT((*diver).call(&::diver::dive, -1), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ((*diver)->ended(), 0);
  EXPECT_THAT((*diver).call(&::diver::dive, -1), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ((*diver)->dive(1'000), GRAFT_OK);
}

TEST_P(OutOfStack, ADestructorThatCallsGetsTheStackItNeeds) {
  const auto runtime = start(config());
  ASSERT_THAT(runtime->load(text("b", kDiver + R"(#include <map>
#include <string>
static int32_t alive = 0;
struct Named {
  std::map<int, std::string> names;
  explicit Named(int n) { names[n] = std::string(100, 'x'); ++alive; }
  ~Named() { names.clear(); --alive; }
};
static int32_t deep(int32_t n) {
  Named named(n);
  return n == 0 ? 0 : deep(n - 1) + static_cast<int32_t>(named.names.size());
}
static graft_status dive(int32_t depth) { deep(depth); return GRAFT_OK; }
static int32_t ended() { return alive; }
)" + kProvide,
                                 "main.cpp")),
              Succeeds());
  dive(*runtime);
  EXPECT_EQ((*runtime->bind<::diver>())->ended(), 0);
}

TEST_P(OutOfStack, AnInitialiserOrGraftInitIsAFailedLoad) {
  const auto runtime = start(config());
  const std::string deep = kDiver + R"(
static int32_t deep(int32_t n) { volatile int32_t frame = n; return n == 0 ? 0 : deep(n + 1) + frame; }
static graft_status dive(int32_t depth) { return depth; }
static int32_t ended(void) { return 0; }
)" + kProvide;
  EXPECT_THAT(runtime->load(text("a", deep + "int32_t value = deep(1);\n", "main.cpp")),
              FailsWith(Code::kStackLimit, HasSubstr("an initialiser ran out of stack")));
  EXPECT_THAT(
      runtime->load(text("b", deep + "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
                                     "  (void)host, (void)context;\n  return deep(1) != 0;\n}\n")),
      FailsWith(Code::kStackLimit, HasSubstr("graft_init of bundle 'b' ran out of stack")));
}

INSTANTIATE_TEST_SUITE_P(At, OutOfStack, testing::Values(0u, 2u),
                         [](const auto &each) { return "O" + std::to_string(each.param); });

class OutOfStackOnce : public testing::Test {
 protected:
  void SetUp() override {
    if (test::kInstrumented) GTEST_SKIP() << "sanitizers take stack of their own";
  }
};

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
  EXPECT_THAT(call_by_name(*runtime, "test.diver.dive", {"-1"}), FailsWith(Code::kStackLimit, HasSubstr("ran out of stack")));
  EXPECT_EQ(call_by_name(*runtime, "test.diver.dive", {"5"})->status, GRAFT_OK);
}

TEST_F(OutOfStackOnce, TheErrorSaysWhereIfTheCodeKnows) {
  const auto runtime = start();
  const std::string manifest = "name = \"b\"\nflags = [\"-g\"]\n";
  ASSERT_THAT(runtime->load(MemoryBundle{"b", {{"graft.toml", manifest}, {"main.cpp", kInCxx}}}), Succeeds());
  EXPECT_THAT((*runtime->bind<::diver>()).call(&::diver::dive, -1),
              FailsWith(Code::kStackLimit, testing::AllOf(HasSubstr("ran out of stack in 'deep(int)' at "), HasSubstr("main.cpp:12"))));
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

TEST_F(OutOfStackDeathTest, WithoutAReserveTheProcessEnds) {
  const auto fall = [] {
    const auto runtime = start({.stack_reserve_bytes = 0});
    (void)runtime->load(text("b", kInC));
    (void)(*runtime->bind<::diver>())->dive(-1);
  };
  EXPECT_EXIT(fall(), testing::KilledBySignal(SIGSEGV), "");
}

class OutOfStackInHooks : public test::Hooked {
 protected:
  void SetUp() override {
    if (test::kInstrumented) GTEST_SKIP() << "sanitizers take stack of their own";
    Hooked::SetUp();
  }
};

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
