// The process-wide hook of the unwinder: a fixed array of regions, and `_dl_find_object` over it.
//
// Everything a reader touches is an atomic in memory that outlives it; no lock, no allocation, so it may run in a signal
// handler. Not instrumented by sanitizers: the unwinder may come here before their runtimes are up.
#include "frame_lookup.hpp"

#include "address_space.hpp"

#include <graft/base/assert.hpp>
#include <graft/base/export.hpp>
#include <graft/base/fault.hpp>

#include <dlfcn.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>

#define GRAFT_NOT_INSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))

namespace graft::jit {

/// What is known of one page. Only `header` is awaited by readers.
struct FrameSlot {
  std::atomic<const void *> header;
  std::atomic<std::uint64_t> range; ///< first page in the upper half, number of pages in the lower
};

/// Reused after it is forgotten, under readers that look for a pc elsewhere.
struct CodeRegion {
  std::atomic<std::uintptr_t> begin; ///< 0: not in use
  std::atomic<std::uintptr_t> end;
  std::atomic<FrameSlot *> slots;
};

namespace {

using FindObject = int (*)(void *, dl_find_object *);

// Zero-initialised, so that it works before any constructor has run and after every destructor.
constinit CodeRegion regions[kMaxCodeRegions] = {};
constinit std::atomic<std::size_t> regions_used = 0; // high-water mark
constinit std::atomic<FindObject> next_find_object = nullptr;
constinit std::atomic<bool> probed = false;
Mutex regions_mutex;

void probe_target() {}

/// What a reader saw of a region that its pc lies in, which therefore stays.
struct Found {
  std::uintptr_t begin = 0;
  FrameSlot *slots = nullptr; ///< null: the pc lies in none
};

GRAFT_NOT_INSTRUMENTED Found region_of(std::uintptr_t pc) {
  // Acquire: pairs with the release in announce_code_region, so that the regions below the mark are filled in.
  const std::size_t used = regions_used.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < used; ++i) {
    CodeRegion &region = regions[i];
    // Acquire: pairs with the release of `begin`; `end` and `slots` were written before it.
    const std::uintptr_t begin = region.begin.load(std::memory_order_acquire);
    if (begin == 0 || pc < begin) continue;
    // The region may be taken again meanwhile. Who reads (acquire) what its next owner wrote (release) also reads that
    // `begin` is another; one that begins at the same place covers no pc that was not ours before.
    const std::uintptr_t end = region.end.load(std::memory_order_acquire);
    FrameSlot *slots = region.slots.load(std::memory_order_acquire);
    if (pc < end && region.begin.load(std::memory_order_relaxed) == begin) return {begin, slots};
  }
  return {};
}

GRAFT_NOT_INSTRUMENTED int forward(void *pc, dl_find_object *result) {
  // Relaxed: the value is the same whoever stores it.
  FindObject next = next_find_object.load(std::memory_order_relaxed);
  if (next == nullptr) {
    next = reinterpret_cast<FindObject>(::dlsym(RTLD_NEXT, "_dl_find_object"));
    next_find_object.store(next, std::memory_order_relaxed);
  }
  return next == nullptr ? -1 : next(pc, result);
}

} // namespace

GRAFT_NOT_INSTRUMENTED int find_object(void *address, dl_find_object *result) {
  const auto pc = reinterpret_cast<std::uintptr_t>(address);
  if (address == reinterpret_cast<void *>(&probe_target)) probed.store(true, std::memory_order_relaxed);
  const Found region = region_of(pc);
  if (region.slots == nullptr) return forward(address, result);
  const FrameSlot &slot = region.slots[(pc - region.begin) / kPageBytes];
  // Acquire: pairs with the release in publish_frames; whoever reads the header sees its bytes and the range.
  const void *header = slot.header.load(std::memory_order_acquire);
  if (header == nullptr) return -1;
  const std::uint64_t range = slot.range.load(std::memory_order_relaxed);
  const std::uintptr_t first = region.begin + (range >> 32) * kPageBytes;
  result->dlfo_flags = 0;
  result->dlfo_map_start = reinterpret_cast<void *>(first);
  result->dlfo_map_end = reinterpret_cast<void *>(first + (range & 0xffffffffu) * kPageBytes);
  result->dlfo_link_map = nullptr; // no shared object
  result->dlfo_eh_frame = const_cast<void *>(header);
  return 0;
}

