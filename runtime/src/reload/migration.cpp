// Carrying state over, between the new initialisers and the probe: close the gate, drain, build the new objects.
//
//   M1  Nobody runs in an old generation of the set while state is carried over: the gate is closed, the scan found no pin, and
//       no thread of the generation's own runs.
//   M2  Old objects are read only. What fails before the publication leaves them as the last call left them.
#include "given_up.hpp"
#include "instance_migration.hpp"

#include "../call/caught.hpp"
#include "../runtime_impl.hpp"
#include "../store/threads.hpp"

#include <algorithm>

namespace graft {
namespace {

Result<void> carry_over(const Prepared &prepared, const Generation &old, const Retirement &retirement) {
  const Generation &fresh = *prepared.generation;
  for (std::size_t i = 0; i < prepared.plan.objects.size(); ++i) {
    const ObjectPlan &object = prepared.plan.objects[i];
    if (object.way != ObjectPlan::Way::kMigrate) continue;
    const std::byte *from = old.kept[*object.old].object->memory();
    std::byte *to = fresh.kept[i].object->memory();
    Result<void> ran;
    const std::size_t pins = pin_count();
    const std::string what = "bundle '" + fresh.bundle + "': kept '" + fresh.facts.kept[i].qualified + "'";
    auto caught = catch_error(what + " cannot be carried over: copying it",
                              [&] { ran = run_steps(object.steps, to, from, *fresh.image); });
    if (const std::size_t left = end_pins_beyond(pins); left != 0) return fresh.left_pins("the migration", left);
    if (caught) return std::move(*caught);
    if (!ran) return error(ran.error().code, "bundle '" + fresh.bundle + "': " + ran.error().message);
    GRAFT_TRY(refuse_pointers_back("kept '" + fresh.facts.kept[i].qualified + "'", *fresh.kept[i].object, old, retirement));
  }
  return {};
}

} // namespace

Result<void> Runtime::Impl::migrate(Transaction &transaction) {
  const auto migrates = [](const Started &started) {
    const KeptPlan &plan = started.prepared->plan;
    return plan.kind == PlanKind::kMigrated || !std::ranges::all_of(plan.instances, &InstancePlan::is_in_place);
  };
  if (std::ranges::any_of(transaction.started, migrates)) {
    GRAFT_TRY(close_gate(transaction));
    GRAFT_TRY(drain(transaction.old, Inside::kCallsAndThreads)); // M1
    for (std::size_t i = 0; i < transaction.started.size(); ++i) {
      const Prepared &prepared = *transaction.started[i].prepared;
      GRAFT_TRY(carry_over(prepared, *transaction.old[i], retirement));
      GRAFT_TRY(carry_instances(prepared.plan, *transaction.old[i], *prepared.generation, find_bundle(prepared.text.name)->slots,
                                store.instances, retirement));
    }
  }
  for (std::size_t i = 0; i < transaction.started.size(); ++i) {
    const Prepared &prepared = *transaction.started[i].prepared;
    GRAFT_TRY(refuse_pointers_to_given_up(prepared.plan, *transaction.old[i], *prepared.generation,
                                          find_bundle(prepared.text.name)->slots, store.instances));
  }
  for (const Started &started : transaction.started) {
    const Bundle &bundle = *find_bundle(started.prepared->text.name);
    show_instances(started.prepared->plan,
                   [&](const InstancePlan &plan) { return store.instances.count(slots_of(plan, bundle.slots)); });
  }
  return {};
}

} // namespace graft
