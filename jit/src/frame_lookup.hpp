// How the unwinder finds the frames of JIT code: "which .eh_frame_hdr covers this pc?", answered without a lock.
//
// libgcc asks `_dl_find_object`; frame_lookup.cpp defines it, answers for our own code and passes everything else on. The
// table is direct: a slot per page of each slab.
//
// Rationale: a sorted table, copied and published for every link, would cost O(images) per link and need old copies
// reclaimed while readers may be anywhere in a throw. A slot per page is written in place, costs O(pages of the image), is
// read in O(1), and nothing is ever reclaimed under a reader: a pc that can be looked up lies in a live image of a live
// slab.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graft::jit {

struct CodeRegion;
inline constexpr std::size_t kMaxCodeRegions = 256;

inline constexpr const char *kRegionPoint = "reserving the unwinder's table";

/// Makes a slab known. Null, with `errno`: ENOSPC when there are `kMaxCodeRegions` already, else why there is no memory. Any
/// thread.
CodeRegion *announce_code_region(std::uintptr_t begin, std::size_t bytes);
/// How many there have been at once at least. Any thread.
std::size_t most_code_regions();
/// No image may live in the region any more.
void forget_code_region(CodeRegion *region);

/// Throws may pass through [begin, begin + bytes) from now on; `header` is a complete .eh_frame_hdr. Any thread.
void publish_frames(std::uintptr_t begin, std::size_t bytes, const void *header);
/// Nothing may run in the range any more.
void retract_frames(std::uintptr_t begin, std::size_t bytes);

/// Does libgcc really ask us? False when this library is loaded in a scope of its own.
bool frame_lookup_binds();

} // namespace graft::jit
