// The cache as the parts of one compiler see it: what depends on the compiler itself goes by names that say which one it was.
#pragma once

#include "../invocation.hpp"
#include "../preamble_store.hpp"
#include "artifact_cache.hpp"

#include <mutex>

namespace graft::driver {

/// Threads: any. What it hands out refers to it.
class Shelves {
 public:
  /// `cache`: null for none. Outlives this.
  explicit Shelves(ArtifactCache *cache) : cache_(cache) {}
  Shelves(const Shelves &) = delete;
  Shelves &operator=(const Shelves &) = delete;

  /// Of this process's compiler. Asked for first by who needs it: that reads the notes of three libraries.
  const ContentKey &identity();

  /// Both without a function where there is no cache.
  HeadShelf heads();
  ArgumentShelf arguments();
  ContentKey image_key(const ContentKey &objects) { return key_of("image", objects); }

 private:
  ContentKey key_of(std::string_view kind, const ContentKey &key);

  ArtifactCache *const cache_;
  std::once_flag identified_;
  ContentKey identity_;
};

} // namespace graft::driver
