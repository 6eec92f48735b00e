// Copies of kept values that a reload let go of, for the way back: a rollback carries back what is live, and takes from here
// what the newer version dropped, began anew, or made something of that does not fit back. Only of types that bytes are
// enough for.
#pragma once

#include "generation.hpp"
#include "kept_plan.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace graft {

struct SavedCopy {
  std::string qualified; ///< KeptFacts
  std::string file;
  std::string fingerprint;
  std::vector<std::byte> bytes;
};

/// Of each variable of `old` that `plan` does not leave in place. Not of those that point, or whose type may lead, into the memory
/// of `old`, nor of those that point at kept state, which may be elsewhere by then.
std::vector<SavedCopy> save_given_up(const Generation &old, const KeptPlan &plan);

/// What was saved of such a variable; the first that fits counts. Null: nothing.
const SavedCopy *saved_of(const std::vector<SavedCopy> &saved, const KeptFacts &variable);

/// Gives the fresh ones among `bindings` what was saved of them, and says so in the plan.
void restore_saved(const std::vector<SavedCopy> &saved, const Facts &facts, std::vector<KeptBinding> &bindings,
                   KeptPlan &plan);

} // namespace graft
