// The call arena: returns without a heap allocation once it is warm.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <cstdint>
#include <string.h>
#include <string>

GRAFT_CONTRACT(speaker, "test.speaker", 1, 0) { graft_status (*say)(int32_t times, graft_arena *arena, graft_str *out); };

namespace graft {
namespace {

using test::Succeeds;
using test::text;

const std::string kSpeaker = R"(#include <graft/abi.h>
#include <string.h>
GRAFT_CONTRACT(speaker, "test.speaker", 1, 0) { graft_status (*say)(int32_t times, graft_arena *arena, graft_str *out); };
static graft_status say(int32_t times, graft_arena *arena, graft_str *out) {
  char *words = graft_arena_alloc(arena, 6 * (size_t)times, 1);
  if (!words) return GRAFT_EXHAUSTED;
  for (int32_t i = 0; i < times; ++i) memcpy(words + 6 * i, "hello ", 6);
  out->data = words;
  out->size = 6 * (size_t)times;
  return GRAFT_OK;
}
GRAFT_PROVIDE(speaker, {.say = say})
)";

/// A host table that counts what goes through its allocator.
struct Counting {
  graft_host host;
  const graft_host *real;
  std::size_t allocations = 0;
  std::size_t live = 0;

  explicit Counting(const graft_host &real_host) : host(real_host), real(&real_host) {
    host.context = this;
    host.alloc = [](const graft_host *self, size_t size, size_t align) {
      auto *counting = static_cast<Counting *>(self->context);
      ++counting->allocations;
      ++counting->live;
      return counting->real->alloc(counting->real, size, align);
    };
    host.free = [](const graft_host *self, void *memory, size_t size, size_t align) {
      auto *counting = static_cast<Counting *>(self->context);
      if (memory != nullptr) --counting->live;
      counting->real->free(counting->real, memory, size, align);
    };
  }
};

TEST(Arena, TenThousandCallsThatReturnStringsAllocateNothingOnceItIsWarm) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("speaker", kSpeaker)), Succeeds());
  const auto bound = *runtime->bind<speaker>();
  Counting counting(runtime->host());
  graft_arena arena = graft_arena_of(&counting.host);
  const auto call = [&](int32_t times) {
    graft_arena_rewind(&arena);
    graft_str out{};
    ASSERT_EQ(bound->say(times, &arena, &out), GRAFT_OK);
    ASSERT_EQ(out.size, 6u * static_cast<unsigned>(times));
    ASSERT_EQ(std::string_view(out.data + out.size - 6, 6), "hello ");
  };
  call(5'000); // the largest that comes
  graft_arena_rewind(&arena);
  const std::size_t warm = counting.allocations;
  for (int i = 0; i < 10'000; ++i) call(1 + i % 5'000);
  EXPECT_EQ(counting.allocations, warm);
  graft_arena_free(&arena);
  EXPECT_EQ(counting.live, 0u);
}

TEST(Arena, WhatItGivesIsAlignedAndDoesNotOverlap) {
  auto runtime = Runtime::create();
  graft_arena arena = graft_arena_of(&runtime->host());
  std::uintptr_t end = 0;
  for (const std::size_t align : {1u, 2u, 8u, 64u, 4096u, 1u, 65536u, 16u}) {
    const auto address = reinterpret_cast<std::uintptr_t>(graft_arena_alloc(&arena, 3 * align, align));
    ASSERT_NE(address, 0u);
    EXPECT_EQ(address % align, 0u);
    EXPECT_TRUE(address >= end || arena.block->older != nullptr);
    memset(reinterpret_cast<void *>(address), 1, 3 * align);
    end = address + 3 * align;
  }
  graft_arena_free(&arena);
}

TEST(Arena, AfterAnOverflowARewindLeavesOneBlockThatHoldsAll) {
  auto runtime = Runtime::create();
  Counting counting(runtime->host());
  graft_arena arena = graft_arena_of(&counting.host);
  for (int i = 0; i < 100; ++i) ASSERT_NE(graft_arena_alloc(&arena, 1'000, 8), nullptr);
  EXPECT_GT(counting.live, 1u);
  graft_arena_rewind(&arena);
  EXPECT_EQ(counting.live, 1u);
  const std::size_t before = counting.allocations;
  for (int i = 0; i < 100; ++i) ASSERT_NE(graft_arena_alloc(&arena, 1'000, 8), nullptr);
  EXPECT_EQ(counting.allocations, before);
  graft_arena_free(&arena);
}

TEST(Arena, RefusesWhatCannotBe) {
  auto runtime = Runtime::create();
  graft_arena arena = graft_arena_of(&runtime->host());
  EXPECT_EQ(graft_arena_alloc(&arena, 0, 8), nullptr);
  EXPECT_EQ(graft_arena_alloc(&arena, 8, 0), nullptr);
  EXPECT_EQ(graft_arena_alloc(&arena, 8, 3), nullptr);
  EXPECT_EQ(graft_arena_alloc(&arena, SIZE_MAX - 4, 8), nullptr);
  EXPECT_EQ(arena.block, nullptr);
}

} // namespace
} // namespace graft
