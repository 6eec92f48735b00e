// What was allocated through the host tables of one runtime and not given back: kept only where the host asked for it
// (`Config::allocations`), because it costs a lock and a look-up for each block.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include <cstddef>
#include <unordered_map>

namespace graft {

/// Threads: any.
class LiveBlocks {
 public:
  void add(const void *memory, std::size_t size, std::size_t align);
  /// Forgets a block that is given back. kInvalid when it is none, so that nothing may be freed, or when it was allocated
  /// with another size or alignment.
  Result<void> remove(const void *memory, std::size_t size, std::size_t align);

 private:
  struct Block {
    std::size_t size;
    std::size_t align;
    bool operator==(const Block &) const = default;
  };
  Mutex mutex_;
  std::unordered_map<const void *, Block> blocks_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
