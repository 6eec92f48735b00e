// See kept_match.hpp.
#include "kept_match.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace graft {
namespace {

/// The places of those of each name, in order.
using Places = std::unordered_map<std::string_view, std::vector<std::size_t>>;

Places places_of(const std::vector<KeptFacts> &kept) {
  Places places;
  for (std::size_t i = 0; i < kept.size(); ++i) places[kept[i].qualified].push_back(i);
  return places;
}

} // namespace

std::vector<std::optional<std::size_t>> match_kept(const std::vector<KeptFacts> &old, const std::vector<KeptFacts> &fresh) {
  const Places were = places_of(old), are = places_of(fresh);
  std::vector<std::optional<std::size_t>> matches;
  for (const KeptFacts &variable : fresh) {
    std::optional<std::size_t> &match = matches.emplace_back();
    const auto same = were.find(variable.qualified);
    if (same == were.end()) continue;
    const bool by_name = same->second.size() == 1 && are.at(variable.qualified).size() == 1;
    const auto found =
        std::ranges::find_if(same->second, [&](std::size_t i) { return by_name || old[i].file == variable.file; });
    if (found != same->second.end()) match = *found;
  }
  return matches;
}

} // namespace graft
