// See changed_type.hpp.
#include "changed_type.hpp"

#include "type_plan.hpp"

#include <algorithm>
#include <vector>

namespace graft {
namespace {

/// All rows that a type leads to, itself first.
std::vector<TypeIndex> reached_from(const TypeTable &types, TypeIndex first) {
  std::vector<TypeIndex> reached = {first};
  const auto add = [&](TypeIndex type) {
    if (std::ranges::find(reached, type) == reached.end()) reached.push_back(type);
  };
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const Type &row = types[reached[i]];
    const bool has_target = row.kind == TypeKind::kPointer || row.kind == TypeKind::kArray || row.kind == TypeKind::kFunction;
    if (has_target) add(row.target);
    for (const Field &field : row.fields) add(field.type);
    for (const TypeIndex behind : row.behind) add(behind);
  }
  return reached;
}

bool is_authors(const Type &row) {
  const bool is_tag = row.kind == TypeKind::kStruct || row.kind == TypeKind::kUnion || row.kind == TypeKind::kEnum;
  if (row.kind == TypeKind::kOpaque) return !row.behind.empty();
  return is_tag && !row.name.empty() && !row.declared.where.file.empty();
}

} // namespace

std::string changed_inside(const Facts &old, TypeIndex from, const Facts &fresh, TypeIndex to) {
  const std::vector<TypeIndex> were = reached_from(old.types, from);
  const TypeIndex *innermost = nullptr;
  std::size_t least = 0;
  const std::vector<TypeIndex> are = reached_from(fresh.types, to);
  for (const TypeIndex &type : are) {
    const Type &row = fresh.types[type];
    if (type == to || !is_authors(row)) continue;
    const auto before = std::ranges::find_if(were, [&](TypeIndex was) { return old.types[was].name == row.name; });
    if (before == were.end() || is_same_type(old, *before, fresh, type)) continue;
    const std::size_t length = fingerprint(fresh.types, type).size(); // what is inside of another is shorter
    if (innermost != nullptr && length >= least) continue;
    innermost = &type;
    least = length;
  }
  return innermost == nullptr ? "" : ", and '" + spelling(fresh.types, *innermost) + "' inside changed";
}

} // namespace graft
