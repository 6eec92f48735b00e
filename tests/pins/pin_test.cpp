// Pins from inside: what a scan sees, and when.
#include "provider.hpp"
#include "store/threads.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace graft {
namespace {

bool is_pinned(const void *table) {
  const auto tables = pinned_tables();
  return std::binary_search(tables.begin(), tables.end(), table);
}

const int kTables[4] = {};

class Pins : public testing::Test {
protected:
  void SetUp() override { enable_scans(); }
  Slot slot;
};

TEST_F(Pins, AScanSeesAPinAndNotAnEndedOne) {
  slot.table = &kTables[0];
  {
    const Pin pin(slot);
    EXPECT_TRUE(is_pinned(&kTables[0]));
  }
  EXPECT_FALSE(is_pinned(&kTables[0]));
}

TEST_F(Pins, ANestedPinKeepsItsOwnTable) {
  slot.table = &kTables[0];
  const Pin outer(slot);
  slot.table = &kTables[1];
  {
    const Pin inner(slot);
    EXPECT_EQ(inner.table(), &kTables[1]);
    EXPECT_TRUE(is_pinned(&kTables[0]) && is_pinned(&kTables[1]));
  }
  EXPECT_TRUE(is_pinned(&kTables[0]));
  EXPECT_FALSE(is_pinned(&kTables[1]));
}

TEST_F(Pins, DeepNestingPinsEveryLevelAndFreesThemAll) {
  const std::vector<int> tables(100);
  std::function<void(std::size_t)> nest = [&](std::size_t depth) {
    if (depth == tables.size()) {
      EXPECT_TRUE(std::ranges::all_of(tables, [](const int &table) { return is_pinned(&table); }));
      return;
    }
    slot.table = &tables[depth];
    const Pin pin(slot);
    nest(depth + 1);
  };
  nest(0);
  EXPECT_TRUE(std::ranges::none_of(tables, [](const int &table) { return is_pinned(&table); }));
}

TEST_F(Pins, AnExceptionThatLeavesTheScopeEndsThePin) {
  slot.table = &kTables[0];
  try {
    const Pin pin(slot);
    throw 1;
  } catch (int) {
  }
  EXPECT_FALSE(is_pinned(&kTables[0]));
}

TEST_F(Pins, AThreadThatExitsInsideACallPinsNoMore) {
  slot.table = &kTables[0];
  pthread_t thread;
  const auto body = [](void *slot) -> void * {
    take_pin(*static_cast<Slot *>(slot));
    pthread_exit(nullptr);
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, body, &slot), 0);
  pthread_join(thread, nullptr);
  EXPECT_FALSE(is_pinned(&kTables[0]));
}

TEST_F(Pins, PinsTakenByHandMayEndInAnyOrder) {
  Slot other;
  slot.table = &kTables[0];
  other.table = &kTables[1];
  const void *first = take_pin(slot);
  const void *second = take_pin(other);
  end_pin(first);
  EXPECT_FALSE(is_pinned(first));
  EXPECT_TRUE(is_pinned(second));
  end_pin(second);
  EXPECT_FALSE(is_pinned(second));
}

TEST_F(Pins, ThreadsReuseTheRecordsOfThreadsThatEnded) {
  slot.table = &kTables[0];
  detail::ThreadRecord *first = nullptr, *second = nullptr;
  std::thread([&] { const Pin pin(slot); first = detail::thread_record; }).join();
  std::thread([&] { const Pin pin(slot); second = detail::thread_record; }).join();
  EXPECT_EQ(first, second);
}

// The protocol at work: a writer replaces a heap object, scans, and frees what no pin names; a reader that got hold of a freed one reads
// a poisoned value (and AddressSanitizer or ThreadSanitizer says so louder). P1 to P3.
TEST_F(Pins, AReaderNeverHoldsWhatAWriterFreed) {
  struct Object {
    std::atomic<int> alive{1};
  };
  std::atomic<bool> done{false};
  std::atomic<int> dead_reads{0};
  slot.table = new Object;
  std::vector<std::thread> readers;
  for (int thread = 0; thread < 3; ++thread)
    readers.emplace_back([&] {
      while (!done.load(std::memory_order_relaxed)) {
        const Pin pin(slot);
        if (static_cast<const Object *>(pin.table())->alive.load(std::memory_order_relaxed) != 1) ++dead_reads;
      }
    });
  std::vector<Object *> retired;
  for (int round = 0; round < 20'000; ++round) {
    auto *fresh = new Object;
    retired.push_back(static_cast<Object *>(const_cast<void *>(slot.table.exchange(fresh, std::memory_order_acq_rel))));
    const auto pinned = pinned_tables();
    std::erase_if(retired, [&](Object *object) {
      if (std::binary_search(pinned.begin(), pinned.end(), object)) return false;
      object->alive.store(0, std::memory_order_relaxed);
      delete object;
      return true;
    });
  }
  done = true;
  for (std::thread &reader : readers) reader.join();
  for (Object *object : retired) delete object;
  delete static_cast<Object *>(const_cast<void *>(slot.table.load()));
  EXPECT_EQ(dead_reads.load(), 0);
}

// A kernel, or a sandbox, without membarrier: the other way to interrupt all processors bears scans from several threads at
// once.
void scan_without_membarrier() {
  sock_filter refuse_membarrier[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_membarrier},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{std::size(refuse_membarrier), refuse_membarrier};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    _exit(2); // before any thread is made: it holds for them too
  Slot slot;
  slot.table = &kTables[0];
  std::vector<std::thread> scanners;
  for (int thread = 0; thread < 2; ++thread)
    scanners.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        const Pin pin(slot);
        if (!is_pinned(&kTables[0])) _exit(1);
      }
    });
  for (std::thread &scanner : scanners) scanner.join();
  _exit(0);
}

TEST(PinsDeathTest, ScansWorkWithoutMembarrier) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(scan_without_membarrier(), testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace graft
