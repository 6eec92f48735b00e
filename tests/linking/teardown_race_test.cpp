// Do the pieces that other threads can be in go away safely? Looked at from inside: the windows are a few instructions wide.
#include "frame_lookup.hpp"
#include "thread_locals.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
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

} // namespace
} // namespace graft::jit
