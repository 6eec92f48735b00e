// The registry of hooks: from a publication's changes to new chains, and from old chains to free memory.
#include "points.hpp"

#include "../observe/log.hpp"
#include "../reload/generation.hpp"
#include "../store/threads.hpp"
#include "fused.hpp"
#include "names.hpp"

#include <graft/base/hook_rule.hpp>
#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

/// Higher priority first, then by name: the same whatever was loaded first.
bool runs_before(const HookMember &a, const HookMember &b) {
  if (a.seat.priority != b.seat.priority) return a.seat.priority > b.seat.priority;
  return a.seat.bundle() < b.seat.bundle();
}

/// What a manifest says of its bundle's part in a hook.
BundleSettings said_of(const std::string &hook, const Generation &generation) {
  BundleSettings said;
  said.priority = generation.priority;
  if (generation.call_limit.count() != 0) said.call_limit = generation.call_limit;
  const auto use = std::ranges::find(generation.hooks, hook, &HookUse::name);
  if (use == generation.hooks.end()) return said;
  if (use->priority) said.priority = use->priority;
  if (use->error_budget != 0) said.error_budget = use->error_budget;
  if (use->call_ms != 0) said.call_limit = std::chrono::milliseconds(use->call_ms);
  said.on_failure = use->on_failure;
  return said;
}

/// Machine code's and a host's own.
bool is_unseen(const HookPointRecord &point, const Generation &generation) {
  return std::ranges::any_of(generation.facts.providers, [&](const ProviderFacts &provider) {
    return !provider.checked && provider.contract == point.shape.name && provider.major == point.shape.major;
  });
}

HookPart part_of(const HookPointRecord &point, const Seat &seat) {
  HookPart part;
  part.hook = point.shape.name;
  part.bundle = seat.bundle();
  part.priority = seat.priority;
  part.on_failure = seat.on_failure;
  part.error_budget = seat.error_budget;
  part.call_limit = std::chrono::duration_cast<std::chrono::milliseconds>(seat.call_limit);
  part.latency = seat.record->calls();
  part.chain = point.way;
  for (std::size_t kind = 0; kind < kCallFailures; ++kind)
    part.failures[kind] = seat.record->failures[kind].load(std::memory_order_relaxed);
  return part;
}

} // namespace

std::vector<SlotChange> StagedChains::changes() const {
  std::vector<SlotChange> changes;
  for (const One &one : chains)
    changes.push_back({&one.point->chain, one.chain != nullptr ? one.chain->entries() : nullptr});
  return changes;
}

HookPointRecord *HookPoints::find(std::string_view name, std::uint16_t major) const {
  const MutexLock lock(mutex_);
  const auto found = points_.find(guest_contract_id(name, major));
  return found != points_.end() ? found->second.get() : nullptr;
}

HookPointRecord &HookPoints::add(const graft_contract_info &contract, const graft_hook_info &rule, std::size_t payload_bytes,
                                 std::size_t decision_bytes) {
  auto point = std::make_unique<HookPointRecord>();
  point->shape.name = contract.name;
  point->shape.major = contract.major;
  point->shape.rule = rule;
  point->shape.payload_bytes = payload_bytes;
  point->shape.decision_bytes = decision_bytes;
  const auto limit =
      std::ranges::find_if(config_.chain_limits, [&](const auto &one) { return hook_of_alias(one.first) == contract.name; });
  point->shape.limit = limit != config_.chain_limits.end() ? limit->second : config_.chain_limit;
  point->shape.log = &log_;
  point->shape.scale = TickScale::since(made_);
  point->shape.owner = Table::create_stale(std::make_shared<const TableShape>(), 1);
  const MutexLock lock(mutex_);
  return *(points_[guest_contract_id(contract.name, contract.major)] = std::move(point));
}

Result<void> HookPoints::check(const Generation &generation) const {
  for (const ContractFacts &contract : generation.facts.contracts) {
    const auto rule = hook_rule_of(contract);
    const HookPointRecord *point = rule ? find(contract.name, contract.major) : nullptr;
    if (point == nullptr || is_same_rule(*rule, point->shape.rule)) continue;
    return error(Code::kIncompatible,
                 "hook '" + contract.name + "' is " + to_text(point->shape.rule) + " to the host and " + to_text(*rule) +
                     " to bundle '" + generation.bundle + "'; build both from one header, or raise the major version",
                 contract.where);
  }
  for (const ProviderFacts &provider : generation.facts.providers) {
    if (failure_of(provider.contract, generation) == HookFailure::kFailOpen) continue;
    const std::string passed = passed_over(generation, provider.contract, provider.major);
    if (!passed.empty())
      return error(Code::kIncompatible, passed + ", and must not be missed (fail_closed); build both from one header",
                   provider.where);
  }
  return {};
}

HookFailure HookPoints::failure_of(const std::string &hook, const Generation &generation) const {
  const MutexLock lock(mutex_);
  const auto known = settings_.find(generation.bundle);
  const auto of_host = known != settings_.end() ? known->second.on_failure : std::nullopt;
  return of_host ? *of_host : said_of(hook, generation).on_failure.value_or(HookFailure::kFailOpen);
}

