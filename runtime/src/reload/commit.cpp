// Commit: the serialised part of load, reload and unload. The point of no return is Store::publish; before it everything is undone in
// reverse, after it nothing can fail.
#include "../runtime_impl.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace graft {
namespace {

std::string versioned(const StagedProvider &provider) {
  return provider.contract + "@" + std::to_string(provider.major) + "." + std::to_string(provider.minor);
}

} // namespace

Result<Started> Runtime::Impl::start(Prepared &prepared, graft_reason reason, const Bundle *previous) {
  Started started;
  started.prepared = &prepared;
  GRAFT_TRY_ASSIGN(started.needs, meet_requirements(prepared));

  const Version &version = prepared.text.manifest.version;
  graft_init_context context{};
  context.struct_size = sizeof context;
  context.reason = reason;
  context.bundle = {prepared.generation->bundle.data(), prepared.generation->bundle.size()};
  context.version = {version.major, version.minor, version.patch};
  if (previous != nullptr) {
    const Version &before = previous->manifest.version;
    context.previous = {before.major, before.minor, before.patch};
  }
  context.generation = prepared.generation->number;
  GRAFT_TRY(prepared.generation->start(context));
  if (auto staged = stage(started, previous); !staged) {
    for (const Change &change : started.changes) store.unclaim(*change.slot);
    return std::move(staged).error();
  }
  return started;
}

Result<void> Runtime::Impl::stage(Started &started, const Bundle *previous) {
  Generation &generation = *started.prepared->generation;
  std::vector<SlotRecord *> dropped = previous != nullptr ? previous->slots : std::vector<SlotRecord *>();
  for (const StagedProvider &provider : generation.providers) {
    const auto kept = std::find_if(dropped.begin(), dropped.end(), [&](const SlotRecord *slot) {
      return slot->contract->name == provider.contract && slot->contract->major == provider.major;
    });
    Change change;
    change.generation = &generation;
    change.minor = provider.minor;
    change.functions = provider.functions;
    change.shape =
        std::make_shared<const TableShape>(make_shape(provider.facts, versioned(provider), generation.bundle)); // slot and tables
    if (kept != dropped.end()) {
      change.slot = *kept;
      dropped.erase(kept);
    } else {
      GRAFT_TRY_ASSIGN(change.slot, store.claim(provider.contract, provider.major));
    }
    started.slots.push_back(change.slot);
    started.changes.push_back(std::move(change));
  }
  for (SlotRecord *slot : dropped) started.changes.push_back(Change{slot, nullptr, nullptr, {}, 0});
  if (previous != nullptr) return check_dependents(started, *previous);
  return {};
}

void Runtime::Impl::undo(std::vector<Started> &set) {
  for (auto started = set.rbegin(); started != set.rend(); ++started) {
    for (const Change &change : started->changes)
      if (change.generation != nullptr) store.unclaim(*change.slot);
    started->prepared->generation->stop();
  }
  set.clear();
}

Result<BundleInfo> Runtime::Impl::load(BundleText text, StepTimes *times_out) {
  StepTimes times;
  GRAFT_TRY(token.refuse_owner());
  GRAFT_TRY(refuse_taken(text));
  GRAFT_TRY_ASSIGN(Prepared prepared, prepare(std::move(text), draw_ticket(), Force::kYes, times));
  GRAFT_TRY_ASSIGN(BundleInfo info, commit_new(std::move(prepared), times));
  if (times_out != nullptr) {
    times.read_ns = times_out->read_ns;
    *times_out = times;
  }
  return info;
}

Result<BundleInfo> Runtime::Impl::commit_new(Prepared prepared, StepTimes &times) {
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  GRAFT_TRY(refuse_taken(prepared.text));
  GRAFT_TRY(check_contracts({prepared.generation.get()}));
  Stopwatch watch;
  GRAFT_TRY(adopt_kept(prepared));
  GRAFT_TRY_ASSIGN(Started started, start(prepared, GRAFT_REASON_LOAD, nullptr));
  times.initialise_ns = watch.lap_ns();
  ignore(store.publish(std::move(started.changes)), "slots that are new do not refuse");
  times.publish_ns = watch.lap_ns();
  const std::string name = prepared.text.name;
  log.write(LogLevel::kInfo, "loaded bundle '" + name + "' as generation " + std::to_string(prepared.generation->number));

  BundleInfo info;
  {
    const MutexLock lock(bundles_mutex_);
    Bundle &bundle = bundles_[name];
    bundle.name = name;
    bundle.path = prepared.text.path;
    bundle.contracts = prepared.text.contracts;
    bundle.manifest = std::move(prepared.text.manifest);
    bundle.artifact = std::move(prepared.artifact);
    bundle.artifact.facts = {}; // held once, by the generation
    bundle.live = std::move(prepared.generation);
    roles_.add(*bundle.live);
    bundle.slots = std::move(started.slots);
    bundle.needs = std::move(started.needs);
    bundle.loaded = prepared.ticket;
    bundle.ticket = prepared.ticket;
    info = info_of(bundle);
  }
  tell({Phase::kLoaded, info.name, info.id, info.generation, info.source, nullptr});
  return info;
}

