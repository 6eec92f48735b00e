// See shared_code.hpp. Two threads that need the same code at once may both link it; one of the images is then dropped.
#include "shared_code.hpp"

namespace graft::jit {

/// Somebody edits one file or two.
static constexpr std::size_t kMostAhead = 2;

static std::string key_of(const SharedCode &code) {
  return {reinterpret_cast<const char *>(code.key.bytes.data()), code.key.bytes.size()};
}

std::shared_ptr<SharedImage> SharedImages::find(const std::string &key) {
  const auto known = live_.find(key);
  return known != live_.end() ? known->second.lock() : nullptr;
}

Result<std::shared_ptr<SharedImage>> SharedImages::find_or_link(const SharedCode &code, const Link &link) {
  const std::string key = key_of(code);
  {
    MutexLock lock(mutex_);
    if (auto image = find(key)) {
      std::erase(ahead_, image);
      return image;
    }
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

void SharedImages::link_ahead(const SharedCode &code, const Link &link) {
  {
    MutexLock lock(mutex_);
    if (find(key_of(code))) return;
  }
  auto image = find_or_link(code, link);
  if (!image) return;
  std::shared_ptr<SharedImage> old; // ends without the lock
  MutexLock lock(mutex_);
  ahead_.push_back(*std::move(image));
  if (ahead_.size() <= kMostAhead) return;
  old = std::move(ahead_.front());
  ahead_.pop_front();
}

void SharedImages::let_go() {
  MutexLock lock(mutex_);
  ahead_.clear();
}

} // namespace graft::jit
