// Unload: one bundle, or one with all that depend on it, in one publication. It can be refused until the first `Unloading`
// is told, and not after.
#include "../runtime_impl.hpp"

#include <algorithm>

namespace graft {

/// The bundle behind all that need it, directly or not; a cycle is visited once. Dependents in the order of their names.
std::vector<Bundle *> Runtime::Impl::dependents_first(Bundle &bundle) {
  const MutexLock lock(bundles_mutex_);
  std::vector<Bundle *> order;
  std::vector<const Bundle *> visited;
  const std::function<void(Bundle &)> visit = [&](Bundle &one)
                                                  GRAFT_NO_THREAD_SAFETY_ANALYSIS { // the lock is held around it
                                                    visited.push_back(&one);
                                                    for (const std::string &name : needed_by_.of(one.name)) {
                                                      Bundle &other = bundles_.find(name)->second;
                                                      if (std::ranges::find(visited, &other) == visited.end()) visit(other);
                                                    }
                                                    order.push_back(&one);
                                                  };
  visit(bundle);
  return order;
}

Result<void> Runtime::Impl::unload(std::string_view name, Dependents dependents) {
  std::vector<std::unique_ptr<Generation>> old;
  {
    GRAFT_TRY(token.acquire());
    const HeldToken held(token);
    GRAFT_TRY_ASSIGN(Bundle *const bundle, named(name));
    std::vector<Bundle *> set = {bundle};
    if (dependents == Dependents::kUnload)
      set = dependents_first(*bundle);
    else
      GRAFT_TRY(refuse_needed(*bundle));

    // The point of no return.
    std::vector<Change> changes;
    for (const Bundle *one : set) {
      records.unloading(one->name);
      tell({Phase::kUnloading, one->name, bundle_id(one->name), one->live->number, one->live->source_key, nullptr});
      for (SlotRecord *slot : one->slots) changes.push_back(Change{slot, nullptr, nullptr, {}, 0});
    }
    ignore(publish(std::move(changes)), "slots that are vacated do not refuse");
    const MutexLock lock(bundles_mutex_);
    for (Bundle *one : set) {
      log.write(LogLevel::kInfo, "unloaded bundle '" + one->name + "'");
      roles_.remove(*one->live);
      old.push_back(std::move(one->live));
      inputs.forget(one->name);
      set_needs(*one, {});
      tier_ups.drop(one->name);
      records.gone(one->name);
      life.forget(one->name);
      hooks.forget(one->name);
      bundles_.erase(bundles_.find(one->name));
    }
  }
  // One by one: a dependent stops before what it depends on.
  for (auto &generation : old) retirement.retire(std::move(generation));
  return {};
}

Result<void> Runtime::Impl::refuse_needed(const Bundle &bundle) {
  const MutexLock lock(bundles_mutex_);
  std::string names;
  for (const std::string &name : needed_by_.of(bundle.name)) names += (names.empty() ? "'" : ", '") + name + "'";
  if (names.empty()) return {};
  return error(Code::kConflict, "bundle '" + bundle.name + "' is required by " + names + "; unload those first, or with it");
}

} // namespace graft
