// The plan of a reload: what becomes of each kept variable, as steps to run and as items to show. Pure: two sets of facts
// in, no code runs.
#pragma once

#include "conversion.hpp"

#include "../bundle/manifest.hpp"

#include <graft/base/facts.hpp>
#include <graft/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graft {

/// How one variable of the new version gets its object.
struct ObjectPlan {
  enum class Way : std::uint8_t {
    kInPlace, ///< it is the old one's
    kFresh,   ///< a new one, which nothing is carried into
    kMigrate, ///< a new one, into which `steps` carry the old one's value after the initialisers ran
  };
  Way way = Way::kFresh;
  std::optional<std::size_t> old; ///< index among the old variables
  std::size_t item = 0;           ///< the first of the plan's items that is about it
  std::vector<Step> steps;
};

/// What becomes of the instances of one contract that both versions provide, if there are any.
struct InstancePlan {
  std::string tag;                ///< of the contract
  std::string contract;           ///< "demo.counter@1"
  TypeIndex old = 0;              ///< their types
  TypeIndex fresh = 0;
  bool is_in_place = false;
  std::vector<Step> steps;        ///< over an initial value
  std::vector<PlanItem> items{};  ///< the first is about the whole

  bool is_refused() const { return std::ranges::find(items, Fate::kRefused, &PlanItem::fate) != items.end(); }
};

struct KeptPlan {
  PlanKind kind = PlanKind::kCodeOnly;
  std::vector<PlanItem> items;     ///< of the variables, and, once `show_instances` ran, of the instances
  std::vector<ObjectPlan> objects; ///< one for each kept variable of the new version
  std::vector<InstancePlan> instances;
};

/// Where a variable's initial bytes are to be seen; null when they are not known.
using InitialBytes = std::function<const std::byte *(const KeptFacts &)>;

/// Whether a value of the variable is at hand from when its version ran last.
using IsSaved = std::function<bool(const KeptFacts &)>;

/// `manifest`: the new version's, whose policies decide. What cannot be carried over begins anew where it is saved, unless
/// the policy is to keep it.
KeptPlan plan_kept(const Facts &old, const Facts &fresh, const Manifest &manifest, const InitialBytes &initial = {},
                   const IsSaved &is_saved = {});

/// instance_plan.cpp: one for each contract of whose instances both versions name the type.
std::vector<InstancePlan> plan_instances(const Facts &old, const Facts &fresh);

/// Adds what becomes of the instances to what is shown; `count` says how many there are, or nothing when that is not known.
void show_instances(KeptPlan &plan, const std::function<std::optional<std::size_t>(const InstancePlan &)> &count);

/// What a plan says of a value whose type reaches old code through `reaches`.
std::string hold_text(const std::string &reaches);

/// "code only", or "state migrated: 2 kept, 1 new": what a reload did.
std::string in_words(const KeptPlan &plan);

/// Why a refused plan is refused: the first refused item, with both declarations.
Error refusal(const std::string &bundle, const KeptPlan &plan, const Facts &old, const Facts &fresh);

} // namespace graft
