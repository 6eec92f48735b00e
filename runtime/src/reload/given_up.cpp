// See given_up.hpp.
#include "given_up.hpp"

#include "instance_migration.hpp"

#include <algorithm>

namespace graft {
namespace {

/// Shared as in InstanceRecord.
using Objects = std::vector<std::shared_ptr<KeptObject>>;

/// One object, and what a message calls it.
struct Named {
  std::string name;
  const KeptObject *object = nullptr;
  const char *fate = "";
};

/// One past the end counts: it is compared with and belongs to nobody else (KeptObject::create).
bool covers(const KeptObject &object, std::uintptr_t address) {
  const auto begin = reinterpret_cast<std::uintptr_t>(object.memory());
  return address >= begin && address - begin <= object.size();
}

const char *fate_of(const KeptPlan &plan, std::size_t old) {
  const auto found = std::ranges::find(plan.objects, std::optional(old), &ObjectPlan::old);
  if (found == plan.objects.end()) return "drops";
  return found->way == ObjectPlan::Way::kFresh ? "resets" : "moves";
}

/// By their addresses, as there may be many instances.
std::vector<Named> given_up_by(const KeptPlan &plan, const Generation &old, const Generation &fresh,
                               const Objects &moved) {
  std::vector<Named> all;
  for (std::size_t i = 0; i < old.kept.size(); ++i)
    if (std::ranges::find(fresh.kept, old.kept[i].object, &KeptBinding::object) == fresh.kept.end())
      all.push_back({"kept '" + old.facts.kept[i].qualified + "'", old.kept[i].object.get(), fate_of(plan, i)});
  for (const auto &object : moved) all.push_back({"an instance of " + object->name(), object.get(), "moves"});
  std::ranges::sort(all, {}, [](const Named &one) { return one.object->memory(); });
  return all;
}

const Named *find_covering(const std::vector<Named> &sorted, std::uintptr_t address) {
  const auto begin_of = [](const Named &one) { return reinterpret_cast<std::uintptr_t>(one.object->memory()); };
  const auto behind = std::ranges::upper_bound(sorted, address, {}, begin_of);
  if (behind == sorted.begin()) return nullptr;
  const Named &before = *std::prev(behind);
  return covers(*before.object, address) ? &before : nullptr;
}

} // namespace

Result<void> refuse_pointers_to_given_up(const KeptPlan &plan, const Generation &old, const Generation &fresh,
                                         const std::vector<SlotRecord *> &slots, const Instances &instances) {
  Objects moved, stay;
  for (const InstancePlan &one : plan.instances)
    for (const SlotRecord *slot : slots_of(one, slots))
      std::ranges::move(instances.objects(*slot), std::back_inserter(one.is_in_place ? stay : moved));
  const std::vector<Named> given_up = given_up_by(plan, old, fresh, moved);
  if (given_up.empty()) return {};

  std::vector<Named> kept_on;
  for (std::size_t i = 0; i < fresh.kept.size(); ++i)
    kept_on.push_back({"kept '" + fresh.facts.kept[i].qualified + "'", fresh.kept[i].object.get()});
  for (const DisplacedState &state : fresh.displaced) stay.push_back(state.object);
  for (const auto &object : stay) kept_on.push_back({"an instance of " + object->name(), object.get()});

  for (const Named &holder : kept_on) {
    const Named *target = nullptr;
    const auto at = holder.object->find_word([&](std::uintptr_t word) {
      target = find_covering(given_up, word);
      return target != nullptr;
    });
    if (at)
      return error(Code::kIncompatible,
                   "bundle '" + old.bundle + "': " + holder.name + " points at byte " + std::to_string(*at) +
                       " into the old memory of " + target->name + ", which this reload " + target->fate +
                       "; clear the pointer first, set it in graft_init, or leave what it points at as it is");
  }
  return {};
}

bool points_to_kept(const KeptObject &object, const Generation &generation) {
  return object
      .find_word([&](std::uintptr_t word) {
        const auto is_there = [&](const auto &one) { return covers(*one.object, word); };
        return std::ranges::any_of(generation.kept, is_there) || std::ranges::any_of(generation.displaced, is_there);
      })
      .has_value();
}

} // namespace graft
