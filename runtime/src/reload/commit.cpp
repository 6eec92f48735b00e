// Commit: the serialised part of load, reload and unload. The point of no return is Store::publish; before it everything is
// undone in reverse, after it nothing can fail.
#include "../runtime_impl.hpp"
#include "stopwatch.hpp"
#include "written_meanwhile.hpp"

#include <algorithm>

namespace graft {
namespace {

std::string versioned(const StagedProvider &provider) {
  return provider.contract + "@" + std::to_string(provider.major) + "." + std::to_string(provider.minor);
}

} // namespace

Result<Started> Runtime::Impl::start(Prepared &prepared, const Set &set, graft_reason reason, const Bundle *previous) {
  Started started;
  started.prepared = &prepared;
  const Manifest &manifest = prepared.text.manifest;
  GRAFT_TRY_ASSIGN(const std::vector<Met> met, meet_requirements(prepared, set));
  std::vector<graft_requirement> requirements;
  for (std::size_t i = 0; i < met.size(); ++i) {
    const Want &want = manifest.requires_[i];
    requirements.push_back({sizeof(graft_requirement), want.need == Need::kMay, {want.contract.data(), want.contract.size()},
                            {met[i].bundle.data(), met[i].bundle.size()}, met[i].handle});
    if (want.need == Need::kMust && !met[i].bundle.empty() && met[i].bundle != prepared.text.name) started.needs.push_back(met[i].bundle);
  }
  std::ranges::sort(started.needs);
  started.needs.erase(std::ranges::unique(started.needs).begin(), started.needs.end());

  const Version &version = manifest.version;
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
  context.requirements = requirements.data();
  context.requirement_count = requirements.size();
  if (!manifest.file.empty()) prepared.generation->declared = &manifest.requires_;
  const auto ran = prepared.generation->start(context);
  prepared.generation->declared = nullptr;
  if (!ran) return ran.error();
  if (auto staged = stage(started, set, previous); !staged) {
    for (const Change &change : started.changes) store.unclaim(*change.slot);
    return std::move(staged).error();
  }
  return started;
}

Result<void> Runtime::Impl::stage(Started &started, const Set &set, const Bundle *previous) {
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
  if (previous != nullptr) GRAFT_TRY(check_dependents(started, set, *previous));
  if (set.size() > 1)
    for (const Change &change : started.changes) GRAFT_TRY(store.stage(change));
  return {};
}

Result<BundleInfo> Runtime::Impl::load(const std::function<Result<BundleText>()> &read, const LoadOptions &options) {
  StepTimes times;
  GRAFT_TRY(token.refuse_owner());
  Stopwatch watch;
  GRAFT_TRY_ASSIGN(BundleText text, read());
  GRAFT_TRY(rebind(text, options.contracts));
  times.read_ns += watch.lap_ns();
  if (options.place == Place::kBeside) text.name = name_beside(text.manifest);
  GRAFT_TRY(refuse_taken(text));
  const std::string name = text.name;
  records.begin(name);
  const auto make = [&]() -> Result<BundleInfo> {
    GRAFT_TRY_ASSIGN(Prepared prepared, prepare(std::move(text), draw_ticket(), Force::kYes, times));
    return commit_new(std::move(prepared), times);
  };
  auto info = make();
  if (!info) records.failed(name, info.error());
  if (info && options.times != nullptr) *options.times = times;
  return info;
}

Result<BundleInfo> Runtime::Impl::commit_new(Prepared prepared, StepTimes &times) {
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  Stopwatch watch;
  GRAFT_TRY(refuse_taken(prepared.text));
  GRAFT_TRY(check_contracts({prepared.generation.get()}));
  GRAFT_TRY(admit_services(*prepared.generation, prepared.text.manifest));
  times.verify_ns += watch.lap_ns();
  GRAFT_TRY(adopt_kept(prepared));
  auto outcome = start(prepared, {}, GRAFT_REASON_LOAD, nullptr);
  if (!outcome) {
    retirement.retire(std::move(prepared.generation));
    return std::move(outcome).error();
  }
  Started &started = *outcome;
  times.initialise_ns += watch.lap_ns();
  records.loaded(prepared.text.name);
  if (auto published = publish(std::move(started.changes)); !published) {
    for (SlotRecord *slot : started.slots) store.unclaim(*slot);
    records.retracted(prepared.text.name);
    retirement.retire(std::move(prepared.generation));
    return std::move(published).error();
  }
  times.publish_ns += watch.lap_ns();
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
    bundle.maker = std::move(prepared.text.maker);
    bundle.second = std::move(prepared.second);
    bundle.tier = prepared.tier;
    bundle.live = std::move(prepared.generation);
    bundle.live->is_published.store(true, std::memory_order_relaxed);
    roles_.add(*bundle.live);
    bundle.slots = std::move(started.slots);
    set_needs(bundle, std::move(started.needs));
    settle_services(bundle);
    bundle.loaded = prepared.ticket;
    bundle.ticket = prepared.ticket;
    info = info_of(bundle);
    if (bundle.second != nullptr) tier_ups.ask({name, info.generation, bundle.second});
  }
  tell({Phase::kLoaded, info.name, info.id, info.generation, info.source, nullptr});
  return info;
}

