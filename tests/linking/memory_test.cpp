// Does an image leave nothing behind, and do many of them fit?
#include "matchers.hpp"
#include "objects.hpp"
#include "sanitizers.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const SourceText kSmall{"a.cpp",
                        "#include <string>\nstatic std::string kept = \"a string that is long enough for the heap\";\n"
                        "static thread_local int mine = 3;\nextern \"C\" int f(int n) { try { if (n) throw n; } catch (int "
                        "c) { return c + mine; } return kept.size(); }"};

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t mapping_count() {
  std::ifstream file("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

/// Takes all kernel mappings that the process may still have: neighbours of different protection, one mapping each.
class NoMappingsLeft {
 public:
  NoMappingsLeft() {
    for (std::size_t page = 0; page < kPages; page += 2) {
      if (::mprotect(memory_ + page * 4096, 4096, PROT_READ) != 0) return;
    }
    ADD_FAILURE() << "there are still mappings left";
  }
  ~NoMappingsLeft() { ::munmap(memory_, kPages * 4096); }
  NoMappingsLeft(const NoMappingsLeft &) = delete;

 private:
  static constexpr std::size_t kPages = std::size_t{1} << 18; // vm.max_map_count is 65,530 unless somebody raised it
  char *const memory_ =
      static_cast<char *>(::mmap(nullptr, kPages * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
};

void live_once(jit::Linker &linker, const Artifact &artifact) {
  auto image = link(linker, artifact, {"f"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  ASSERT_EQ(function<int(int)>(*image, "f")(4), 7);
  image->run_finalisers();
}

TEST(Memory, TwoThousandLivesLeaveTheResidentSetFlat) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer keeps what was freed, so the resident set says nothing";
  auto linker = make_linker();
  const Artifact small = artifact({kSmall});
  for (int i = 0; i < 300; ++i) live_once(*linker, small);
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 2000; ++i) live_once(*linker, small);
  EXPECT_LT(resident_bytes(), before + (std::size_t{1} << 20));
}

TEST(Memory, AThousandLiveImagesTakeFewMappings) {
  auto linker = make_linker();
  const Artifact small = artifact({kSmall});
  const std::size_t before = mapping_count();
  std::vector<std::unique_ptr<jit::Image>> images;
  for (int i = 0; i < 1000; ++i) images.push_back(link(*linker, small, {"f"}));
  EXPECT_LT(mapping_count(), before + 100);
  for (const auto &image : images) ASSERT_EQ(function<int(int)>(*image, "f")(4), 7);
}

TEST(Memory, WithoutMappingsALinkIsRefusedAndWorksAgainWhenThereAreSome) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's own runtime ends the process when it gets no mapping";
  auto linker = make_linker();
  const Artifact small = artifact({kSmall});
  auto before = link(*linker, small, {"f"});
  jit::LinkOptions options;
  options.name = "test";
  options.exports = {"f"};
  {
    const NoMappingsLeft none;
    EXPECT_THAT(linker->link(small, options),
                FailsWith(Code::kExhausted, AllOf(HasSubstr("Cannot allocate memory"), HasSubstr("vm.max_map_count"))));
    EXPECT_EQ(function<int(int)>(*before, "f")(4), 7); // it throws and catches
  }
  live_once(*linker, small);
}

TEST(Memory, ASmallImageTakesAPageOfCodeAndOneOfData) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "static int n = 1; int f(void) { return ++n; }"}}), {"f"});
  ASSERT_EQ(image->code().size(), 1u);
  EXPECT_LT(image->stats().code_bytes, 4096u);
  EXPECT_GT(image->stats().writable_bytes, 0u);
  const auto pc = reinterpret_cast<std::uintptr_t>(image->address("f"));
  EXPECT_TRUE(pc >= image->code()[0].begin && pc < image->code()[0].end);
}

TEST(Memory, AStaticOfHalfAGigabyteWorks) {
  auto linker = make_linker();
  auto image = link(
      *linker, artifact({{"a.c", "static char big[512ul << 20]; char *at(unsigned long i) { return &big[i]; }"}}), {"at"});
  ASSERT_NE(image, nullptr);
  char *last = function<char *(unsigned long)>(*image, "at")((512ul << 20) - 1);
  EXPECT_EQ(*last, 0);
  *last = 1;
  EXPECT_EQ(*last, 1);
}

TEST(Memory, AnImageLargerThanASlabGetsASlabOfItsOwn) {
  auto linker = make_linker({.slab_bytes = std::size_t{1} << 20});
  auto image = link(
      *linker, artifact({{"a.c", "static char big[1200ul << 20]; char *at(unsigned long i) { return &big[i]; }"}}), {"at"});
  ASSERT_NE(image, nullptr);
  *function<char *(unsigned long)>(*image, "at")((1200ul << 20) - 1) = 1;
}

TEST(Memory, AnImageBeyondTwoGigabytesIsRefused) {
  auto linker = make_linker();
  jit::LinkOptions options;
  options.name = "huge";
  options.exports = {"at"};
  const Artifact huge = artifact({{"a.c", "static char big[3ul << 30]; char *at(unsigned long i) { return big + i; }"}});
  EXPECT_THAT(linker->link(huge, options), FailsWith(Code::kUnsupported, HasSubstr("larger than 2 GB")));
}

TEST(Memory, ImagesSpreadOverSmallSlabs) {
  auto linker = make_linker({.slab_bytes = std::size_t{1} << 16});
  const Artifact small = artifact({kSmall});
  std::vector<std::unique_ptr<jit::Image>> images;
  for (int i = 0; i < 64; ++i) images.push_back(link(*linker, small, {"f"}));
  for (const auto &image : images) EXPECT_EQ(function<int(int)>(*image, "f")(4), 7);
}

TEST(Memory, OverAlignedDataIsAligned) {
  auto linker = make_linker();
  auto image = link(
      *linker, artifact({{"a.c", "__attribute__((aligned(65536))) static char a[3] = {1}; void *f(void) { return a; }"}}),
      {"f"});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(function<void *()>(*image, "f")()) % 65536, 0u);
}

TEST(Memory, CodeIsNotWritable) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "int f(void) { return 1; }"}}), {"f"});
  EXPECT_DEATH(*static_cast<volatile char *>(const_cast<void *>(image->address("f"))) = 0, "");
}

TEST(Memory, FourThreadsLinkAndUnlinkSideBySide) {
  auto linker = make_linker();
  const Artifact small = artifact({kSmall});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) live_once(*linker, small);
    });
  }
  for (auto &thread : threads) thread.join();
}

} // namespace
} // namespace graft::test
