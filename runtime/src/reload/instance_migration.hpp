// Carrying the states of instances over, behind a closed gate (M1). What is built waits in the new generation until the
// publication hands it over; a commit that fails ends it there.
#pragma once

#include "../store/store.hpp"
#include "generation.hpp"
#include "kept_plan.hpp"
#include "retirement.hpp"

#include <vector>

namespace graft {

/// The slots, among `slots`, of the contract that `plan` is about.
std::vector<SlotRecord *> slots_of(const InstancePlan &plan, const std::vector<SlotRecord *> &slots);

/// Builds the new state of every live instance whose type changed. kIncompatible for what the plan refuses when such
/// instances live, kInvalid for a value that has no counterpart, kException, kExhausted.
Result<void> carry_instances(const KeptPlan &plan, const Generation &old, Generation &fresh,
                             const std::vector<SlotRecord *> &slots, Instances &instances, const Retirement &retirement);

/// Refuses what was carried over and points into the memory of the generation that goes, or of one that went before it.
Result<void> refuse_pointers_back(const std::string &what, const KeptObject &object, const Generation &old,
                                  const Retirement &retirement);

} // namespace graft
