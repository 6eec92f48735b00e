// See shared_code.hpp. Two threads that need the same code at once may both link it; one of the images is then dropped.
#include "shared_code.hpp"

namespace graft::jit {

Result<std::shared_ptr<SharedImage>> SharedImages::find_or_link(const SharedCode &code, const Link &link) {
  const std::string key(reinterpret_cast<const char *>(code.key.bytes.data()), code.key.bytes.size());
  {
    MutexLock lock(mutex_);
    if (const auto known = live_.find(key); known != live_.end())
      if (auto image = known->second.lock()) return image;
  }
  GRAFT_TRY_ASSIGN(std::shared_ptr<SharedImage> made, link());
  MutexLock lock(mutex_);
  std::erase_if(live_, [](const auto &entry) { return entry.second.expired(); });
  const auto [entry, is_first] = live_.try_emplace(key, made);
  if (is_first) return made;
  if (auto other = entry->second.lock()) return other;
  entry->second = made;
  return made;
}

} // namespace graft::jit
