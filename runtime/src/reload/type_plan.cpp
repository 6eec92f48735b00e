// Matching types, one rule a function. A rule that applies says so, even when what it says is that the value is refused.
#include "type_plan.hpp"

#include "changed_type.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

namespace graft {
namespace {

const KeptClass *class_of(const Facts &facts, TypeIndex type) {
  const auto found = std::ranges::find(facts.kept_classes, type, &KeptClass::type);
  return found == facts.kept_classes.end() ? nullptr : &*found;
}

/// The fingerprint without the tag, by which an older type may be called as its author likes.
std::string shape(const Facts &facts, TypeIndex type) {
  TypeTable types = facts.types;
  types.types[type].name.clear();
  if (!types[type].declared.where.file.empty()) types.types[type].behind.clear(); // it need not be of a template
  return fingerprint(types, type);
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::kBool || kind == TypeKind::kSigned || kind == TypeKind::kUnsigned || kind == TypeKind::kFloat;
}

NumberPlace number_at(const Type &type, std::uint64_t offset_bits, std::uint32_t width_bits) {
  return {type.kind, width_bits != 0 ? width_bits : static_cast<std::uint32_t>(type.size * 8), offset_bits};
}

/// Whether the classes with virtual functions that values of the type hold or point at are as they were.
class VirtualComparison {
 public:
  VirtualComparison(const Facts &old, const Facts &fresh) : old_(old), fresh_(fresh) {}

  bool is_same(TypeIndex type) {
    if (std::ranges::find(seen_, type) != seen_.end()) return true;
    seen_.push_back(type);
    const auto layout = std::ranges::find(fresh_.kept_layouts, type, &KeptLayout::type);
    if (layout != fresh_.kept_layouts.end() &&
        std::ranges::find(old_.kept_layouts, layout->text, &KeptLayout::text) == old_.kept_layouts.end())
      return false;
    const Type &row = fresh_.types[type];
    if (!std::ranges::all_of(row.behind, [&](TypeIndex behind) { return is_same(behind); })) return false;
    if (row.kind == TypeKind::kArray || row.kind == TypeKind::kPointer) return is_same(row.target);
    if (row.kind != TypeKind::kStruct && row.kind != TypeKind::kUnion) return true;
    return std::ranges::all_of(row.fields, [&](const Field &field) { return is_same(field.type); });
  }

 private:
  const Facts &old_;
  const Facts &fresh_;
  std::vector<TypeIndex> seen_;
};

/// Whether the steps of a value whose type stays the same come to a copy of its bytes.
bool is_plain_copy(const std::vector<Step> &steps) {
  return std::ranges::all_of(
      steps, [](const Step &step) { return step.kind == Step::Kind::kBytes || step.kind == Step::Kind::kNumber; });
}

/// Why nobody looks at the fields of a class.
std::string why_whole(const Type &type) {
  if (type.declared.where.file.empty()) return "a class of a library is carried over whole or not at all";
  return "it says itself how it is copied or destroyed, so it owns more than its fields show";
}

std::string member_name(const Facts &facts, const Field &field) {
  return field.name.empty() ? "<" + spelling(facts.types, field.type) + ">" : field.name;
}

/// The values of an enum in ascending order, each with its names.
std::map<std::int64_t, std::vector<std::string>> names_of_values(const Type &type) {
  std::map<std::int64_t, std::vector<std::string>> names;
  for (const Enumerator &enumerator : type.enumerators) names[enumerator.value].push_back(enumerator.name);
  return names;
}

/// The value that all of these names have; none where one is gone or two differ: then nobody knows which was meant.
std::optional<std::int64_t> value_of_all(const Type &type, const std::vector<std::string> &names) {
  std::optional<std::int64_t> value;
  for (const std::string &name : names) {
    const auto found = std::ranges::find(type.enumerators, name, &Enumerator::name);
    if (found == type.enumerators.end() || (value && *value != found->value)) return std::nullopt;
    value = found->value;
  }
  return value;
}

/// "A"; "A = B" where both name one value.
std::string one_text(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : " = ") + name;
  return text;
}

/// The field of that name; one without a name, which is a base or an anonymous member, by its type's name and its rank.
const Field *find_field(const Facts &facts, const Type &in, const Facts &wanted_in, const Type &wanting,
                        const Field &wanted) {
  if (!wanted.name.empty()) {
    const auto found = std::ranges::find(in.fields, wanted.name, &Field::name);
    return found == in.fields.end() ? nullptr : &*found;
  }
  const auto is_like = [&](const Facts &of, const Field &field) {
    return field.name.empty() && of.types[field.type].name == wanted_in.types[wanted.type].name &&
           of.types[field.type].kind == wanted_in.types[wanted.type].kind;
  };
  std::ptrdiff_t rank = 0;
  for (const Field &field : wanting.fields) {
    if (&field == &wanted) break;
    rank += is_like(wanted_in, field) ? 1 : 0;
  }
  for (const Field &field : in.fields)
    if (is_like(facts, field) && rank-- == 0) return &field;
  return nullptr;
}

/// The bytes of a field that no later one lies in: a base's padding is the derived class's to use.
std::uint64_t room_of(const Type &type, const Field &field, std::uint64_t room) {
  const std::uint64_t begin = field.offset_bits / 8;
  std::uint64_t end = std::max(room, begin);
  for (const Field &next : type.fields)
    if (next.offset_bits / 8 > begin) end = std::min(end, next.offset_bits / 8);
  return end - begin;
}

} // namespace

