// A walk over two type tables side by side. A difference is first found where it is, and put into words by the nearest thing
// that has a name: a field, a parameter, a result.
#include "compare.hpp"

#include <graft/base/hook_rule.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace graft {
namespace {

/// What differs. Without words: the types as a whole, and whoever named them says which.
struct Difference {
  std::string subject;
  std::string ours;
  std::string theirs;
  Declared our_place{};
  Declared their_place{};

  bool has_words() const { return !subject.empty(); }
};

using Finding = std::optional<Difference>;

std::string quoted(const std::string &text) { return "'" + text + "'"; }

std::string at_offset(const Field &field) {
  std::string text = "at offset " + std::to_string(field.offset_bits / 8);
  if (field.width_bits != 0)
    text += ", bit " + std::to_string(field.offset_bits % 8) + ", " + std::to_string(field.width_bits) + " wide";
  return text;
}

/// A struct that says how long it is may grow at its end.
bool says_its_size(const TypeTable &types, const Type &type) {
  if (type.kind != TypeKind::kStruct || type.fields.empty()) return false;
  const Field &first = type.fields.front();
  const Type &size = types[first.type];
  return first.name == "struct_size" && first.offset_bits == 0 && size.kind == TypeKind::kUnsigned && size.size == 4;
}

/// Whether a struct that says its size may be longer on one side: only behind a pointer, where nothing lies after it.
enum class Growth { kNone, kAllowed };

class Comparer {
 public:
  Comparer(const TypeTable &ours, const TypeTable &theirs) : ours_(ours), theirs_(theirs) {}

  /// Of an entry both sides have.
  Finding entry(const ContractFunction &ours, const ContractFunction &theirs, std::size_t index);

 private:
  Finding types(TypeIndex ours, TypeIndex theirs, Growth growth = Growth::kNone);
  Finding pointers(const Type &ours, const Type &theirs);
  Finding enums(const Type &ours, const Type &theirs);
  Finding records(const Type &ours, const Type &theirs, Growth growth);
  Finding fields(const Type &ours, const Type &theirs, std::size_t index);
  Finding functions(const Type &ours, const Type &theirs);
  std::string record_name(const Type &type) const;

  /// `difference` in the words of something with a name, unless something deeper has named it.
  Finding name(Finding difference, const std::string &subject, TypeIndex ours, TypeIndex theirs) const {
    if (!difference || difference->has_words()) return difference;
    return Difference{subject, quoted(spelling(ours_, ours)), quoted(spelling(theirs_, theirs))};
  }

