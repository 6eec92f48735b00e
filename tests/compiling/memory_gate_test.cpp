// How many files are compiled at once, counted in memory; and that a slow one holds nobody back.
#include "matchers.hpp"
#include "memory_gate.hpp"

#include <chrono>
#include <optional>
#include <thread>

namespace graft::driver {
namespace {

using Pass = MemoryGate::Pass;

/// Until `count` wait, or a minute has passed.
void await_waiting(const MemoryGate &gate, std::size_t count) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (gate.waiting() != count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  ASSERT_EQ(gate.waiting(), count);
}

TEST(MemoryGates, LetInWhatFitsAndKeepTheRestWaiting) {
  MemoryGate gate(10);
  std::optional<Pass> first;
  first.emplace(gate, 6);
  std::thread large([&] { const Pass pass(gate, 6); });
  await_waiting(gate, 1);
  {
    const Pass small(gate, 4);
  } // goes ahead of the large one
  EXPECT_EQ(gate.waiting(), 1u);
  first.reset();
  large.join();
}

TEST(MemoryGates, AlwaysLetOneIn) {
  MemoryGate gate(10);
  const Pass enormous(gate, 1000);
  EXPECT_EQ(gate.waiting(), 0u);
}

TEST(MemoryGates, WithoutABoundKeepNobodyWaiting) {
  MemoryGate gate(0);
  const Pass one(gate, 1000), two(gate, 1000);
}

TEST(MemoryGates, ExpectWhatAFileTookTheLastTime) {
  MemoryGate gate(10);
  EXPECT_EQ(gate.expected("a.c", 7), 7u);
  gate.note("a.c", 3);
  EXPECT_EQ(gate.expected("a.c", 7), 3u);
}

} // namespace
} // namespace graft::driver
