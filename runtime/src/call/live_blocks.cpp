// See live_blocks.hpp.
#include "live_blocks.hpp"

#include <string>

namespace graft {

void LiveBlocks::add(const void *memory, std::size_t size, std::size_t align) {
  const MutexLock lock(mutex_);
  blocks_.insert_or_assign(memory, Block{size, align});
}

Result<void> LiveBlocks::remove(const void *memory, std::size_t size, std::size_t align) {
  const auto text = [](const Block &block) {
    return std::to_string(block.size) + " bytes aligned to " + std::to_string(block.align);
  };
  const Block said{size, align};
  const MutexLock lock(mutex_);
  const auto known = blocks_.find(memory);
  if (known == blocks_.end())
    return error(Code::kInvalid,
                 "gives back " + text(said) + " that are not allocated: they were given back before, or are not the host's");
  if (known->second != said)
    return error(Code::kInvalid, "gives back " + text(said) + " that were allocated as " + text(known->second));
  blocks_.erase(known);
  return {};
}

} // namespace graft
