// Symbols grouped by the words of their line in the table.
#include "needs.hpp"

#include "../observe/object_symbols.hpp"
#include "symbol_table.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

namespace graft {
namespace {

struct Group {
  PermissionBits bits = 0; ///< any one of them; 0: none covers it
  PermissionNeed need;
};

/// What covers all groups: first what has no alternative, then, where that does not do, the first of several.
PermissionBits cover(const std::map<std::string, Group> &groups) {
  PermissionBits bits = 0;
  for (const auto &[words, group] : groups)
    if (group.bits == 0 || std::has_single_bit(group.bits)) bits |= group.bits == 0 ? kWholeProcess : group.bits;
  for (const auto &[words, group] : groups)
    if ((group.bits & bits) == 0) bits |= group.bits & -group.bits;
  return (bits & kWholeProcess) != 0 ? kWholeProcess : bits;
}

} // namespace

void add_needs(PermissionReport &report, const PermissionNames &names, PermissionBits listed,
               const std::set<std::string> &uses, const std::vector<Import> &imports) {
  std::map<std::string, Group> groups;
  for (const std::string &symbol : uses) {
    const std::string words(words_of_symbol(symbol).value_or(""));
    if (words == kHarmless) continue;
    Group &group = groups[words];
    group.bits = names.needs_of(symbol).value_or(0);
    group.need.permission = words;
    group.need.is_listed = (listed & (group.bits | kWholeProcess)) != 0;
    const auto import = std::ranges::find(imports, symbol, &Import::symbol);
    group.need.uses.push_back({demangle(symbol), import == imports.end() ? SourcePos{} : import->where});
  }
  report.suggestion = names.names(cover(groups));
  for (auto &[words, group] : groups) {
    std::ranges::sort(group.need.uses, {}, [](const PermissionNeed::Use &use) {
      return std::tuple(use.where.file, use.where.line, use.where.column, use.symbol);
    });
    report.needs.push_back(std::move(group.need));
  }
}

} // namespace graft