Result<void> Runtime::Impl::fit(std::vector<Prepared> &set) {
  std::vector<const Generation *> fresh;
  for (Prepared &prepared : set) {
    GRAFT_TRY(adopt_kept(prepared));
    fresh.push_back(prepared.generation.get());
  }
  return check_contracts(fresh);
}

Result<std::vector<BundleInfo>> Runtime::Impl::commit(std::vector<Prepared> set, graft_reason reason, StepTimes &times) {
  std::vector<std::unique_ptr<Generation>> old;
  std::vector<BundleInfo> infos;
  {
    GRAFT_TRY(token.acquire());
    const HeldToken held(token);
    for (Prepared &prepared : set) {
      const std::string &name = prepared.text.name;
      const Bundle *bundle = find_bundle(name);
      if (bundle == nullptr) return error(Code::kNotFound, "bundle '" + name + "' was unloaded while its reload was prepared");
      if (prepared.ticket < bundle->ticket)
        return error(Code::kSuperseded, "a newer reload of bundle '" + name + "' already won");
      if (retirement.waiting(name) >= config.retired_limit)
        return error(Code::kBusy, "bundle '" + name + "' has " + std::to_string(retirement.waiting(name)) +
                                      " older generations that calls or kept state still hold; it is not reloaded until some end");
    }
    if (auto fits = fit(set); !fits) {
      for (const Prepared &prepared : set) {
        const Generation &refused = *prepared.generation;
        tell({Phase::kFailed, refused.bundle, bundle_id(refused.bundle), refused.number, refused.source_key, &fits.error()});
      }
      return std::move(fits).error();
    }

    Stopwatch watch;
    std::vector<Started> started_set;
    std::size_t begun = 0;
    Result<void> outcome;
    for (Prepared &prepared : set) {
      const std::string &name = prepared.text.name;
      tell({Phase::kPreparing, name, bundle_id(name), prepared.generation->number, prepared.generation->source_key, nullptr});
      ++begun;
      auto started = start(prepared, reason, find_bundle(name));
      if (!started) {
        outcome = std::move(started).error();
        break;
      }
      started_set.push_back(*std::move(started));
    }
    times.initialise_ns = watch.lap_ns();
    std::vector<SlotRecord *> closed;
    if (outcome) outcome = migrate(started_set, closed);
    if (outcome) outcome = probe(started_set, closed);
    times.migrate_ns = watch.lap_ns();
    if (outcome) {
      std::vector<Change> changes;
      for (Started &started : started_set)
        std::move(started.changes.begin(), started.changes.end(), std::back_inserter(changes));
      outcome = store.publish(std::move(changes)); // the point of no return
    }
    if (!outcome) {
      if (!closed.empty()) store.reopen(closed);
      undo(started_set);
      while (begun > 0) {
        const std::string &name = set[--begun].text.name;
        const Generation &refused = *set[begun].generation;
        tell({Phase::kFailed, name, bundle_id(name), refused.number, refused.source_key, &outcome.error()});
      }
      return std::move(outcome).error();
    }
    times.publish_ns = watch.lap_ns();

    {
      const MutexLock lock(bundles_mutex_);
      for (Started &started : started_set) {
        Prepared &prepared = *started.prepared;
        Bundle &bundle = bundles_.find(prepared.text.name)->second;
        bundle.artifact.facts = bundle.live->facts; // held once while it lives
        bundle.history.push_front({std::move(bundle.manifest), std::move(bundle.path), std::move(bundle.artifact),
                                   save_dropped(*bundle.live, prepared.plan)});
        if (bundle.history.size() > config.history) bundle.history.pop_back();
        bundle.path = prepared.text.path;
        bundle.contracts = prepared.text.contracts;
        bundle.manifest = std::move(prepared.text.manifest);
        bundle.artifact = std::move(prepared.artifact);
        bundle.artifact.facts = {};
        roles_.remove(*bundle.live);
        roles_.add(*prepared.generation);
        bundle.plan = in_words(prepared.plan);
        old.push_back(std::exchange(bundle.live, std::move(prepared.generation)));
        bundle.slots = std::move(started.slots);
        bundle.needs = std::move(started.needs);
        bundle.ticket = prepared.ticket;
        infos.push_back(info_of(bundle));
      }
    }
    for (auto info = infos.rbegin(); info != infos.rend(); ++info) {
      log.write(LogLevel::kInfo, "reloaded bundle '" + info->name + "' as generation " + std::to_string(info->generation));
      tell({Phase::kReloaded, info->name, info->id, info->generation, info->source, nullptr});
    }
  }
  retirement.retire(std::move(old));
  return infos;
}

} // namespace graft
