// Do the pieces that other threads can be in go away safely? Looked at from inside: the windows are a few instructions wide.
#include "frame_lookup.hpp"
#include "sanitizers.hpp"
#include "thread_locals.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace graft::jit {
namespace {

TEST(Teardown, AThreadMayEndWhileTheStorageOfItsThreadLocalsGoes) { // I3
  for (int round = 0; round < 500; ++round) {
    auto storage = *ThreadStorage::create();
    const std::size_t slot = storage->take_slot();
    const ThreadControl control{sizeof(int), alignof(int), nullptr, nullptr};
    std::atomic<bool> touched{false};
    std::thread other([&] {
      *static_cast<int *>(storage->address(control, slot)) = round;
      touched.store(true, std::memory_order_release);
    });
    while (!touched.load(std::memory_order_acquire)) std::this_thread::yield();
    storage.reset();
    other.join();
  }
}

// A region below the host's code and one above it, in turn, in the same place of the list: a look-up that takes the begin of
// one and the end of the other would take the host's code for ours.
TEST(Teardown, TheHostsFramesAreFoundWhileSlabsComeAndGo) {
  std::atomic<bool> done{false};
  std::thread churner([&] {
    while (!done.load(std::memory_order_relaxed))
      for (const std::uintptr_t begin : {std::uintptr_t{0x10000}, std::uintptr_t{0x7fff'f000'0000}}) {
        CodeRegion *region = announce_code_region(begin, 0x10000);
        ASSERT_NE(region, nullptr);
        forget_code_region(region);
      }
  });
  int lost = 0;
  for (int round = 0; round < 300'000; ++round) {
    dl_find_object found{};
    if (::_dl_find_object(reinterpret_cast<void *>(&announce_code_region), &found) != 0 || found.dlfo_link_map == nullptr)
      ++lost;
  }
  done = true;
  churner.join();
  EXPECT_EQ(lost, 0);
}

/// Lets the processor stop behind every instruction of one look-up; behind one of them, a slab goes and another comes.
class SteppedLookup {
 public:
  SteppedLookup() {
    struct sigaction step = {};
    step.sa_handler = on_step;
    ::sigaction(SIGTRAP, &step, &before_);
  }
  ~SteppedLookup() { ::sigaction(SIGTRAP, &before_, nullptr); }
  SteppedLookup(const SteppedLookup &) = delete;

  /// Was the host's frame found, although the slabs changed behind instruction `swap_at`?
  static bool finds_the_host(int swap_at) {
    swap_at_ = swap_at;
    steps_ = 0;
    region_ = announce_code_region(kBelowTheHost, kBytes);
    dl_find_object found{};
    constexpr unsigned long kTrapFlag = 0x100;
    __asm__ volatile("pushfq\n orq %0, (%%rsp)\n popfq" ::"i"(kTrapFlag) : "memory", "cc");
    const int missed = ::_dl_find_object(reinterpret_cast<void *>(&announce_code_region), &found);
    __asm__ volatile("pushfq\n andq %0, (%%rsp)\n popfq" ::"i"(~kTrapFlag) : "memory", "cc");
    forget_code_region(region_);
    return missed == 0 && found.dlfo_link_map != nullptr;
  }
  static int steps() { return steps_; }

 private:
  static constexpr std::uintptr_t kBelowTheHost = 0x10000;
  static constexpr std::uintptr_t kAboveTheHost = 0x7fff'f000'0000;
  static constexpr std::size_t kBytes = 0x10000;

  static void on_step(int) {
    if (++steps_ != swap_at_) return;
    forget_code_region(region_);
    region_ = announce_code_region(kAboveTheHost, kBytes);
  }

  static inline int swap_at_ = 0;
  static inline int steps_ = 0;
  static inline CodeRegion *region_ = nullptr;
  struct sigaction before_ = {};
};

// The same question at every point where a look-up can be interrupted: a race lost only there is found every time.
TEST(Teardown, TheHostsFramesAreFoundWhereverALookUpIsInterrupted) {
  if (test::kThreadSanitized) GTEST_SKIP() << "ThreadSanitizer takes signals over, and would be stepped through itself";
  const SteppedLookup stepped;
  ASSERT_TRUE(SteppedLookup::finds_the_host(0)); // also binds what is bound at the first call
  for (int swap_at = 1; swap_at <= SteppedLookup::steps() + 1; ++swap_at) {
    ASSERT_TRUE(SteppedLookup::finds_the_host(swap_at)) << "behind instruction " << swap_at;
  }
  EXPECT_GT(SteppedLookup::steps(), 20) << "it was stepped through";
}

} // namespace
} // namespace graft::jit