Result<void> Runtime::Impl::fit(std::vector<Prepared> &set) {
  std::vector<const Generation *> fresh;
  for (Prepared &prepared : set) {
    GRAFT_TRY(adopt_kept(prepared));
    GRAFT_TRY(admit_services(*prepared.generation, prepared.text.manifest));
    fresh.push_back(prepared.generation.get());
  }
  return check_contracts(fresh);
}

Result<void> Runtime::Impl::admit(const Set &set) {
  for (const Prepared &prepared : set) {
    const std::string &name = prepared.text.name;
    const Bundle *bundle = find_bundle(name);
    if (bundle == nullptr) return error(Code::kNotFound, "bundle '" + name + "' was unloaded while its reload was prepared");
    if (prepared.ticket < bundle->ticket)
      return error(Code::kSuperseded, "a newer reload of bundle '" + name + "' already won");
    if (retirement.waiting(name) >= config.retired_limit)
      ignore(retirement.await({}), "whose last call has just ended is gone now; the rest is counted below");
    if (retirement.waiting(name) >= config.retired_limit)
      return error(Code::kBusy, "bundle '" + name + "' has " + std::to_string(retirement.waiting(name)) +
                                    " older generations that are still held; it is not reloaded until some end: " +
                                    in_words(retirement.holders(name, AskThreads::kNo)));
  }
  return {};
}

Result<void> Runtime::Impl::carry_out(Transaction &transaction, StepTimes &times) {
  Stopwatch watch;
  GRAFT_TRY(suspend(transaction));
  times.migrate_ns = watch.lap_ns();
  for (Prepared &prepared : transaction.set) {
    const std::string &name = prepared.text.name;
    tell({Phase::kPreparing, name, bundle_id(name), prepared.generation->number, prepared.generation->source_key, nullptr});
    ++transaction.begun;
    GRAFT_TRY_ASSIGN(Started started, start(prepared, transaction.set, transaction.reason, find_bundle(name)));
    transaction.started.push_back(std::move(started));
  }
  times.initialise_ns = watch.lap_ns();
  GRAFT_TRY(migrate(transaction));
  GRAFT_TRY(probe(transaction.started));
  times.migrate_ns += watch.lap_ns();
  std::vector<Change> changes;
  for (Started &started : transaction.started) std::ranges::move(started.changes, std::back_inserter(changes));
  GRAFT_TRY(publish(std::move(changes))); // the point of no return
  times.publish_ns = watch.lap_ns();
  return {};
}

void Runtime::Impl::undo(Transaction &transaction, const Error &why) {
  resume(transaction);
  if (transaction.closed) store.reopen(*transaction.closed);
  store.unstage();
  for (auto started = transaction.started.rbegin(); started != transaction.started.rend(); ++started)
    for (SlotRecord *slot : started->slots) store.unclaim(*slot); // those that are live are not claimed
  std::vector<Event> failed;
  for (std::size_t i = transaction.set.size(); i-- > 0;) {
    Prepared &prepared = transaction.set[i];
    const Generation &refused = *prepared.generation;
    if (i < transaction.begun || transaction.begun == 0)
      failed.push_back({Phase::kFailed, prepared.text.name, bundle_id(prepared.text.name), refused.number, refused.source_key, &why});
    retirement.retire(std::move(prepared.generation));
  }
  for (const Event &event : failed) tell(event);
}

