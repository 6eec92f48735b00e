// What a host does with hooks and bundles between loads: asks for a hook, pauses, resumes, configures, looks.
#include "../observe/log.hpp"
#include "../runtime_impl.hpp"

#include <graft/base/hook_rule.hpp>

#include <algorithm>

namespace graft {

namespace {

/// Lines for the log, which is told when no lock is held any more: declared before the locks.
struct Warnings {
  Log &log;
  std::vector<std::string> lines{};

  explicit Warnings(Log &log) : log(log) {}
  Warnings(const Warnings &) = delete;
  ~Warnings() {
    for (const std::string &line : lines) log.write(LogLevel::kWarn, line);
  }
  void add(std::string line) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
};

} // namespace

Result<void> Runtime::Impl::publish(std::vector<Change> changes) {
  Warnings warnings(log);
  for (const Change &change : changes)
    if (change.generation != nullptr)
      warnings.add(hooks.passed_over(*change.generation, change.slot->contract->name, change.slot->contract->major));
  StagedChains staged = hooks.stage(changes);
  GRAFT_TRY(store.publish(std::move(changes), staged.changes()));
  hooks.adopt(std::move(staged));
  return {};
}

Result<const detail::HookPoint *> Runtime::Impl::hook_point(const graft_contract_info &info, const graft_hook_info &rule,
                                                            std::size_t payload_bytes, std::size_t decision_bytes) {
  const auto known = [&]() -> Result<const HookPointRecord *> {
    const HookPointRecord *point = hooks.find(info.name, info.major);
    if (point == nullptr || is_same_rule(point->shape.rule, rule)) return point;
    return error(Code::kIncompatible, "hook '" + std::string(info.name) + "' is " + to_text(point->shape.rule) + " and " +
                                          to_text(rule) + " in two headers of this host; build both from one");
  };
  GRAFT_TRY_ASSIGN(const HookPointRecord *const early, known());
  if (early != nullptr) return early;
  if (config.views == Views::kRequired && !store.views.has(info.name, info.major))
    return error(Code::kRefused,
                 "the host has no view of hook '" + std::string(info.name) +
                     "', which its configuration requires: name the header in graft_contracts(), or give it to "
                     "read_contracts");
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  GRAFT_TRY_ASSIGN(const HookPointRecord *const there, known());
  if (there != nullptr) return there;

  std::vector<Change> members; // that are live; nothing of them changes
  std::vector<std::pair<const Generation *, std::uint16_t>> others; // of another major version
  Warnings warnings(log);
  const MutexLock lock(bundles_mutex_);
  for (const auto &[name, bundle] : bundles_)
    for (SlotRecord *slot : bundle.slots) {
      if (slot->contract->name != info.name) continue;
      if (slot->contract->major != info.major) {
        others.push_back({bundle.live.get(), slot->contract->major});
        continue;
      }
      GRAFT_TRY(store.fits_host(*bundle.live, info.name, info.major));
      const ContractFacts *contract = find_contract(bundle.live->facts, info.name, info.major);
      if (const auto other = contract != nullptr ? hook_rule_of(*contract) : std::nullopt;
          other && !is_same_rule(*other, rule))
        return error(Code::kIncompatible,
                     "hook '" + std::string(info.name) + "' is " + to_text(rule) + " to the host and " + to_text(*other) +
                         " to bundle '" + name + "'; build both from one header, or raise the major version",
                     contract->where);
      members.push_back(Change{slot, bundle.live.get(), nullptr, {}, 0});
    }
  const HookPointRecord &point = hooks.add(info, rule, payload_bytes, decision_bytes);
  for (const auto &[generation, major] : others) warnings.add(hooks.passed_over(*generation, info.name, major));
  warnings.add(hooks.unmet_limit(info.name));
  StagedChains staged = hooks.stage(members);
  ignore(store.publish({}, staged.changes()), "no slot of a bundle changes");
  hooks.adopt(std::move(staged));
  return &point;
}

Result<void> Runtime::Impl::pause(std::string_view name) {
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  GRAFT_TRY_ASSIGN(const Bundle *const bundle, named(name));
  records.set_paused(*records.of(bundle->name), Paused::kYes);
  hooks.renew();
  return {};
}

Result<void> Runtime::Impl::resume(std::string_view name) {
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  GRAFT_TRY_ASSIGN(const Bundle *const bundle, named(name));
  const auto record = records.of(bundle->name);
  if (record->state.load(std::memory_order_relaxed) == BundleState::kDisabled)
    return error(Code::kConflict,
                 "bundle '" + bundle->name + "' is disabled by this host's settings; enable it with configure");
  hooks.forgive(bundle->name);
  records.acquit(*record);
  records.set_paused(*record, Paused::kNo);
  hooks.renew();
  return {};
}

Result<void> Runtime::Impl::configure(std::string_view name, const BundleSettings &settings) {
  if (settings.call_limit) GRAFT_TRY(check_call_limit(*settings.call_limit));
  GRAFT_TRY(token.acquire());
  const HeldToken held(token);
  if (settings.on_failure == HookFailure::kFailClosed) GRAFT_TRY(hooks.check_fail_closed(std::string(name)));
  records.set_enabled(std::string(name), settings.enabled);
  hooks.configure(std::string(name), settings);
  hooks.renew();
  return {};
}

std::vector<BundleStatus> Runtime::Impl::statuses() const {
  std::vector<BundleStatus> statuses;
  for (const auto &record : records.all()) {
    const MutexLock lock(record->mutex);
    statuses.push_back({record->name, record->state.load(std::memory_order_relaxed), record->error});
  }
  for (HookPart &part : hooks.parts()) {
    const auto status = std::ranges::find(statuses, part.bundle, &BundleStatus::name);
    if (status != statuses.end()) status->hooks.push_back(std::move(part));
  }
  return statuses;
}

Result<std::vector<BundleVersion>> Runtime::Impl::versions(std::string_view name) {
  GRAFT_TRY_ASSIGN(const Bundle *const bundle, named(name));
  const std::string own = bundle->name;
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(own);
  if (found == bundles_.end()) return error(Code::kNotFound, "bundle '" + own + "' was unloaded meanwhile");
  std::vector<BundleVersion> versions = {{found->second.manifest.version.text, 0, found->second.path}};
  for (const PastVersion &past : found->second.history)
    versions.push_back({past.manifest.version.text, versions.size(), past.path});
  return versions;
}

} // namespace graft
