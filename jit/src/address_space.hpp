// Where images live: slabs of reserved address space, cut into page runs.
//
// An image lies within one slab, so that the small code model's 2 GB always reach. Code and read-only data are taken from a
// slab's low end, writable data from its high end: neighbours then have the same protection, and the kernel keeps thousands
// of images in a handful of mappings (`vm.max_map_count` stops a process at 65,530).
//
// Rationale: read-only data shares the executable pages. A region of its own would cost a page and a protection change per
// image; nothing becomes writable by it, constants merely become executable.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace graft::jit {

inline constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t round_to_page(std::size_t bytes) { return (bytes + kPageBytes - 1) & ~(kPageBytes - 1); }

/// Whole pages. Empty when `bytes` is 0.
struct PageRun {
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;
};

struct RunRequest {
  std::size_t bytes = 0;
  std::size_t align = 1;
};

class Slab;

/// The pages of one image.
struct Placement {
  Slab *slab = nullptr;
  PageRun code; ///< code and read-only data
  PageRun writable;
};

/// All slabs of one linker.
///
/// Owns: the reserved address space.
/// Threads: any, side by side.
/// Fails: kUnsupported for an image beyond 2 GB; kExhausted for address space, memory or kernel mappings.
class AddressSpace {
 public:
  /// Reserves the first slab at once, if it can be had: that is a third of what a new process's first image would take.
  explicit AddressSpace(std::size_t slab_bytes);
  ~AddressSpace();

  /// Pages for an image, readable and writable and zero; in one slab only, when that is given: kExhausted when it is full.
  Result<Placement> place(RunRequest code, RunRequest writable, Slab *within = nullptr);
  /// Makes the code pages of `placement` executable and no longer writable.
  Result<void> seal(const Placement &placement);
  /// Lets `write` change sealed code that others may be running meanwhile.
  ///
  /// Rationale: a second mapping of the pages, writable where nobody runs, would want a file behind every slab; the pages
  /// are writable for the microseconds that a few stores take.
  Result<void> rewrite(const Placement &placement, const std::function<void()> &write);
  /// Gives the pages back to the system and their addresses to later images. Nothing, for a placement that is empty.
  void release(const Placement &placement);

 private:
  Result<Placement> take(RunRequest code, RunRequest writable, Slab *within) GRAFT_EXCLUDES(mutex_);

  const std::size_t slab_bytes_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Slab>> slabs_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::jit
