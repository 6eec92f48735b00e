// The plan for instances: by contract, as kept variables go by name. Policies of the manifest are about variables.
#include "kept_plan.hpp"
#include "type_plan.hpp"

#include <algorithm>

namespace graft {
namespace {

struct Named {
  const ContractFacts *contract = nullptr;
  const InstanceFacts *instances = nullptr;
};

std::vector<Named> named_in(const Facts &facts) {
  std::vector<Named> all;
  for (const InstanceFacts &instances : facts.instances)
    for (const ContractFacts &contract : facts.contracts)
      if (contract.tag == instances.tag) all.push_back({&contract, &instances});
  return all;
}

InstancePlan plan_one(const Facts &old, const Named &before, const Facts &fresh, const Named &now) {
  InstancePlan plan;
  plan.tag = now.contract->tag;
  plan.contract = now.contract->name + "@" + std::to_string(now.contract->major);
  plan.old = before.instances->type;
  plan.fresh = now.instances->type;
  const std::string path = "instances of " + plan.contract;
  const std::string was = spelling(old.types, plan.old), is = spelling(fresh.types, plan.fresh);
  plan.is_in_place = is_same_type(old, plan.old, fresh, plan.fresh);
  if (plan.is_in_place) {
    plan.items.push_back({Fate::kKept, path, was, is, "in place" + hold_text(before.instances->reaches)});
    return plan;
  }
  plan.items.push_back({Fate::kConverted, path, was, is, "their addresses change" + hold_text(before.instances->reaches)});
  if (!now.instances->constructible) {
    plan.items.push_back(
        {Fate::kRefused, path, was, is, "the new type has no default constructor, so nothing is there to carry into"});
    return plan;
  }
  TypePlanner planner(old, fresh, /*initial=*/nullptr);
  planner.match({plan.fresh, plan.old, 0, 0, 0, 0, plan.contract}, plan.steps);
  std::ranges::move(planner.items, std::back_inserter(plan.items));
  return plan;
}

} // namespace

std::vector<InstancePlan> plan_instances(const Facts &old, const Facts &fresh) {
  std::vector<InstancePlan> plans;
  const std::vector<Named> before = named_in(old);
  for (const Named &now : named_in(fresh)) {
    const auto found = std::ranges::find_if(before, [&](const Named &one) {
      return one.contract->name == now.contract->name && one.contract->major == now.contract->major;
    });
    if (found != before.end()) plans.push_back(plan_one(old, *found, fresh, now));
  }
  return plans;
}

} // namespace graft
