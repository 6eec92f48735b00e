// The hooks that a host runs, and who takes part in each: chains are made here, next to a publication, and hung up by it.
#pragma once

#include "../store/store.hpp"
#include "chain.hpp"
#include "records.hpp"

#include <graft/base/mutex.hpp>
#include <graft/hook.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace graft {

class Log;
struct Generation;

/// A bundle that provides a hook, whether it takes part now or not.
struct HookMember {
  Seat seat;
  BundleSettings manifest; ///< what that says; settings of the host's go before it
};

/// A hook of the host's, with its chain. Never freed before the registry.
struct HookPointRecord : detail::HookPoint {
  HookShape shape;
  std::unique_ptr<HookChain> live; ///< what `chain.table` names
  std::vector<HookMember> members; ///< everybody, also those that take no part now; in order
  std::uint64_t chains = 0;        ///< how many were live so far
  std::string way = "loop";        ///< HookPart::chain
};

/// A chain that is to be fused: which, and a copy of its seats.
struct LiveChain {
  std::uint64_t number = 0;
  std::vector<Seat> seats;
};

/// Chains that a publication is to hang up. Owns them until then.
struct StagedChains {
  struct One {
    HookPointRecord *point = nullptr;
    std::vector<HookMember> members;
    std::unique_ptr<HookChain> chain; ///< null: nobody takes part
  };
  std::vector<One> chains;

  std::vector<SlotChange> changes() const;
};

/// kInvalid for a limit below zero or above a day.
Result<void> check_call_limit(std::chrono::milliseconds limit);
Result<void> check_limits(const HookConfig &config);

/// Owns: the points, their chains, the numbers of bundles in hooks. Threads: `parts` and `find` from any, the rest from who
/// holds the commit token.
class HookPoints {
 public:
  /// Hears that another chain is live, under the commit token.
  using Changed = std::function<void(HookPointRecord &point)>;

  HookPoints(Store &store, PluginRecords &records, Log &log, const HookConfig &config, Changed changed)
      : store_(store), records_(records), log_(log), config_(config), changed_(std::move(changed)) {}

  /// Null when the host did not ask for it yet.
  HookPointRecord *find(std::string_view name, std::uint16_t major) const GRAFT_EXCLUDES(mutex_);
  /// Makes a point; nobody takes part in it yet.
  HookPointRecord &add(const graft_contract_info &contract, const graft_hook_info &rule, std::size_t payload_bytes,
                       std::size_t decision_bytes) GRAFT_EXCLUDES(mutex_);
  /// kIncompatible when a generation was compiled with another rule for a hook that the host runs, or takes part in another
  /// major version of it alone and must not be missed.
  Result<void> check(const Generation &generation) const GRAFT_EXCLUDES(mutex_);
  /// What to tell of a bundle that takes part in another major version of a hook than the host runs; empty when it does not.
  std::string passed_over(const Generation &generation, std::string_view hook, std::uint16_t major) const
      GRAFT_EXCLUDES(mutex_);
  /// What to tell of a limit for a hook that is not there and is nearly this one, which is new; empty when there is none.
  std::string unmet_limit(std::string_view hook) const GRAFT_EXCLUDES(mutex_);
  /// kInvalid when none of the hooks that a bundle takes part in can deny.
  Result<void> check_fail_closed(const std::string &bundle) const GRAFT_EXCLUDES(mutex_);

  /// What chains will be once these changes are published.
  StagedChains stage(const std::vector<Change> &changes) GRAFT_EXCLUDES(mutex_);
  /// They are published: takes them over, and frees those that nobody is in any more.
  void adopt(StagedChains staged) GRAFT_EXCLUDES(mutex_);
  /// Somebody's state or settings changed: publishes all chains anew.
  void renew() GRAFT_EXCLUDES(mutex_);

  void configure(const std::string &bundle, const BundleSettings &settings) GRAFT_EXCLUDES(mutex_);
  /// A new version of it is live, or its host forgives it: its budgets are full again.
  void forgive(const std::string &bundle) GRAFT_EXCLUDES(mutex_);
  void forget(const std::string &bundle) GRAFT_EXCLUDES(mutex_);

  // Of fusing (fuse.cpp), from any thread.
  LiveChain live_chain(const HookPointRecord &point) const GRAFT_EXCLUDES(mutex_);
  /// The hooks that a bundle is a member of.
  std::vector<HookPointRecord *> hooks_of(const std::string &bundle) const GRAFT_EXCLUDES(mutex_);
  /// Attaches (C3), unless another chain is live by now; then the fused one goes.
  void attach(HookPointRecord &point, std::uint64_t number, std::unique_ptr<FusedChain> fused) GRAFT_EXCLUDES(mutex_);
  /// Why that chain is not fused.
  void note(HookPointRecord &point, std::uint64_t number, const std::string &reason) GRAFT_EXCLUDES(mutex_);

  /// Every bundle's part in every hook, in the order of the hooks' names and the chains.
  std::vector<HookPart> parts() const GRAFT_EXCLUDES(mutex_);

 private:
  HookMember member_of(const HookPointRecord &point, const SlotRecord &slot, const Generation &generation);
  StagedChains::One stage(HookPointRecord &point, std::vector<HookMember> members) GRAFT_REQUIRES(mutex_);
  HookFailure failure_of(const std::string &hook, const Generation &generation) const GRAFT_EXCLUDES(mutex_);
  /// The settings of a bundle for its seat, the host's before the manifest's before the configuration's.
  void apply_settings(HookMember &member) const GRAFT_REQUIRES(mutex_);

  Store &store_;
  PluginRecords &records_;
  Log &log_;
  const HookConfig &config_;
  const Changed changed_;
  const TickMoment made_ = TickMoment::now();
  std::vector<std::unique_ptr<HookChain>> retired_; ///< that somebody may still be in

  mutable Mutex mutex_;
  std::unordered_map<ContractId, std::unique_ptr<HookPointRecord>> points_ GRAFT_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, std::shared_ptr<HookRecord>>
      hooks_ GRAFT_GUARDED_BY(mutex_); ///< by bundle and hook; shared with the chains
  std::map<std::string, BundleSettings, std::less<>> settings_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