std::string HookPoints::passed_over(const Generation &generation, std::string_view hook, std::uint16_t major) const {
  const MutexLock lock(mutex_);
  const HookPointRecord *other = nullptr;
  for (const auto &[id, point] : points_) {
    if (point->shape.name != hook) continue;
    if (point->shape.major == major) return {};
    const bool takes_part_there = std::ranges::any_of(generation.facts.providers, [&](const ProviderFacts &provider) {
      return provider.contract == hook && provider.major == point->shape.major;
    });
    if (takes_part_there) return {};
    other = point.get();
  }
  if (other == nullptr) return {};
  return "bundle '" + generation.bundle + "' takes part in major version " + std::to_string(major) + " of hook '" +
         std::string(hook) + "', this host runs major version " + std::to_string(other->shape.major) + " and never asks it";
}

std::string HookPoints::unmet_limit(std::string_view hook) const {
  const MutexLock lock(mutex_);
  for (const auto &[name, limit] : config_.chain_limits) {
    const std::string whole = hook_of_alias(name);
    const auto is_it = [&](const auto &point) { return point.second->shape.name == whole; };
    if (whole == hook || std::ranges::any_of(points_, is_it) || nearest(whole, {std::string(hook)}).empty()) continue;
    return "chain_limits has a limit for '" + name + "', which is no hook of this host so far; did you mean '" +
           std::string(hook) + "'?";
  }
  return {};
}

Result<void> HookPoints::check_fail_closed(const std::string &bundle) const {
  std::string open;
  for (const HookPointRecord *point : hooks_of(bundle)) {
    if (point->shape.rule.deny != 0) return {};
    open = point->shape.name;
  }
  if (open.empty()) return {};
  return error(Code::kInvalid, "hook '" + open + "' cannot deny, so 'fail_closed' has no meaning there for bundle '" +
                                   bundle + "', which takes part in none that can");
}

void HookPoints::apply_settings(HookMember &member) const {
  const auto known = settings_.find(member.seat.bundle());
  const BundleSettings host = known != settings_.end() ? known->second : BundleSettings();
  const BundleSettings &manifest = member.manifest;
  const auto first = [](const auto &of_host, const auto &of_manifest, auto otherwise) {
    return of_host ? *of_host : of_manifest.value_or(otherwise);
  };
  Seat &seat = member.seat;
  seat.priority = first(host.priority, manifest.priority, 0);
  seat.on_failure = first(host.on_failure, manifest.on_failure, HookFailure::kFailOpen);
  seat.error_budget = first(host.error_budget, manifest.error_budget, config_.error_budget);
  seat.call_limit = first(host.call_limit, manifest.call_limit, config_.call_limit);
}

HookMember HookPoints::member_of(const HookPointRecord &point, const SlotRecord &slot, const Generation &generation) {
  HookMember member;
  member.manifest = said_of(point.shape.name, generation);
  member.seat.slot = &slot;
  member.seat.is_unseen = is_unseen(point, generation);
  member.seat.has_quota = generation.counted != nullptr;
  member.seat.tag = slot.tag.load(std::memory_order_relaxed); // changed under the commit token only, which is held
  const MutexLock lock(mutex_);
  std::shared_ptr<HookRecord> &record = hooks_[{generation.bundle, point.shape.name}];
  if (record == nullptr) record = std::make_shared<HookRecord>(records_.of(generation.bundle), point.shape.name);
  member.seat.record = record;
  return member;
}

StagedChains::One HookPoints::stage(HookPointRecord &point, std::vector<HookMember> members) {
  for (HookMember &member : members) {
    apply_settings(member);
    if (point.shape.rule.deny == 0) member.seat.on_failure = HookFailure::kFailOpen; // there is nothing else
  }
  std::ranges::sort(members, runs_before);
  std::vector<Seat> seats;
  for (const HookMember &member : members)
    if (has_seat(member.seat.record->plugin->state.load(std::memory_order_relaxed))) seats.push_back(member.seat);
  auto chain = seats.empty() ? nullptr : std::make_unique<HookChain>(point.shape, std::move(seats));
  return {&point, std::move(members), std::move(chain)};
}

StagedChains HookPoints::stage(const std::vector<Change> &changes) {
  std::map<HookPointRecord *, std::vector<HookMember>> changed;
  for (const Change &change : changes) {
    HookPointRecord *const point = find(change.slot->contract->name, change.slot->contract->major);
    if (point == nullptr) continue;
    auto &members = changed.try_emplace(point, point->members).first->second;
    std::erase_if(members, [&](const HookMember &member) { return member.seat.slot == change.slot; });
    if (change.generation != nullptr) members.push_back(member_of(*point, *change.slot, *change.generation));
  }
  StagedChains staged;
  const MutexLock lock(mutex_);
  for (auto &[point, members] : changed) staged.chains.push_back(stage(*point, std::move(members)));
  return staged;
}

