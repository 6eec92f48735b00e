// The plan of a reload: what becomes of each kept variable, as steps to run and as items to show. Pure: two sets of facts
// in, no code runs.
#pragma once

#include "conversion.hpp"

#include "../bundle/manifest.hpp"

#include <graft/base/facts.hpp>
#include <graft/plan.hpp>

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
  std::vector<Step> steps;
};

struct KeptPlan {
  PlanKind kind = PlanKind::kCodeOnly;
  std::vector<PlanItem> items;
  std::vector<ObjectPlan> objects; ///< one for each kept variable of the new version
};

/// Where a variable's initial bytes are to be seen; null when they are not known.
using InitialBytes = std::function<const std::byte *(const KeptFacts &)>;

/// `manifest`: the new version's, whose policies decide.
KeptPlan plan_kept(const Facts &old, const Facts &fresh, const Manifest &manifest, const InitialBytes &initial = {});

/// "code only", or "state migrated: 2 kept, 1 new": what a reload did.
std::string in_words(const KeptPlan &plan);

/// Why a refused plan is refused: the first refused item, with both declarations.
Error refusal(const std::string &bundle, const KeptPlan &plan, const Facts &old, const Facts &fresh);

} // namespace graft