  const TypeTable &ours_;
  const TypeTable &theirs_;
  std::set<std::tuple<TypeIndex, TypeIndex, Growth>> met_; ///< equal, or being looked at
};

/// Places are those of the innermost thing that has one.
Finding placed(Finding difference, const Declared &ours, const Declared &theirs) {
  if (!difference) return difference;
  if (difference->our_place.where.file.empty()) difference->our_place = ours;
  if (difference->their_place.where.file.empty()) difference->their_place = theirs;
  return difference;
}

Finding Comparer::types(TypeIndex ours, TypeIndex theirs, Growth growth) {
  if (!met_.emplace(ours, theirs, growth).second) return {};
  const Type &a = ours_[ours];
  const Type &b = theirs_[theirs];
  if (a.kind != b.kind) return Difference{};
  switch (a.kind) {
  case TypeKind::kVoid:
    return {};
  case TypeKind::kPointer:
    return pointers(a, b);
  case TypeKind::kEnum:
    return enums(a, b);
  case TypeKind::kStruct:
  case TypeKind::kUnion:
    return records(a, b, growth);
  case TypeKind::kFunction:
    return functions(a, b);
  case TypeKind::kArray:
    return a.count != b.count ? Difference{} : types(a.target, b.target);
  case TypeKind::kOpaque:
    return a.name != b.name || a.size != b.size ? Finding(Difference{}) : Finding();
  default:
    return a.size != b.size ? Finding(Difference{}) : Finding();
  }
}

Finding Comparer::pointers(const Type &ours, const Type &theirs) {
  if (ours.const_target != theirs.const_target) return Difference{};
  const Type &a = ours_[ours.target];
  const Type &b = theirs_[theirs.target];
  const auto is_record = [](const Type &type) { return type.kind == TypeKind::kStruct || type.kind == TypeKind::kUnion; };
  const bool one_is_hidden = (a.kind == TypeKind::kOpaque && is_record(b)) || (is_record(a) && b.kind == TypeKind::kOpaque);
  if (one_is_hidden && !a.name.empty() && a.name == b.name) return {};
  return types(ours.target, theirs.target, Growth::kAllowed);
}

std::string Comparer::record_name(const Type &type) const {
  const char *word = type.kind == TypeKind::kUnion ? "union " : type.kind == TypeKind::kEnum ? "enum " : "struct ";
  return quoted(word + (type.name.empty() ? "<unnamed>" : type.name));
}

Finding Comparer::enums(const Type &ours, const Type &theirs) {
  if (ours.name != theirs.name) return Difference{};
  const auto by_name = [&](const std::string &name) {
    return std::ranges::find(theirs.enumerators, name, &Enumerator::name);
  };
  const auto by_value = [](const Type &type, std::int64_t value) {
    return std::ranges::find(type.enumerators, value, &Enumerator::value);
  };
  for (const Enumerator &enumerator : ours.enumerators) {
    const std::string subject = quoted(enumerator.name) + " of " + record_name(ours);
    if (const auto same = by_name(enumerator.name); same != theirs.enumerators.end()) {
      if (same->value == enumerator.value) continue;
      return Difference{subject, std::to_string(enumerator.value), std::to_string(same->value), enumerator.declared,
                        same->declared};
    }
    // Named by one side only: its value must not mean something else to the other.
    const auto other = by_value(theirs, enumerator.value);
    if (other == theirs.enumerators.end() || other->name == by_value(ours, enumerator.value)->name) continue;
    return Difference{std::to_string(enumerator.value) + " of " + record_name(ours), quoted(enumerator.name),
                      quoted(other->name), enumerator.declared, other->declared};
  }
  Finding underlying = types(ours.target, theirs.target);
  underlying = name(std::move(underlying), "the integer behind " + record_name(ours), ours.target, theirs.target);
  return placed(std::move(underlying), ours.declared, theirs.declared);
}

Finding Comparer::fields(const Type &ours, const Type &theirs, std::size_t index) {
  const Field &a = ours.fields[index];
  const Field &b = theirs.fields[index];
  const std::string of = " of " + record_name(ours);
  if (a.name != b.name)
    return Difference{"field " + std::to_string(index + 1) + of, quoted(a.name), quoted(b.name), a.declared, b.declared};
  const std::string subject = "field " + quoted(a.name) + of;
  Finding found = types(a.type, b.type);
  const bool is_moved = a.offset_bits != b.offset_bits || a.width_bits != b.width_bits;
  if ((found && !found->has_words()) || (!found && is_moved))
    found = Difference{subject, quoted(spelling(ours_, a.type)) + " " + at_offset(a),
                       quoted(spelling(theirs_, b.type)) + " " + at_offset(b)};
  return placed(std::move(found), a.declared, b.declared);
}

Finding Comparer::records(const Type &ours, const Type &theirs, Growth growth) {
  if (ours.name != theirs.name) return Difference{};
  const std::size_t common = std::min(ours.fields.size(), theirs.fields.size());
  for (std::size_t index = 0; index < common; ++index)
    if (Finding found = fields(ours, theirs, index)) return placed(std::move(found), ours.declared, theirs.declared);
  if (growth == Growth::kAllowed && says_its_size(ours_, ours) && says_its_size(theirs_, theirs)) return {};

  const auto whole = [&](const std::string &subject, std::string a, std::string b) {
    return Difference{subject, std::move(a), std::move(b), ours.declared, theirs.declared};
  };
  if (ours.fields.size() != theirs.fields.size()) {
    const bool is_ours = ours.fields.size() > theirs.fields.size();
    const Field &extra = (is_ours ? ours : theirs).fields[common];
    Difference found = whole("field " + quoted(extra.name) + " of " + record_name(ours), is_ours ? "present" : "absent",
                             is_ours ? "absent" : "present");
    (is_ours ? found.our_place : found.their_place) = extra.declared;
    return found;
  }
  if (ours.size != theirs.size)
    return whole("the size of " + record_name(ours), std::to_string(ours.size), std::to_string(theirs.size));
  if (ours.align != theirs.align)
    return whole("the alignment of " + record_name(ours), std::to_string(ours.align), std::to_string(theirs.align));
  return {};
}

Finding Comparer::functions(const Type &ours, const Type &theirs) {
  if (ours.fields.size() != theirs.fields.size() || ours.variadic != theirs.variadic || ours.name != theirs.name)
    return Difference{};
  if (Finding found = types(ours.target, theirs.target)) return found;
  for (std::size_t index = 0; index < ours.fields.size(); ++index)
    if (Finding found = types(ours.fields[index].type, theirs.fields[index].type)) return found;
  return {};
}

Finding Comparer::entry(const ContractFunction &ours, const ContractFunction &theirs, std::size_t index) {
  if (ours.name != theirs.name)
    return Difference{"function " + std::to_string(index + 1), quoted(ours.name), quoted(theirs.name)};
  if (ours.fingerprint == theirs.fingerprint) return {};
  const Type &a = ours_[ours.type];
  const Type &b = theirs_[theirs.type];
  const std::string of = " of function " + quoted(ours.name);
  if (Finding found = name(types(a.target, b.target), "the result" + of, a.target, b.target)) return found;
  const std::size_t common = std::min(a.fields.size(), b.fields.size());
  for (std::size_t i = 0; i < common; ++i) {
    std::string subject = "parameter " + std::to_string(i + 1);
    if (i < ours.parameters.size() && !ours.parameters[i].empty()) subject += " (" + quoted(ours.parameters[i]) + ")";
    if (Finding found = name(types(a.fields[i].type, b.fields[i].type), subject + of, a.fields[i].type, b.fields[i].type))
      return found;
  }
  const auto convention = [](const Type &type) { return type.name.empty() ? "C's" : quoted(type.name); };
  if (a.name != b.name) return Difference{"the calling convention" + of, convention(a), convention(b)};
  if (a.fields.size() == b.fields.size()) return {};
  return Difference{"the number of parameters" + of, std::to_string(a.fields.size()), std::to_string(b.fields.size())};
}

Diagnostic declaration(const Declared &place, const std::string &holder) {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::kNote;
  diagnostic.where = place.where;
  diagnostic.message = holder + " declares it here";
  diagnostic.snippet = place.line;
  return diagnostic;
}

Error in_words(const ContractSide &ours, const ContractSide &theirs, const Difference &found) {
  Error result = error(Code::kIncompatible,
                       "contract '" + theirs.contract.name + "@" + std::to_string(theirs.contract.major) +
                           "': " + found.subject + " is " + found.ours + " to " + ours.holder + " and " + found.theirs +
                           " to " + theirs.holder + "; build both from one header, or raise the major version",
                       found.their_place.where);
  result.diagnostics.push_back(declaration(found.our_place, ours.holder));
  result.diagnostics.push_back(declaration(found.their_place, theirs.holder));
  return result;
}

/// One ABI with two rules: the chain would be run as one side does not expect.
Result<void> same_rule(const ContractSide &ours, const ContractSide &theirs) {
  const auto rule_of = [](const ContractSide &side) {
    const auto rule = hook_rule_of(side.contract);
    return rule ? to_text(*rule) : std::string("no hook");
  };
  const std::string a = rule_of(ours), b = rule_of(theirs);
  if (a == b) return {};
  return in_words(ours, theirs, {"its rule", a, b, {ours.contract.where, {}}, {theirs.contract.where, {}}});
}

} // namespace

Result<void> compare(const ContractSide &ours, const ContractSide &theirs) {
  GRAFT_TRY(same_rule(ours, theirs));
  Comparer comparer(ours.types, theirs.types);
  const std::size_t common = std::min(ours.contract.functions.size(), theirs.contract.functions.size());
  for (std::size_t index = 0; index < common; ++index) {
    const ContractFunction &a = ours.contract.functions[index];
    const ContractFunction &b = theirs.contract.functions[index];
    if (Finding found = placed(comparer.entry(a, b, index), {a.where, a.line}, {b.where, b.line}))
      return in_words(ours, theirs, *found);
  }
  return {};
}

} // namespace graft
