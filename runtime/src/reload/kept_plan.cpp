// Variable by variable; types are type_plan.hpp's business.
#include "kept_plan.hpp"

#include "kept_match.hpp"
#include "kept_object.hpp"
#include "type_plan.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace graft {
namespace {

void plan_variable(KeptPlan &plan, ObjectPlan &object, const Facts &old, const KeptFacts &before, const Facts &fresh,
                   const KeptFacts &variable, const std::byte *initial) {
  const std::string was = spelling(old.types, before.type);
  const std::string is = spelling(fresh.types, variable.type);
  const std::size_t align = alignment_of(fresh, variable);
  const bool is_aligned = alignment_of(old, before) >= align;
  if (is_aligned && is_same_type(old, before.type, fresh, variable.type)) {
    object.way = ObjectPlan::Way::kInPlace;
    plan.items.push_back({Fate::kKept, variable.qualified, was, is, "in place" + hold_text(variable.reaches)});
    return;
  }
  object.way = ObjectPlan::Way::kMigrate;
  TypePlanner planner(old, fresh, initial);
  planner.match({variable.type, before.type, 0, 0, 0, 0, variable.qualified}, object.steps);
  const std::string why = is_aligned ? "" : "aligned to " + std::to_string(align) + " bytes now; ";
  const std::string moves = why + "its address changes" + hold_text(before.reaches);
  const bool is_split = planner.items.size() != 1 || planner.items.front().path != variable.qualified;
  if (is_split) plan.items.push_back({Fate::kConverted, variable.qualified, was, is, moves});
  if (!is_split && planner.items.front().fate != Fate::kRefused) {
    PlanItem &only = planner.items.front();
    if (only.fate == Fate::kKept) only.fate = Fate::kMoved;
    only.how += (only.how.empty() ? "" : "; ") + moves;
  }
  std::ranges::move(planner.items, std::back_inserter(plan.items));
}

bool is_refused_from(const KeptPlan &plan, std::size_t item) {
  const auto first = plan.items.begin() + static_cast<std::ptrdiff_t>(item);
  return std::any_of(first, plan.items.end(), [](const PlanItem &one) { return one.fate == Fate::kRefused; });
}

/// Instead of what was planned for the variable last.
void begin_anew(KeptPlan &plan, ObjectPlan &object, PlanItem item) {
  plan.items.resize(object.item);
  plan.items.push_back(std::move(item));
  object.way = ObjectPlan::Way::kFresh;
  object.steps.clear();
}

PlanKind kind_of(const KeptPlan &plan) {
  const auto has = [&](Fate fate) { return std::ranges::find(plan.items, fate, &PlanItem::fate) != plan.items.end(); };
  const auto goes = [&](ObjectPlan::Way way) {
    return std::ranges::find(plan.objects, way, &ObjectPlan::way) != plan.objects.end();
  };
  if (has(Fate::kRefused)) return PlanKind::kRefused;
  if (goes(ObjectPlan::Way::kMigrate)) return PlanKind::kMigrated;
  return goes(ObjectPlan::Way::kInPlace) ? PlanKind::kKept : PlanKind::kCodeOnly;
}

StatePolicy policy_of(const Manifest &manifest, const KeptFacts &variable) {
  for (const std::string &name : {variable.qualified, variable.name})
    if (const auto own = manifest.state_of.find(name); own != manifest.state_of.end()) return own->second;
  return manifest.state;
}

/// The names that several files of one version keep a static of.
std::set<std::string_view> shared_names(const Facts &old, const Facts &fresh) {
  std::set<std::string_view> shared;
  for (const Facts *facts : {&old, &fresh}) {
    std::set<std::string_view> seen;
    for (const KeptFacts &variable : facts->kept)
      if (!seen.insert(variable.qualified).second) shared.insert(variable.qualified);
  }
  return shared;
}

/// What kept state a reload leaves, in two or three words.
std::string head_of(PlanKind kind, const std::vector<PlanItem> &items) {
  const auto is_lost = [](const PlanItem &item) { return item.fate == Fate::kDropped || item.fate == Fate::kReset; };
  return kind == PlanKind::kCodeOnly && std::ranges::any_of(items, is_lost) ? "no state kept" : to_string(kind);
}

/// The refused path's variable: the longest name that it begins with.
const KeptFacts *variable_of(const std::vector<KeptFacts> &kept, const std::string &path) {
  const KeptFacts *best = nullptr;
  for (const KeptFacts &variable : kept)
    if (path.starts_with(variable.qualified) && (best == nullptr || variable.qualified.size() > best->qualified.size()))
      best = &variable;
  return best;
}

} // namespace

