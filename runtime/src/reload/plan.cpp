// Plans that nobody carries out, and the way back.
#include "instance_migration.hpp"

#include "../runtime_impl.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace graft {

Result<ReloadPlan> Runtime::Impl::plan(BundleText text) {
  const std::string name = text.name;
  if (find_bundle(name) == nullptr)
    return error(Code::kNotFound, "bundle '" + name + "' is not loaded; load it before its reload is planned");
  GRAFT_TRY_ASSIGN(Artifact artifact, maker_of(text).read(text, {}));
  Prepared prepared{std::move(text), std::move(artifact), nullptr};
  const auto linked = link(prepared); // initial values are known once they are linked
  if (!linked && prepared.plan.kind != PlanKind::kRefused) return linked.error();

  const auto initial = [&](const KeptFacts &variable) -> const std::byte * {
    if (!linked || !variable.life.empty()) return nullptr; // its constructor decides
    if (!variable.initial.empty())
      return static_cast<const std::byte *>(prepared.generation->image->address(variable.initial));
    for (const KeptBinding &binding : prepared.generation->kept)
      if (binding.object != nullptr && binding.object->name() == variable.qualified)
        return binding.object->memory(); // zeros still
    return nullptr;
  };
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(name);
  if (found == bundles_.end())
    return error(Code::kNotFound, "bundle '" + name + "' was unloaded while its reload was planned");
  KeptPlan plan = plan_kept(found->second.live->facts, prepared.artifact.facts, prepared.text.manifest, initial);
  show_instances(plan, [&](const InstancePlan &one) GRAFT_NO_THREAD_SAFETY_ANALYSIS { // the lock is held around it
    return store.instances.count(slots_of(one, found->second.slots));
  });
  return ReloadPlan{name, plan.kind, found->second.live->number, std::move(plan.items), {}};
}

Result<void> Runtime::Impl::refuse_without_past(const Bundle &bundle) const {
  if (!bundle.history.empty()) return {};
  const std::string named = "bundle '" + bundle.name + "' ";
  if (config.history == 0)
    return error(Code::kNotFound, named + "cannot be rolled back: this host remembers no versions; set Config::history to 1 or more");
  if (bundle.ticket == bundle.loaded)
    return error(Code::kNotFound, named + "was not reloaded yet, so there is nothing to go back to");
  return error(Code::kNotFound, named + "cannot be rolled back: the functions that it ran before are the host's or a loader's, and those "
                                        "are not kept; reload it with them");
}

Result<BundleInfo> Runtime::Impl::rollback(std::string_view name, std::size_t steps, ReloadOptions options) {
  GRAFT_TRY(token.refuse_owner());
  GRAFT_TRY(refuse_reload(name));
  StepTimes times;
  const std::uint64_t ticket = draw_ticket();
  Prepared prepared;
  {
    const MutexLock lock(bundles_mutex_);
    const auto found = bundles_.find(name);
    if (found == bundles_.end()) return error(Code::kNotFound, "no bundle '" + std::string(name) + "' is loaded");
    GRAFT_TRY(refuse_without_past(found->second));
    const std::list<PastVersion> &history = found->second.history;
    if (steps == 0 || steps > history.size())
      return error(Code::kNotFound, "bundle '" + std::string(name) + "' can go back by 1 to " +
                                        std::to_string(history.size()) + " versions, not by " + std::to_string(steps));
    prepared = prepare_past(found->first, *std::next(history.begin(), static_cast<std::ptrdiff_t>(steps - 1)), ticket);
    for (const PastVersion &past : history | std::views::take(steps))
      std::ranges::copy(past.saved, std::back_inserter(prepared.saved)); // newest first
  }
  auto linked = ask_policy(PolicyRequest::Action::kRollback, prepared.text, prepared.artifact.source_key);
  if (linked) linked = link(prepared);
  if (!linked) {
    tell({Phase::kFailed, name, bundle_id(name), 0, {}, &linked.error()});
    return std::move(linked).error();
  }
  std::vector<Prepared> set;
  set.push_back(std::move(prepared));
  GRAFT_TRY_ASSIGN(std::vector<BundleInfo> infos, commit(std::move(set), GRAFT_REASON_ROLLBACK, times));
  if (options.times != nullptr) *options.times = times;
  reload_followers(names_of(infos));
  return std::move(infos.front());
}

} // namespace graft
