// One artifact linked into memory, with all that lives and dies with it: its image, its tables, its host table.
//
//   linked --start()--> running --stop()--> stopping --stop()--> stopped --destroyed--> unmapped
//      +------------------------- destroyed --------------------------------------------^
//
// running:  calls may be in flight; a pin of any of its tables keeps it so
// stopping: no entry names it (P3), `graft_stop` has run; threads of its own still do
// stopped:  the finalisers have run, and nothing that it left with the system leads into it
#pragma once

#include "../bundle/manifest.hpp"
#include "../call/host_services.hpp"
#include "../store/instance_code.hpp"
#include "../store/instances.hpp"
#include "../store/table.hpp"
#include "kept_object.hpp"

#include <graft/abi.h>
#include <graft/base/artifact.hpp>
#include <graft/jit/linker.hpp>
#include <graft/settings.hpp>
#include <graft/version.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace graft {

/// A provider that is ready to be published: its functions' addresses, in contract order.
struct StagedProvider {
  std::string contract;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  const ContractFacts *facts = nullptr;     ///< of the same generation; null for unchecked code
  const InstanceFacts *instances = nullptr; ///< of the same generation; null when the contract has none
  std::vector<const void *> functions;
};

/// Nothing but its count says something.
struct Hold {};

/// Owns: the image, the tables, the facts. Threads: driven by the commit; `initialising` is read on the initialising thread.
struct Generation {
  Generation(std::uint64_t number, std::string bundle, HostServices &services);
  ~Generation();
  Generation(const Generation &) = delete;

  /// Runs initialisers and `graft_init`, and collects the providers. After an error it is only to be stopped.
  Result<void> start(const graft_init_context &context);
  /// `what` resolved and did not release, on the committing thread; the pins were ended.
  Error left_pins(const std::string &what, std::size_t count) const;
  /// Adds a provider that `graft_init` offers; the table is copied. kInvalid, kConflict.
  Result<void> register_provider(const graft_provider *provider);
  /// Ends it, as far as that goes now: first `graft_stop`; then, when no thread of its own is left, timers, finalisers, what
  /// else it registered, and the destructors of the kept objects that nobody else is bound to. No call may be inside. False:
  /// threads are; ask again.
  bool stop();
  /// Whether `stop` has been asked before, in vain. Not while another thread is inside `stop`.
  bool is_stopping() const { return state_ == State::kStopping || state_ == State::kFinalised; }
  /// The threads inside that no pin stands for: those that it started, and one that asks its probe.
  std::vector<jit::ThreadInside> threads() const;

  /// The last words of a process: code of this generation calls `std::terminate` inside `function`.
  void report_termination(const std::string &function) const;

  /// The provider of a contract; null when there is none.
  const StagedProvider *provider_of(std::string_view contract, std::uint16_t major) const;
  /// Of what type its instances are; null when it has none.
  const InstanceFacts *instances_of(std::string_view contract, std::uint16_t major) const;

  const std::uint64_t number;
  const std::string bundle;
  std::string family; ///< the manifest's name; `bundle` may be that with its version (BundleText::name)
  Version version;
  std::int32_t priority = 0;
  std::vector<HookUse> hooks;              ///< what its manifest says of its parts in them
  std::chrono::milliseconds call_limit{0}; ///< of its manifest, for a call of a hook; 0: none
  HostContext context;
  graft_host host; ///< what `graft_self` is bound to
  std::unique_ptr<const jit::SymbolGate> gate; ///< of its links; null: it may have all of the process
  std::unique_ptr<jit::Image> image;
  Facts facts;
  std::string tier; ///< BundleInfo::tier; guarded by the bundles' mutex
  /// A second image is being linked for it. Stored relaxed under the bundles' mutex while it is live, and with release at
  /// the end; the retirement's acquire pairs with that.
  std::atomic<bool> borrowed{false};
  /// What its manifest declares; shared with who reads its settings.
  std::shared_ptr<const SettingRules> settings;
  /// Of its second image, where that can be fused with others'; null otherwise. Guarded by the bundles' mutex; shared with a
  /// fusing that is under way.
  std::shared_ptr<const std::vector<char>> bitcode;
  const CountedMemory *counted = nullptr; ///< what its allocations are bound to; null without a quota
  ContentKey source_key;
  ContentKey object_key;
  ContentKey token_key;
  std::vector<Diagnostic> warnings;
  Origin origin = Origin::kCompiled;
  std::vector<KeptBinding> kept; ///< one for each of `facts.kept`
  /// Named by newer generations whose kept objects may reach this one's memory, through memory that they point at: while
  /// there are such, it stays mapped.
  std::shared_ptr<const Hold> hold = std::make_shared<const Hold>();
  std::vector<std::shared_ptr<const Hold>> holds; ///< of the older ones that this one's kept objects may reach
  std::vector<DisplacedState> displaced;          ///< prepared for a publication, or replaced by one; ended in `stop`
  std::vector<StagedProvider> providers;          ///< from facts, then what `graft_init` registered
  std::vector<std::unique_ptr<Table>> tables;     ///< every table ever published of it; guarded by the store's mutex
  /// The thread inside `graft_init`; none otherwise. Relaxed: a thread asks only whether it is the one, and threads of the
  /// plugin may ask.
  std::atomic<std::thread::id> initialising{};
  /// While it starts, what its manifest requires; null otherwise, and without a manifest. Of the thread that starts it.
  const std::vector<Want> *declared = nullptr;
  /// The thread that asks `graft_probe`, as gettid says, negative before it does; 0 when there is none. Release when it has
  /// left, acquire in `threads`.
  std::atomic<int> probing{0};
  /// Relaxed: it decides only whose tables the generation's own code sees while it starts.
  std::atomic<bool> is_published{false};
  std::chrono::steady_clock::time_point retired{}; ///< when it was given to the retirement

 private:
  Result<void> stage_from_facts();
  /// Makes the functions of a contract with instances take what a host names an instance by.
  Result<void> add_provider(StagedProvider staged);
  void end_instances();
  void release_kept();
  void warn(const std::string &sentence) const;
  std::vector<std::unique_ptr<InstanceCode>> instance_code_;
  enum class State { kLinked, kRunning, kStopping, kFinalised, kStopped } state_ = State::kLinked;
};

/// "'worker' (123)", or "(just starting)" for a thread that has not told its number yet.
std::string name_and_number(std::string_view name, int thread);

} // namespace graft