KeptPlan plan_kept(const Facts &old, const Facts &fresh, const Manifest &manifest, const InitialBytes &initial,
                   const IsSaved &is_saved) {
  KeptPlan plan;
  const std::set<std::string_view> shared = shared_names(old, fresh);
  const auto matches = match_kept(old.kept, fresh.kept);
  for (std::size_t i = 0; i < fresh.kept.size(); ++i) {
    const KeptFacts &variable = fresh.kept[i];
    ObjectPlan &object = plan.objects.emplace_back();
    object.old = matches[i];
    object.item = plan.items.size();
    const std::string is = spelling(fresh.types, variable.type);
    const StatePolicy policy = policy_of(manifest, variable);
    if (!object.old)
      plan.items.push_back({Fate::kNew, variable.qualified, {}, is, "its initial value"});
    else if (policy == StatePolicy::kReset)
      plan.items.push_back({Fate::kReset, variable.qualified, spelling(old.types, old.kept[*object.old].type), is, {}});
    else
      plan_variable(plan, object, old, old.kept[*object.old], fresh, variable, initial ? initial(variable) : nullptr);
    if (policy == StatePolicy::kKeep && object.way == ObjectPlan::Way::kMigrate)
      plan.items.push_back({Fate::kRefused, variable.qualified, spelling(old.types, old.kept[*object.old].type), is,
                            "the manifest's policy 'keep' lets nothing but its old type be"});
    else if (policy != StatePolicy::kKeep && is_saved && is_saved(variable) && is_refused_from(plan, object.item))
      begin_anew(plan, object, {Fate::kReset, variable.qualified, spelling(old.types, old.kept[*object.old].type), is, {}});
    std::string &how = plan.items[object.item].how;
    if (shared.contains(variable.qualified)) how += (how.empty() ? "in " : "; in ") + variable.file;
  }
  const std::set<std::optional<std::size_t>> matched(matches.begin(), matches.end());
  for (std::size_t i = 0; i < old.kept.size(); ++i)
    if (!matched.contains(i))
      plan.items.push_back({Fate::kDropped, old.kept[i].qualified, spelling(old.types, old.kept[i].type), {},
                            shared.contains(old.kept[i].qualified) ? "in " + old.kept[i].file : ""});
  plan.instances = plan_instances(old, fresh);
  plan.kind = kind_of(plan);
  return plan;
}

void show_instances(KeptPlan &plan, const std::function<std::optional<std::size_t>(const InstancePlan &)> &count) {
  for (const InstancePlan &one : plan.instances) {
    const std::optional<std::size_t> live = count(one);
    std::vector<PlanItem> items = one.items;
    if (live == 0u) items.resize(1);
    if (live)
      items.front().how = std::to_string(*live) + " live" + (*live == 0 || items.front().how.empty() ? "" : "; ") +
                          (*live == 0 ? "" : items.front().how);
    if (live == 0u) items.front().fate = Fate::kKept;
    const PlanKind kind = live == 0u         ? PlanKind::kCodeOnly
                          : one.is_refused() ? PlanKind::kRefused
                          : one.is_in_place  ? PlanKind::kKept
                                             : PlanKind::kMigrated;
    plan.kind = std::max(plan.kind, kind); // from the least to the most
    std::ranges::move(items, std::back_inserter(plan.items));
  }
}

std::string hold_text(const std::string &reaches) {
  return reaches.empty() ? "" : "; the old code stays mapped, which it may reach through " + reaches;
}

Error refusal(const std::string &bundle, const KeptPlan &plan, const Facts &old, const Facts &fresh) {
  const auto refused = std::ranges::find(plan.items, Fate::kRefused, &PlanItem::fate);
  GRAFT_ASSERT(refused != plan.items.end(), "a refused plan says what is refused");
  const KeptFacts *is = variable_of(fresh.kept, refused->path);
  const KeptFacts *was = variable_of(old.kept, refused->path);
  std::string sentence = "bundle '" + bundle + "': kept '" + refused->path + "' was '" + refused->was + "'";
  if (was != nullptr) sentence += " in '" + was->declaration + "' at " + to_string(was->where);
  sentence += " and is '" + refused->is + "'";
  if (is != nullptr) sentence += " in '" + is->declaration + "'";
  sentence += ": " + refused->how + "; write GRAFT_MIGRATE, or rename it to begin anew";
  return error(Code::kIncompatible, std::move(sentence), is != nullptr ? is->where : SourcePos{});
}

std::string in_words(const KeptPlan &plan) {
  std::string words = head_of(plan.kind, plan.items);
  const char *between = ": ";
  for (const Fate fate : {Fate::kKept, Fate::kMoved, Fate::kConverted, Fate::kNew, Fate::kDropped, Fate::kReset}) {
    const auto count = std::ranges::count(plan.items, fate, &PlanItem::fate);
    if (count == 0) continue;
    words += between + std::to_string(count) + " " + to_string(fate);
    between = ", ";
  }
  return words;
}

const char *to_string(Fate fate) noexcept {
  switch (fate) {
  case Fate::kKept:
    return "kept";
  case Fate::kMoved:
    return "moved";
  case Fate::kConverted:
    return "converted";
  case Fate::kDropped:
    return "dropped";
  case Fate::kNew:
    return "new";
  case Fate::kReset:
    return "reset";
  case Fate::kRefused:
    return "refused";
  }
  return "unknown";
}

const char *to_string(PlanKind kind) noexcept {
  switch (kind) {
  case PlanKind::kCodeOnly:
    return "code only";
  case PlanKind::kKept:
    return "state kept";
  case PlanKind::kMigrated:
    return "state migrated";
  case PlanKind::kRefused:
    return "refused";
  }
  return "unknown";
}

std::string to_string(const ReloadPlan &plan) {
  std::string text = "bundle '" + plan.bundle + "': " + head_of(plan.kind, plan.items);
  for (const Fate fate : {Fate::kDropped, Fate::kReset})
    if (const auto count = std::ranges::count(plan.items, fate, &PlanItem::fate); count != 0)
      text += ", " + std::to_string(count) + " " + to_string(fate);
  text += "\n";
  if (!plan.was.empty())
    text += "  the old version is named '" + plan.was + "': a host takes them for two bundles, and reloads neither to the other\n";
  for (const PlanItem &item : plan.items) {
    std::string line = std::string("  ") + to_string(item.fate);
    line.resize(13, ' ');
    line += item.path + ": " + (item.was.empty() ? item.is : item.was);
    if (!item.was.empty() && !item.is.empty() && item.was != item.is) line += " -> " + item.is;
    if (!item.how.empty()) line += " (" + item.how + ")";
    text += line + "\n";
  }
  return text;
}

} // namespace graft