std::vector<BundleInfo> Runtime::Impl::settle(Transaction &transaction, std::vector<std::unique_ptr<Generation>> &old) {
  std::vector<BundleInfo> infos;
  const MutexLock lock(bundles_mutex_);
  for (Started &started : transaction.started) {
    Prepared &prepared = *started.prepared;
    Bundle &bundle = bundles_.find(prepared.text.name)->second;
    bundle.artifact.facts = bundle.live->facts; // held once while it lives
    if (bundle.maker == nullptr || bundle.maker->traits().repeats)
      bundle.history.push_front({std::move(bundle.manifest), std::move(bundle.path), std::move(bundle.contracts),
                                 std::move(bundle.artifact), bundle.maker, save_given_up(*bundle.live, prepared.plan),
                                 bundle.second, bundle.tier});
    if (bundle.history.size() > config.history) bundle.history.pop_back();
    bundle.path = prepared.text.path;
    bundle.contracts = prepared.text.contracts;
    bundle.manifest = std::move(prepared.text.manifest);
    bundle.artifact = std::move(prepared.artifact);
    bundle.artifact.facts = {};
    bundle.maker = std::move(prepared.text.maker);
    bundle.second = std::move(prepared.second);
    bundle.tier = prepared.tier;
    prepared.generation->is_published.store(true, std::memory_order_relaxed);
    roles_.remove(*bundle.live);
    roles_.add(*prepared.generation);
    bundle.plan = in_words(prepared.plan);
    old.push_back(std::exchange(bundle.live, std::move(prepared.generation)));
    bundle.slots = std::move(started.slots);
    set_needs(bundle, std::move(started.needs));
    settle_services(bundle);
    bundle.ticket = prepared.ticket;
    hooks.forgive(bundle.name);
    records.loaded(bundle.name);
    infos.push_back(info_of(bundle));
    if (bundle.second != nullptr)
      tier_ups.ask({bundle.name, bundle.live->number, bundle.second});
    else
      tier_ups.drop(bundle.name);
  }
  return infos;
}

/// What a plugin's code calls while it is reloaded may be `pthread_exit`, which unwinds through the commit.
struct Runtime::Impl::UndoIfTheThreadEnds {
  Impl &runtime;
  Transaction &transaction;
  bool is_left = true;
  ~UndoIfTheThreadEnds() {
    if (is_left) runtime.undo(transaction, error(Code::kRefused, "the thread that reloads ended inside of a plugin"));
  }
};

Result<std::vector<BundleInfo>> Runtime::Impl::commit(std::vector<Prepared> set, graft_reason reason, StepTimes &times) {
  std::vector<std::string> asked;
  for (const Prepared &prepared : set) asked.push_back(prepared.text.name);
  std::vector<std::unique_ptr<Generation>> old;
  std::vector<BundleInfo> infos;
  {
    GRAFT_TRY(token.acquire());
    const HeldToken held(token);
    Transaction transaction;
    transaction.set = std::move(set);
    transaction.reason = reason;
    for (Prepared &prepared : transaction.set) {
      const Bundle *bundle = find_bundle(prepared.text.name);
      if (prepared.generation != nullptr || bundle == nullptr) continue;
      GRAFT_TRY_ASSIGN(prepared, prepare_again(*bundle));
    }
    GRAFT_TRY(admit(transaction.set));
    auto outcome = close_over_dependents(transaction.set);
    for (const Prepared &prepared : transaction.set) transaction.old.push_back(find_bundle(prepared.text.name)->live.get());
    Stopwatch watch;
    if (outcome) outcome = fit(transaction.set);
    times.verify_ns += watch.lap_ns();
    KeptSums sums;
    if (outcome)
      for (const Prepared &prepared : transaction.set) sums.add(*prepared.generation);
    UndoIfTheThreadEnds guard{*this, transaction};
    if (outcome) outcome = carry_out(transaction, times);
    guard.is_left = false;
    if (!outcome) {
      Error why = std::move(outcome).error();
      sums.tell(why);
      undo(transaction, why);
      return why;
    }
    store.unstage();
    infos = settle(transaction, old);
    for (auto info = infos.rbegin(); info != infos.rend(); ++info) {
      log.write(LogLevel::kInfo, "reloaded bundle '" + info->name + "' as generation " + std::to_string(info->generation));
      tell({Phase::kReloaded, info->name, info->id, info->generation, info->source, nullptr});
    }
  }
  retirement.retire(std::move(old));
  std::ranges::sort(infos, {}, [&](const BundleInfo &info) { return std::pair(std::ranges::find(asked, info.name), info.generation); });
  return infos;
}

} // namespace graft