bool is_same_type(const Facts &old, TypeIndex from, const Facts &fresh, TypeIndex to) {
  return fingerprint(old.types, from) == fingerprint(fresh.types, to) && VirtualComparison(old, fresh).is_same(to);
}

void TypePlanner::say(Fate fate, const Pair &pair, std::string how) {
  items.push_back(
      {fate, pair.path, spelling(old_.types, pair.from_type), spelling(fresh_.types, pair.to_type), std::move(how)});
}

void TypePlanner::match(const Pair &pair, std::vector<Step> &steps) {
  const bool is_same = is_same_type(old_, pair.from_type, fresh_, pair.to_type);
  if (!is_same && migrate(pair, steps)) return;
  const std::size_t first = items.size();
  match_by_rules(pair, steps);
  const std::string unused = is_same ? "" : unused_migrations(pair);
  for (PlanItem &item : std::span(items).subspan(first))
    if (item.fate == Fate::kRefused) item.how += unused;
}

void TypePlanner::match_by_rules(const Pair &pair, std::vector<Step> &steps) {
  const bool is_known = match_class(pair, steps) || match_number(pair, steps) || match_enum(pair, steps) ||
                        match_pointer(pair, steps) || match_array(pair, steps) || match_fields(pair, steps);
  if (is_known) return;
  if (is_same_type(old_, pair.from_type, fresh_, pair.to_type)) return copy_bytes(pair, steps);
  say(Fate::kRefused, pair, "no rule turns the one into the other");
}

void TypePlanner::copy_bytes(const Pair &pair, std::vector<Step> &steps) {
  Step step;
  step.to = pair.to_bits / 8;
  step.from = pair.from_bits / 8;
  step.size = std::min(fresh_.types[pair.to_type].size, pair.room);
  steps.push_back(std::move(step));
  say(pair.to_bits == pair.from_bits ? Fate::kKept : Fate::kMoved, pair, {});
}

bool TypePlanner::migrate(const Pair &pair, std::vector<Step> &steps) {
  const std::string was = shape(old_, pair.from_type);
  const auto found = std::ranges::find_if(fresh_.migrations, [&](const MigrationFacts &migration) {
    return fingerprint(fresh_.types, migration.to) == fingerprint(fresh_.types, pair.to_type) &&
           shape(fresh_, migration.from) == was;
  });
  if (found == fresh_.migrations.end()) return false;
  Step step;
  step.kind = Step::Kind::kMigrate;
  step.to = pair.to_bits / 8;
  step.from = pair.from_bits / 8;
  step.symbol = found->symbol;
  steps.push_back(std::move(step));
  say(Fate::kConverted, pair, "by GRAFT_MIGRATE at " + to_string(found->where));
  return true;
}