CodeRegion *announce_code_region(std::uintptr_t begin, std::size_t bytes) {
  const std::size_t slot_bytes = bytes / kPageBytes * sizeof(FrameSlot);
  if (fault::at(kRegionPoint)) return nullptr;
  void *slots = ::mmap(nullptr, slot_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slots == MAP_FAILED) return nullptr;
  MutexLock lock(regions_mutex);
  for (std::size_t i = 0; i < kMaxCodeRegions; ++i) {
    CodeRegion &region = regions[i];
    if (region.begin.load(std::memory_order_relaxed) != 0) continue;
    region.end.store(begin + bytes, std::memory_order_release);
    region.slots.store(static_cast<FrameSlot *>(slots), std::memory_order_release);
    // Release: pairs with the acquires in region_of.
    region.begin.store(begin, std::memory_order_release);
    if (i >= regions_used.load(std::memory_order_relaxed)) regions_used.store(i + 1, std::memory_order_release);
    return &region;
  }
  ::munmap(slots, slot_bytes);
  errno = ENOSPC;
  return nullptr;
}

// Relaxed: nothing that the number says is relied on.
std::size_t most_code_regions() { return regions_used.load(std::memory_order_relaxed); }

void forget_code_region(CodeRegion *region) {
  if (region == nullptr) return;
  MutexLock lock(regions_mutex);
  const std::uintptr_t begin = region->begin.load(std::memory_order_relaxed);
  region->begin.store(0, std::memory_order_release); // pairs with region_of; no pc of the region can be live by now
  const std::size_t bytes = region->end.load(std::memory_order_relaxed) - begin;
  ::munmap(region->slots.load(std::memory_order_relaxed), bytes / kPageBytes * sizeof(FrameSlot));
}

void publish_frames(std::uintptr_t begin, std::size_t bytes, const void *header) {
  const Found region = region_of(begin);
  GRAFT_ASSERT(region.slots != nullptr, "frames are published for code in a slab");
  const std::size_t first = (begin - region.begin) / kPageBytes;
  const std::size_t count = bytes / kPageBytes;
  for (std::size_t page = first; page != first + count; ++page) {
    region.slots[page].range.store(std::uint64_t{first} << 32 | count, std::memory_order_relaxed);
    region.slots[page].header.store(header, std::memory_order_release); // pairs with the acquire in find_object
  }
}

void retract_frames(std::uintptr_t begin, std::size_t bytes) {
  const Found region = region_of(begin);
  if (region.slots == nullptr) return;
  const std::size_t first = (begin - region.begin) / kPageBytes;
  for (std::size_t page = first; page != first + bytes / kPageBytes; ++page) {
    region.slots[page].header.store(nullptr, std::memory_order_relaxed); // no reader: nothing runs there any more
  }
}

} // namespace graft::jit

extern "C" {

// The unwinder's question; libgcc_s calls it through its PLT, so that the first definition in scope answers.
GRAFT_API GRAFT_NOT_INSTRUMENTED int _dl_find_object(void *address, dl_find_object *result) noexcept {
  return graft::jit::find_object(address, result);
}

struct dwarf_eh_bases; // of libgcc; three pointers
const void *_Unwind_Find_FDE(void *pc, dwarf_eh_bases *bases);

} // extern "C"

namespace graft::jit {

bool frame_lookup_binds() {
  void *bases[3] = {};
  ::_Unwind_Find_FDE(reinterpret_cast<void *>(&probe_target), reinterpret_cast<dwarf_eh_bases *>(bases));
  return probed.load(std::memory_order_relaxed);
}

} // namespace graft::jit
