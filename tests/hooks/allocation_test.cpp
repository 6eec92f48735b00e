// What do hooks allocate? A program of its own, which counts.
#include "hooks.hpp"
#include "sanitizers.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0; // of the calling thread: others compile meanwhile
} // namespace

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) // those have their own
void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
  ++allocations;
  return std::malloc(size != 0 ? size : 1);
}
void *operator new(std::size_t size) {
  if (void *memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace graft {
namespace {

using test::leaves;
using test::part;

class Allocating : public test::Hooked {
 protected:
  void SetUp() override {
    if (test::kInstrumented) GTEST_SKIP() << "a sanitizer allocates as it likes";
    test::Hooked::SetUp();
  }
};

TEST_F(Allocating, AnIdleHookDecidesNothingAndAllocatesNothing) {
  auto saving = runtime->hook<before_save>();
  HookRequest request(*runtime);
  save_request it{};
  save_decision decision{};
  decision.action = 7;
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) saving->run(request, it, decision);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(decision.action, 0u);
  EXPECT_TRUE(saving->is_idle());
}

TEST_F(Allocating, CallsAllocateNothingOnceTheArenaHasGrownButRoomForTimesThatAreNew) {
  load(part("a", "before_save", leaves("a")));
  auto saving = runtime->hook<before_save>();
  HookRequest request(*runtime);
  save_request it{};
  const auto run = [&] {
    request.renew();
    saving->run(request, it);
  };
  run();
  const std::size_t before = allocations;
  for (int i = 0; i < 10'000; ++i) run();
  EXPECT_LE(allocations, before + 64); // one for each power of two
}

} // namespace
} // namespace graft
