// Slabs: one ordered map of free runs each; code takes the lowest run that fits, writable data the highest.
#include "address_space.hpp"

#include "frame_lookup.hpp"

#include <graft/base/fault.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace graft::jit {
namespace {

/// mmap and mprotect, where the kernel may refuse (F1).
void *map_pages(std::size_t bytes) {
  if (fault::at("reserving address space")) return MAP_FAILED;
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}
bool protect(const char *point, std::uintptr_t begin, std::size_t bytes, int protection) {
  return !fault::at(point) && ::mprotect(reinterpret_cast<void *>(begin), bytes, protection) == 0;
}

/// Where a process has more linkers than this, those that may never place an image leave the regions to those that do.
constexpr std::size_t kMostAhead = kMaxCodeRegions / 2;
constexpr std::size_t kReach = (std::size_t{1} << 31) - (std::size_t{16} << 20); // of a 32-bit displacement, with slack

Error out_of_memory(const char *what, std::size_t bytes) {
  const int reason = errno;
  return error(Code::kExhausted, std::string(what) + " (" + std::to_string(bytes) +
                                     " bytes) failed: " + ::strerrordesc_np(reason) +
                                     "; the process may be at its limit of memory or of mappings (vm.max_map_count)");
}

} // namespace

/// One reservation.
///
/// I1: free runs are disjoint, not adjacent, whole pages, and inaccessible.
class Slab {
 public:
  static Result<std::unique_ptr<Slab>> reserve(std::size_t bytes);
  ~Slab() {
    forget_code_region(region_);
    ::munmap(reinterpret_cast<void *>(begin_), bytes_);
  }

  bool take_low(RunRequest request, PageRun &run);
  bool take_high(RunRequest request, PageRun &run);
  void give_back(PageRun run);

 private:
  Slab(std::uintptr_t begin, std::size_t bytes) : begin_(begin), bytes_(bytes) { free_[begin] = bytes; }
  void cut(std::map<std::uintptr_t, std::size_t>::iterator hole, PageRun run);

  const std::uintptr_t begin_;
  const std::size_t bytes_;
  CodeRegion *region_ = nullptr;
  std::map<std::uintptr_t, std::size_t> free_;
};

Result<std::unique_ptr<Slab>> Slab::reserve(std::size_t bytes) {
  void *memory = map_pages(bytes);
  if (memory == MAP_FAILED) return out_of_memory("reserving address space", bytes);
  // One huge page for a one-page image would be 2 MB resident.
  ::madvise(memory, bytes, MADV_NOHUGEPAGE);
  // Touched once while it is one mapping: its parts then share one anon_vma, and the kernel merges neighbours of one
  // protection. The page is the first image's.
  *static_cast<volatile char *>(memory) = 0;
  constexpr const char *kProtecting = "protecting address space";
  if (!protect(kProtecting, reinterpret_cast<std::uintptr_t>(memory), bytes, PROT_NONE)) {
    Error failure = out_of_memory(kProtecting, bytes);
    ::munmap(memory, bytes);
    return failure;
  }
  auto slab = std::unique_ptr<Slab>(new Slab(reinterpret_cast<std::uintptr_t>(memory), bytes));
  slab->region_ = announce_code_region(slab->begin_, bytes);
  if (slab->region_ != nullptr) return slab;
  if (errno != ENOSPC) return out_of_memory(kRegionPoint, bytes);
  return error(Code::kExhausted,
               "more than " + std::to_string(kMaxCodeRegions) +
                   " slabs of code are in use in this process; destroy images or raise Config::slab_bytes");
}

void Slab::cut(std::map<std::uintptr_t, std::size_t>::iterator hole, PageRun run) {
  const std::uintptr_t begin = hole->first;
  const std::uintptr_t end = begin + hole->second;
  const std::uintptr_t run_end = run.begin + run.bytes;
  if (run.begin == begin) {
    free_.erase(hole);
  } else {
    hole->second = run.begin - begin;
  }
  if (run_end != end) free_[run_end] = end - run_end;
}

bool Slab::take_low(RunRequest request, PageRun &run) {
  for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
    const std::uintptr_t begin = (hole->first + request.align - 1) & ~(request.align - 1);
    if (begin + request.bytes > hole->first + hole->second) continue;
    run = {begin, request.bytes};
    cut(hole, run);
    return true;
  }
  return false;
}

bool Slab::take_high(RunRequest request, PageRun &run) {
  for (auto hole = free_.end(); hole != free_.begin();) {
    --hole;
    if (hole->second < request.bytes) continue;
    const std::uintptr_t begin = (hole->first + hole->second - request.bytes) & ~(request.align - 1);
    if (begin < hole->first) continue;
    run = {begin, request.bytes};
    cut(hole, run);
    return true;
  }
  return false;
}

