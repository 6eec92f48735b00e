// One instance after the other: an initial value, then the steps of the plan.
#include "instance_migration.hpp"

#include "../call/caught.hpp"
#include "../store/threads.hpp"

#include <algorithm>

namespace graft {
namespace {

Error refusal_of(const InstancePlan &plan, const Generation &fresh, std::size_t live) {
  const auto refused = std::ranges::find(plan.items, Fate::kRefused, &PlanItem::fate);
  const auto facts = std::ranges::find(fresh.facts.instances, plan.tag, &InstanceFacts::tag);
  return error(Code::kIncompatible,
               "bundle '" + fresh.bundle + "': " + std::to_string(live) + " live instances of " + plan.contract + " have '" +
                   refused->path + "' as '" + refused->was + "', which is '" + refused->is + "' now: " + refused->how +
                   "; write GRAFT_MIGRATE, or end them first",
               facts->where);
}

/// Replaces the old state in `state`, which its record goes on holding, by a new one.
Result<void> build(const InstancePlan &plan, DisplacedState state, const Generation &old, Generation &fresh,
                   const Retirement &retirement) {
  const Type &type = fresh.facts.types[plan.fresh];
  const std::byte *from = state.object->memory();
  const auto facts = std::ranges::find(fresh.facts.instances, plan.tag, &InstanceFacts::tag);
  GRAFT_TRY_ASSIGN(state.object, KeptObject::create(plan.contract, type.size, type.align, words_of(facts->packed)));
  std::byte *to = state.object->memory();
  state.type = plan.fresh;
  const std::string what = "bundle '" + fresh.bundle + "': an instance of " + plan.contract;
  using Construct = void(void *);
  Result<void> ran;
  bool is_made = facts->construct.empty();
  const std::size_t pins = pin_count();
  auto caught = catch_error(what + " cannot be carried over: copying it", [&] {
    if (!is_made) reinterpret_cast<Construct *>(const_cast<void *>(fresh.image->address(facts->construct)))(to);
    is_made = true;
    ran = run_steps(plan.steps, to, from, *fresh.image);
  });
  const std::shared_ptr<KeptObject> made = state.object;
  if (is_made) fresh.displaced.push_back(std::move(state)); // from here on it is ended with the others
  if (const std::size_t left = end_pins_beyond(pins); left != 0) return fresh.left_pins("the migration", left);
  if (caught) return std::move(*caught);
  if (!ran) return error(ran.error().code, "bundle '" + fresh.bundle + "': " + ran.error().message);
  return refuse_pointers_back("an instance of " + plan.contract, *made, old, retirement);
}

} // namespace

std::vector<SlotRecord *> slots_of(const InstancePlan &plan, const std::vector<SlotRecord *> &slots) {
  std::vector<SlotRecord *> found;
  std::ranges::copy_if(slots, std::back_inserter(found), [&](const SlotRecord *slot) {
    return slot->contract->name + "@" + std::to_string(slot->contract->major) == plan.contract;
  });
  return found;
}

Result<void> carry_instances(const KeptPlan &plan, const Generation &old, Generation &fresh,
                             const std::vector<SlotRecord *> &slots, Instances &instances, const Retirement &retirement) {
  for (const InstancePlan &one : plan.instances) {
    if (one.is_in_place) continue;
    for (const SlotRecord *slot : slots_of(one, slots)) {
      std::vector<DisplacedState> states = instances.states(*slot);
      if (!states.empty() && one.is_refused()) return refusal_of(one, fresh, states.size());
      fresh.displaced.reserve(fresh.displaced.size() + states.size());
      for (DisplacedState &state : states) GRAFT_TRY(build(one, std::move(state), old, fresh, retirement));
    }
  }
  return {};
}

Result<void> refuse_pointers_back(const std::string &what, const KeptObject &object, const Generation &old,
                                  const Retirement &retirement) {
  std::optional<std::uint64_t> owner;
  const auto at = object.find_word([&](std::uintptr_t word) {
    owner = old.image->owns(word) ? std::optional(old.number) : retirement.owner_of(old.bundle, word);
    return owner.has_value();
  });
  if (!at) return {};
  return error(Code::kIncompatible, "bundle '" + old.bundle + "': " + what + " points at byte " + std::to_string(*at) +
                                        " into the memory of generation " + std::to_string(*owner) +
                                        ", which goes; write GRAFT_MIGRATE, or clear the pointer first");
}

} // namespace graft
