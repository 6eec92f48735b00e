// Where the named things of an image are, for a second image that shall use them (graft/base/first_image.hpp). Kept only
// while a second one may come; names are kept as hashes, since nobody will print them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::jit {

class ImageSymbols {
 public:
  struct Place {
    std::uintptr_t address = 0;
    std::uint64_t bytes = 0; ///< 0: not known
  };
  struct Entry {
    std::uint64_t key;
    Place place;
  };
  static constexpr std::uint64_t kEveryFile = 0;

  ImageSymbols() = default;
  /// Sorted, as `entries` gave them.
  explicit ImageSymbols(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  const std::vector<Entry> &entries() const { return entries_; }

  /// In any order, then `sort` once. Two of one name in one file, at two places, are none.
  void add(std::uint64_t file, std::string_view name, Place place);
  void sort();
  /// What a file knows under a name: its own, else what every file does.
  std::optional<Place> find(std::uint64_t file, std::string_view name) const;

 private:
  const Entry *entry(std::uint64_t key) const;

  std::vector<Entry> entries_;
};

} // namespace graft::jit
