// See kept_match.hpp.
#include "kept_match.hpp"

#include <algorithm>

namespace graft {
namespace {

std::ptrdiff_t count_of(const std::vector<KeptFacts> &kept, const std::string &qualified) {
  return std::ranges::count(kept, qualified, &KeptFacts::qualified);
}

} // namespace

std::vector<std::optional<std::size_t>> match_kept(const std::vector<KeptFacts> &old, const std::vector<KeptFacts> &fresh) {
  std::vector<std::optional<std::size_t>> matches;
  for (const KeptFacts &variable : fresh) {
    const bool by_name = count_of(old, variable.qualified) == 1 && count_of(fresh, variable.qualified) == 1;
    const auto found = std::ranges::find_if(old, [&](const KeptFacts &before) {
      return before.qualified == variable.qualified && (by_name || before.file == variable.file);
    });
    matches.push_back(found == old.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - old.begin())));
  }
  return matches;
}

} // namespace graft