void Slab::give_back(PageRun run) {
  if (run.bytes == 0) return;
  auto next = free_.lower_bound(run.begin);
  if (next != free_.end() && next->first == run.begin + run.bytes) {
    run.bytes += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == run.begin) {
      previous->second += run.bytes;
      return;
    }
  }
  free_[run.begin] = run.bytes;
}

AddressSpace::AddressSpace(std::size_t slab_bytes)
    : slab_bytes_(std::min(round_to_page(std::max(slab_bytes, kPageBytes)), kReach)) {
  if (most_code_regions() >= kMostAhead) return;
  if (auto slab = Slab::reserve(slab_bytes_)) slabs_.push_back(*std::move(slab)); // else an image asks again, and is told why
}

AddressSpace::~AddressSpace() = default;

Result<Placement> AddressSpace::take(RunRequest code, RunRequest writable, Slab *within) {
  MutexLock lock(mutex_);
  const auto fits = [&](Slab &slab, Placement &placement) {
    placement = {&slab, {}, {}};
    if (code.bytes != 0 && !slab.take_low(code, placement.code)) return false;
    if (writable.bytes == 0 || slab.take_high(writable, placement.writable)) return true;
    slab.give_back(placement.code);
    return false;
  };
  Placement placement;
  if (within != nullptr) {
    if (fits(*within, placement)) return placement;
    return error(Code::kExhausted, "there is no room near the first image for a second one; raise Config::slab_bytes");
  }
  for (auto &slab : slabs_) {
    if (fits(*slab, placement)) return placement;
  }
  const std::size_t needed = code.bytes + code.align + writable.bytes + writable.align;
  GRAFT_TRY_ASSIGN(auto slab, Slab::reserve(std::max(slab_bytes_, round_to_page(needed))));
  slabs_.push_back(std::move(slab));
  GRAFT_ASSERT(fits(*slabs_.back(), placement), "a new slab is large enough for the image it was made for");
  return placement;
}

Result<Placement> AddressSpace::place(RunRequest code, RunRequest writable, Slab *within) {
  for (RunRequest *request : {&code, &writable}) {
    request->align = std::max(request->align, kPageBytes);
    if (request->bytes > kReach || request->align > kReach) request->bytes = kReach; // refused below, and no overflow
    request->bytes = round_to_page(request->bytes);
  }
  if (code.bytes + code.align + writable.bytes + writable.align > kReach) {
    return error(Code::kUnsupported, "the image is larger than 2 GB, which code of the small model cannot span; "
                                     "allocate large objects on the heap");
  }
  GRAFT_TRY_ASSIGN(Placement placement, take(code, writable, within));
  for (const PageRun &run : {placement.code, placement.writable}) {
    constexpr const char *kOpening = "making pages writable";
    if (run.bytes == 0 || protect(kOpening, run.begin, run.bytes, PROT_READ | PROT_WRITE)) continue;
    Error failure = out_of_memory(kOpening, run.bytes);
    release(placement);
    return failure;
  }
  return placement;
}

Result<void> AddressSpace::seal(const Placement &placement) {
  const PageRun &run = placement.code;
  constexpr const char *kSealing = "making pages executable";
  if (run.bytes == 0 || protect(kSealing, run.begin, run.bytes, PROT_READ | PROT_EXEC)) return {};
  return out_of_memory(kSealing, run.bytes);
}

Result<void> AddressSpace::rewrite(const Placement &placement, const std::function<void()> &write) {
  const PageRun &run = placement.code;
  constexpr const char *kOpening = "opening code for a change";
  if (!protect(kOpening, run.begin, run.bytes, PROT_READ | PROT_WRITE | PROT_EXEC))
    return out_of_memory(kOpening, run.bytes);
  write();
  return seal(placement);
}

void AddressSpace::release(const Placement &placement) {
  if (placement.slab == nullptr) return;
  for (const PageRun &run : {placement.code, placement.writable}) {
    if (run.bytes == 0) continue;
    ::madvise(reinterpret_cast<void *>(run.begin), run.bytes, MADV_DONTNEED);
    // It can only fail for want of a mapping; the pages then stay readable, which later images do not mind.
    protect("giving pages back", run.begin, run.bytes, PROT_NONE);
  }
  MutexLock lock(mutex_);
  placement.slab->give_back(placement.code);
  placement.slab->give_back(placement.writable);
}

} // namespace graft::jit