void HookPoints::adopt(StagedChains staged) {
  {
    const MutexLock lock(mutex_);
    for (StagedChains::One &one : staged.chains) {
      if (one.point->live != nullptr) {
        one.point->live->retire();
        retired_.push_back(std::move(one.point->live));
      }
      one.point->live = std::move(one.chain);
      one.point->members = std::move(one.members);
      one.point->way = "loop";
      ++one.point->chains;
    }
  }
  for (const StagedChains::One &one : staged.chains) changed_(*one.point);
  if (retired_.empty()) return;
  const std::vector<const void *> pinned = pinned_tables(); // P2: behind the publication
  std::erase_if(retired_, [&](const auto &chain) { return !std::ranges::binary_search(pinned, chain->entries()); }); // P3
}

void HookPoints::renew() {
  StagedChains staged;
  {
    const MutexLock lock(mutex_);
    for (const auto &[id, point] : points_) staged.chains.push_back(stage(*point, point->members));
  }
  ignore(store_.publish({}, staged.changes()), "no slot of a bundle changes");
  adopt(std::move(staged));
}

Result<void> check_call_limit(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kMost = std::chrono::days(1);
  if (limit >= std::chrono::milliseconds(0) && limit <= kMost) return {};
  return error(Code::kInvalid, "a limit of " + std::to_string(limit.count()) +
                                   " ms is none that a call or a chain can have: 0 (none) to " + std::to_string(kMost.count()) + " ms are");
}

/// Hooks of the host's own are known only when it asks for them (HookPoints::unmet_limit); short names, and those of the
/// proxy's, are known now.
static Result<void> check_limited_hook(const std::string &name) {
  std::vector<std::string> known = hook_aliases();
  const bool is_short = name.find('.') == name.npos;
  if (!is_short)
    for (std::string &one : known) one = hook_of_alias(one);
  const bool is_known = is_short ? !hook_of_alias(name).empty() : std::ranges::find(known, name) != known.end();
  if (is_known || (!is_short && !name.starts_with("proxy."))) return {};
  const std::string near = nearest(name, known);
  return error(Code::kInvalid, "chain_limits has a limit for '" + name + "', which is no hook" +
                                   (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
}

Result<void> check_limits(const HookConfig &config) {
  GRAFT_TRY(check_call_limit(config.call_limit));
  GRAFT_TRY(check_call_limit(config.chain_limit));
  for (const auto &[hook, limit] : config.chain_limits) {
    GRAFT_TRY(check_limited_hook(hook));
    GRAFT_TRY(check_call_limit(limit));
  }
  return {};
}

void HookPoints::configure(const std::string &bundle, const BundleSettings &settings) {
  const MutexLock lock(mutex_);
  settings_[bundle] = settings;
}

void HookPoints::forgive(const std::string &bundle) {
  const MutexLock lock(mutex_);
  for (auto at = hooks_.lower_bound({bundle, ""}); at != hooks_.end() && at->first.first == bundle; ++at)
    at->second->spent.store(0, std::memory_order_relaxed);
}

void HookPoints::forget(const std::string &bundle) {
  const MutexLock lock(mutex_);
  std::erase_if(hooks_, [&](const auto &hook) { return hook.first.first == bundle; });
}

LiveChain HookPoints::live_chain(const HookPointRecord &point) const {
  const MutexLock lock(mutex_);
  return {point.chains, point.live != nullptr ? point.live->seats : std::vector<Seat>()};
}

std::vector<HookPointRecord *> HookPoints::hooks_of(const std::string &bundle) const {
  std::vector<HookPointRecord *> hooks;
  const MutexLock lock(mutex_);
  for (const auto &[id, point] : points_)
    if (std::ranges::any_of(point->members, [&](const HookMember &member) { return member.seat.bundle() == bundle; }))
      hooks.push_back(point.get());
  return hooks;
}

void HookPoints::attach(HookPointRecord &point, std::uint64_t number, std::unique_ptr<FusedChain> fused) {
  const MutexLock lock(mutex_);
  if (point.chains != number || point.live == nullptr || point.live->fused() != nullptr) return;
  point.live->attach(std::move(fused));
  point.way = "fused";
}

void HookPoints::note(HookPointRecord &point, std::uint64_t number, const std::string &reason) {
  const MutexLock lock(mutex_);
  if (point.chains == number) point.way = "loop: " + reason;
}

std::vector<HookPart> HookPoints::parts() const {
  const MutexLock lock(mutex_);
  std::vector<const HookPointRecord *> points;
  for (const auto &[id, point] : points_) points.push_back(point.get());
  std::ranges::sort(points, {},
                    [](const HookPointRecord *point) { return std::pair(point->shape.name, point->shape.major); });
  std::vector<HookPart> parts;
  for (const HookPointRecord *point : points)
    for (const HookMember &member : point->members) parts.push_back(part_of(*point, member.seat));
  return parts;
}

} // namespace graft