/// Those that make the type, and are not from what it was.
std::string TypePlanner::unused_migrations(const Pair &pair) const {
  std::string text;
  for (const MigrationFacts &migration : fresh_.migrations)
    if (fingerprint(fresh_.types, migration.to) == fingerprint(fresh_.types, pair.to_type))
      text += "; the GRAFT_MIGRATE at " + to_string(migration.where) + " is not used, for '" +
              spelling(fresh_.types, migration.from) + "' is not what '" + spelling(old_.types, pair.from_type) +
              "' was, fields and names of types inside and all";
  return text;
}

bool TypePlanner::match_class(const Pair &pair, std::vector<Step> &steps) {
  const KeptClass *kept = class_of(fresh_, pair.to_type);
  const KeptClass *before = class_of(old_, pair.from_type);
  if (kept == nullptr && before == nullptr) return false;
  if (is_same_type(old_, pair.from_type, fresh_, pair.to_type)) {
    if (kept != nullptr && kept->bytes) return copy_bytes(pair, steps), true;
    if (kept == nullptr || kept->replace.empty()) return say(Fate::kRefused, pair, "its class cannot be copied"), true;
    Step step;
    step.kind = Step::Kind::kReplace;
    step.to = pair.to_bits / 8;
    step.from = pair.from_bits / 8;
    step.symbol = kept->replace;
    steps.push_back(std::move(step));
    say(pair.to_bits == pair.from_bits ? Fate::kKept : Fate::kMoved, pair, "by its copy constructor");
    return true;
  }
  for (const KeptClass *one : {kept, before}) {
    if (one == nullptr) continue;
    const Type &type = one == kept ? fresh_.types[one->type] : old_.types[one->type];
    const std::string changed = changed_inside(old_, pair.from_type, fresh_, pair.to_type);
    if (one->foreign) return say(Fate::kRefused, pair, why_whole(type) + changed), true;
    if (one->polymorphic) return say(Fate::kRefused, pair, "a class with virtual functions changed"), true;
  }
  return false;
}

bool TypePlanner::match_number(const Pair &pair, std::vector<Step> &steps) {
  const Type &to = fresh_.types[pair.to_type];
  const Type &from = old_.types[pair.from_type];
  const bool from_enum = from.kind == TypeKind::kEnum;
  if (!is_number(to.kind) || (!is_number(from.kind) && !from_enum)) return false;
  Step step;
  step.kind = Step::Kind::kNumber;
  step.to_number = number_at(to, pair.to_bits, pair.to_width);
  step.from_number = number_at(from_enum ? old_.types[from.target] : from, pair.from_bits, pair.from_width);
  if (!can_widen(step.from_number, step.to_number)) {
    say(Fate::kRefused, pair, "a value may not fit");
    return true;
  }
  const bool same = step.to_number.kind == step.from_number.kind && step.to_number.width_bits == step.from_number.width_bits;
  const Fate where = pair.to_bits == pair.from_bits ? Fate::kKept : Fate::kMoved;
  say(same && !from_enum ? where : Fate::kConverted, pair, same ? "" : "widened");
  steps.push_back(std::move(step));
  return true;
}

bool TypePlanner::match_enum(const Pair &pair, std::vector<Step> &steps) {
  const Type &to = fresh_.types[pair.to_type];
  const Type &from = old_.types[pair.from_type];
  if (to.kind != TypeKind::kEnum) return false;
  if (from.kind != TypeKind::kEnum) return say(Fate::kRefused, pair, "a number need not be an enumerator"), true;
  Step step;
  step.kind = Step::Kind::kEnum;
  step.path = pair.path;
  step.to_number = number_at(fresh_.types[to.target], pair.to_bits, pair.to_width);
  step.from_number = number_at(old_.types[from.target], pair.from_bits, pair.from_width);
  std::string gone;
  bool is_same_value = true;
  for (const auto &[value, names] : names_of_values(from)) {
    const std::optional<std::int64_t> now = value_of_all(to, names);
    is_same_value = is_same_value && now == value;
    if (now)
      step.values.emplace_back(value, *now);
    else
      gone += (gone.empty() ? "" : ", ") + one_text(names);
  }
  if (gone.empty() && is_same_value && can_widen(step.from_number, step.to_number)) { // combinations of flags stay, too
    step.kind = Step::Kind::kNumber;
    say(pair.to_bits == pair.from_bits ? Fate::kKept : Fate::kMoved, pair, {});
  } else {
    say(Fate::kConverted, pair, "by the enumerators' names" + (gone.empty() ? "" : "; refused while it is " + gone));
  }
  steps.push_back(std::move(step));
  return true;
}

