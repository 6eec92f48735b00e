// A plugin runs out of stack: does the call fail, and go everything else on?
#include "bundles.hpp"
#include "diver.hpp"

#include <pthread.h>

#include <functional>
#include <thread>

namespace graft {
namespace {

using namespace test;
using testing::HasSubstr;

class OutOfStack : public WithPlainStack<testing::TestWithParam<unsigned>> {
 protected:
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

} // namespace
} // namespace graft
