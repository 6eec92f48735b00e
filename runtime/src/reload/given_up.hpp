// Kept memory that a reload gives up: of variables that move, begin anew or are gone, and of instances whose state moves.
// What is kept on must not point there: nobody could tell what the pointer stands for in the new version.
#pragma once

#include "generation.hpp"
#include "kept_plan.hpp"

#include <vector>

namespace graft {

/// Looks at what `fresh` is bound to and at its instances, once all is carried over. kIncompatible, with both names. What
/// lies behind their pointers is not looked at.
Result<void> refuse_pointers_to_given_up(const KeptPlan &plan, const Generation &old, const Generation &fresh,
                                         const std::vector<SlotRecord *> &slots, const Instances &instances);

/// Whether the object points into memory of a kept variable of `generation`, or of an instance's state that it had.
bool points_to_kept(const KeptObject &object, const Generation &generation);

} // namespace graft