bool TypePlanner::match_pointer(const Pair &pair, std::vector<Step> &steps) {
  const Type &to = fresh_.types[pair.to_type];
  const Type &from = old_.types[pair.from_type];
  if (to.kind != TypeKind::kPointer || from.kind != TypeKind::kPointer) return false;
  const Type &target = fresh_.types[to.target];
  const bool is_incomplete = target.kind == TypeKind::kOpaque && target.size == 0 && target.behind.empty();
  const bool any = target.kind == TypeKind::kVoid || (is_incomplete && old_.types[from.target].name == target.name);
  if (any || is_same_type(old_, from.target, fresh_, to.target)) return copy_bytes(pair, steps), true;
  say(Fate::kRefused, pair, "what it points at is laid out in another way, and who owns that is not known");
  return true;
}

bool TypePlanner::match_array(const Pair &pair, std::vector<Step> &steps) {
  const Type &to = fresh_.types[pair.to_type];
  const Type &from = old_.types[pair.from_type];
  if (to.kind != TypeKind::kArray || from.kind != TypeKind::kArray) return false;
  Step step;
  step.kind = Step::Kind::kEach;
  step.to = pair.to_bits / 8;
  step.from = pair.from_bits / 8;
  step.count = std::min(to.count, from.count);
  step.to_stride = fresh_.types[to.target].size;
  step.from_stride = old_.types[from.target].size;
  if (to.count > from.count)
    say(Fate::kConverted, pair, "longer: from [" + std::to_string(from.count) + "] on, initial values");
  if (to.count < from.count)
    say(Fate::kConverted, pair, "shorter: from [" + std::to_string(to.count) + "] on, values are dropped");
  match({to.target, from.target, 0, 0, 0, 0, pair.path + "[]"}, step.steps);
  if (is_same_type(old_, from.target, fresh_, to.target) && is_plain_copy(step.steps)) {
    step.kind = Step::Kind::kBytes; // all elements at once
    step.size = step.count * step.to_stride;
    step.steps.clear();
  }
  steps.push_back(std::move(step));
  return true;
}

bool TypePlanner::match_fields(const Pair &pair, std::vector<Step> &steps) {
  const Type &to = fresh_.types[pair.to_type];
  const Type &from = old_.types[pair.from_type];
  if (to.kind != TypeKind::kStruct || from.kind != TypeKind::kStruct) return false;
  for (const Field &field : to.fields) {
    const std::string path = pair.path + "." + member_name(fresh_, field);
    const Field *before = find_field(old_, from, fresh_, to, field);
    if (before == nullptr) {
      say_new(field, path, pair.to_bits + field.offset_bits);
      continue;
    }
    match({field.type, before->type, pair.to_bits + field.offset_bits, pair.from_bits + before->offset_bits,
           field.width_bits, before->width_bits, path, room_of(to, field, pair.room)},
          steps);
  }
  for (const Field &field : from.fields)
    if (find_field(fresh_, to, old_, from, field) == nullptr)
      items.push_back(
          {Fate::kDropped, pair.path + "." + member_name(old_, field), spelling(old_.types, field.type), {}, {}});
  return true;
}

void TypePlanner::say_new(const Field &field, const std::string &path, std::uint64_t offset_bits) {
  const Type &type = fresh_.types[field.type];
  std::string how = "its initial value";
  if (initial_ != nullptr && is_number(type.kind))
    how = number_text(initial_, number_at(type, offset_bits, field.width_bits));
  items.push_back({Fate::kNew, path, {}, spelling(fresh_.types, field.type), std::move(how)});
}

} // namespace graft
