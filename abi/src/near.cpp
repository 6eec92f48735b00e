// Optimal string alignment distance, three rows at a time.
#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t column = 0; column <= b.size(); ++column) above[column] = column;
  for (std::size_t line = 1; line <= a.size(); ++line) {
    row[0] = line;
    for (std::size_t column = 1; column <= b.size(); ++column) {
      const std::size_t change = a[line - 1] == b[column - 1] ? 0 : 1;
      row[column] = std::min({above[column] + 1, row[column - 1] + 1, above[column - 1] + change});
      if (line > 1 && column > 1 && a[line - 1] == b[column - 2] && a[line - 2] == b[column - 1])
        row[column] = std::min(row[column], before[column - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

} // namespace

std::string nearest(std::string_view name, const std::vector<std::string> &candidates) {
  const std::size_t limit = name.size() < 5 ? 1 : name.size() / 3 + 1; // two changes make any short word of any other
  std::size_t best = limit + 1;
  const std::string *found = nullptr;
  for (const std::string &candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) > limit) continue;
    const std::size_t away = distance(name, candidate);
    if (away >= best) continue;
    best = away;
    found = &candidate;
  }
  return found != nullptr ? *found : std::string();
}

} // namespace graft
