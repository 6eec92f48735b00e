// See image_symbols.hpp.
#include "image_symbols.hpp"

#include <graft/base/hash.hpp>

#include <algorithm>

namespace graft::jit {

static std::uint64_t key_of(std::uint64_t file, std::string_view name) { return fnv1a64(name) ^ file; }

void ImageSymbols::add(std::uint64_t file, std::string_view name, Place place) {
  entries_.push_back({key_of(file, name), place});
}

void ImageSymbols::sort() {
  std::ranges::sort(entries_, {}, [](const Entry &entry) { return std::pair(entry.key, entry.place.address); });
  const auto is_same = [](const Entry &a, const Entry &b) { return a.key == b.key && a.place.address == b.place.address; };
  entries_.erase(std::ranges::unique(entries_, is_same).begin(), entries_.end());
  entries_.shrink_to_fit();
}

const ImageSymbols::Entry *ImageSymbols::entry(std::uint64_t key) const {
  const auto [first, last] = std::ranges::equal_range(entries_, key, {}, &Entry::key);
  return last - first == 1 ? &*first : nullptr;
}

std::optional<ImageSymbols::Place> ImageSymbols::find(std::uint64_t file, std::string_view name) const {
  const Entry *found = entry(key_of(file, name));
  if (found == nullptr) found = entry(key_of(kEveryFile, name));
  return found == nullptr ? std::nullopt : std::optional(found->place);
}

} // namespace graft::jit
