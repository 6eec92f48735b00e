// What lies in front of each block that a host table's allocator hands out: whose it is, so that either side may give it
// back, and how large, whatever they say then.
#pragma once

#include <cstdint>
#include <cstring>

namespace graft {

class MemoryAccount;

struct BlockHead {
  MemoryAccount *account; ///< that it counts against; null: none
  std::uint64_t size : 56;
  std::uint64_t shift : 8; ///< what lies before the block is 1 << shift bytes
};
static_assert(sizeof(BlockHead) == 16);

inline BlockHead head_of(const void *block) {
  BlockHead head;
  std::memcpy(&head, static_cast<const char *>(block) - sizeof head, sizeof head);
  return head;
}

} // namespace graft
