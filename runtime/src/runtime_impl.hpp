// What a Runtime is made of, and the two halves of every change: prepare (in parallel, no lock, no plugin code runs) and
// commit (under the token).
#pragma once

#include "bundle/bundle_text.hpp"
#include "call/host_contracts.hpp"
#include "call/host_services.hpp"
#include "contract/roles.hpp"
#include "hook/points.hpp"
#include "hook/records.hpp"
#include "native/bundle_code.hpp"
#include "native/loaders.hpp"
#include "observe/life_counts.hpp"
#include "observe/log.hpp"
#include "observe/serve.hpp"
#include "permit/permits.hpp"
#include "reload/generation.hpp"
#include "reload/kept_plan.hpp"
#include "reload/needed_by.hpp"
#include "reload/retirement.hpp"
#include "reload/saved_state.hpp"
#include "reload/tier_up.hpp"
#include "reload/token.hpp"
#include "service/service_set.hpp"
#include "store/store.hpp"
#include "watch/inputs.hpp"

#include <graft/base/mutex.hpp>
#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>
#include <graft/jit/stack_limit.hpp>
#include <graft/runtime.hpp>

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace graft {

/// What ran before, without its mappings.
struct PastVersion {
  Manifest manifest;
  std::string path;
  std::vector<std::string> contracts;
  Artifact artifact;
  std::shared_ptr<const ImageMaker> maker;    // shared with the bundle and with reloads under way
  std::vector<SavedCopy> saved;               ///< of what the version after it let go of
  std::shared_ptr<const SecondText> second{}; ///< as in Bundle
  const char *tier = "";                      ///< that it began with
};

/// A loaded bundle. Written under the token and the bundles' mutex, read under either.
struct Bundle {
  std::string name;
  std::string path;
  std::vector<std::string> contracts; ///< headers that its source was re-bound to
  Manifest manifest;
  std::unique_ptr<Generation> live;
  std::vector<SlotRecord *> slots;
  std::vector<std::string> needs; ///< names of the bundles that its requirements were met by
  std::uint64_t loaded = 0;       ///< rank of its load
  std::uint64_t ticket = 0;       ///< of the request that made the live generation
  Artifact artifact;              ///< of the live generation, for rollbacks; without its facts, which that one holds
  std::list<PastVersion> history; ///< newest first; takes no memory while it is empty
  std::shared_ptr<const ImageMaker> maker; ///< of the live generation, see BundleText
  std::shared_ptr<const SecondText>
      second;            ///< of the live generation; null when it has no second image. Shared with requests for one
  const char *tier = ""; ///< that the live generation began with (BundleInfo::tier)
  std::string plan;      ///< what the last reload did to its state, in words
};

/// A bundle that is compiled, verified and linked; none of its code has run.
struct Prepared {
  BundleText text;
  Artifact artifact;
  std::unique_ptr<Generation> generation;
  std::uint64_t ticket = 0;
  std::vector<SavedCopy> saved{}; ///< for a rollback
  KeptPlan plan{};
  std::shared_ptr<const SecondText> second{}; ///< as in Bundle
  const char *tier = "machine code";
  std::uint64_t base = 0; ///< number of the generation whose kept objects it is bound to; 0: of none
};

/// One of several that are prepared together.
struct Draft {
  std::uint64_t ticket = 0;
  Result<BundleText> text = BundleText();
  Result<Prepared> prepared = Prepared(); ///< what came of it
};

/// A generation that runs and waits for its publication.
struct Started {
  Prepared *prepared = nullptr;
  std::vector<Change> changes;
  std::vector<SlotRecord *> slots; ///< the bundle's slots after the publication
  std::vector<std::string> needs;
};

/// A reload on its way: what was done so far, so that it can be undone.
struct Transaction {
  std::vector<Prepared> set; ///< who is required comes first
  graft_reason reason = GRAFT_REASON_RELOAD;
  std::vector<Started> started;
  std::size_t begun = 0;                           ///< how many `Preparing` was told of
  std::vector<const Generation *> old;             ///< that are live in the set's bundles
  std::optional<std::vector<SlotRecord *>> closed; ///< before which the gate is closed; nothing while it is open
  std::vector<const Generation *> suspended;
};

inline std::vector<std::string> names_of(const std::vector<BundleInfo> &infos) {
  std::vector<std::string> names;
  for (const BundleInfo &info : infos) names.push_back(info.name);
  return names;
}

class Runtime::Impl {
 public:
  static Result<std::unique_ptr<Impl>> create(Config config);
  Impl(Config config, std::unique_ptr<Permits> permits, std::unique_ptr<Log> log, std::unique_ptr<jit::Linker> linker,
       std::unique_ptr<driver::Compiler> compiler);
  /// The end of a runtime: vacates every slot, and retires who is live, the last loaded first.
  void unload_all();
  Impl *next_left_behind = nullptr; ///< of those that could not end

  // prepare.cpp
  std::uint64_t draw_ticket() { return next_ticket_.fetch_add(1, std::memory_order_relaxed); }
  Result<Prepared> prepare(BundleText text, std::uint64_t ticket, Force force, StepTimes &times);
  /// The same for several, which are compiled side by side and linked one after the other: generations are numbered in
  /// order.
  void prepare_all(std::vector<Draft> &drafts, Force force, StepTimes &times);
  /// The first half of `prepare`, which does not link.
  Result<Prepared> compile(BundleText text, std::uint64_t ticket, Force force, StepTimes &times,
                           std::vector<HeaderFacts> *headers = nullptr);
  /// What the host's policy says to it (policy.cpp).
  Result<void> ask_policy(PolicyRequest::Action action, const BundleText &text, const ContentKey &source = {}) const;
  /// Links what is prepared against the kept objects of the bundle's live generation, or, without one, against new ones.
  Result<void> link(Prepared &prepared);
  /// What a bundle's manifest asks for, if the host grants that to anybody.
  Result<PermissionBits> asked_by(const BundleText &text) const;
  /// Grants a generation what its manifest asks for, and bounds what it is linked to by that.
  Result<void> permit(Generation &generation, const BundleText &text) const;
  /// What every image of a generation is linked against.
  jit::LinkOptions options_of_link(Generation &generation) const;
  /// Under the token: makes sure that what is prepared is linked against what is live now, and shares its kept objects from
  /// here on.
  Result<void> adopt_kept(Prepared &prepared);

  /// Reads and prepares each member of a set, then commits it. A failure before the commit is told as `Failed`, too.
  Result<std::vector<BundleInfo>> reload(const std::vector<std::string> &names,
                                         const std::function<Result<BundleText>(std::string_view)> &read,
                                         ReloadOptions options);

  // tier_up.cpp
  /// Gives the generation of a request its second image, and writes down what came of it.
  void tier_up(const TierUps::Request &request, const std::atomic<bool> &cancelled);

  // hook/fuse.cpp
  /// Has the chain of a hook fused, when nothing changes for a while.
  void ask_to_fuse(HookPointRecord &point);
  /// Fuses it, and writes down what came of it.
  void fuse(const TierUps::Request &request, const std::atomic<bool> &cancelled);

  // plan.cpp
  Result<ReloadPlan> plan(BundleText text);
  Result<BundleInfo> rollback(std::string_view name, std::size_t steps, ReloadOptions options);
  /// kNotFound, with the reason, for a bundle of which no older version is remembered.
  Result<void> refuse_without_past(const Bundle &bundle) const;

  // commit.cpp
  Result<BundleInfo> load(const std::function<Result<BundleText>()> &read, const LoadOptions &options);
  /// Starts and publishes what no bundle stands for yet.
  Result<BundleInfo> commit_new(Prepared prepared, StepTimes &times);
  /// Publishes a set, and what its dependents' manifests want with it. Those that were asked for come first.
  Result<std::vector<BundleInfo>> commit(std::vector<Prepared> set, graft_reason reason, StepTimes &times);

  // load_all.cpp
  Result<LoadReport> load_all(const std::vector<std::filesystem::path> &paths);

  // unload.cpp
  Result<void> unload(std::string_view name, Dependents dependents);

  // hook/lifecycle.cpp
  Result<const detail::HookPoint *> hook_point(const graft_contract_info &info, const graft_hook_info &rule,
                                               std::size_t payload_bytes, std::size_t decision_bytes);
  Result<void> pause(std::string_view bundle);
  Result<void> resume(std::string_view bundle);
  Result<void> configure(std::string_view bundle, const BundleSettings &settings);
  std::vector<BundleStatus> statuses() const;
  Result<std::vector<BundleVersion>> versions(std::string_view bundle);
  /// Stores changes and the chains that come of them in one publication.
  Result<void> publish(std::vector<Change> changes);

  // names.cpp
  /// The bundle of exactly that name in this runtime.
  Bundle *find_bundle(std::string_view name);
  /// The bundle that a caller means: by its name here, its manifest's name, or `name@version`. kNotFound, kConflict.
  Result<Bundle *> named(std::string_view name);
  /// kConflict when the name is taken, or the same version stands here under another; kPluginLimit when there are as many as
  /// may be.
  Result<void> refuse_taken(const BundleText &text);
  /// Gives a text that was read for `asked` the name of the bundle that it replaces.
  Result<void> name_reload(std::string_view asked, BundleText &text);

  // contract/check.cpp
  /// kIncompatible when a contract of `fresh`, which shall replace what is live under their names, is not the one that the
  /// host or a bundle at the other end of it was compiled against. The caller holds the token.
  Result<void> check_contracts(const std::vector<const Generation *> &fresh);
  /// The same of what the host calls of `one`, and of what that calls of the host.
  Result<void> check_host(const HostViews &views, const Generation &one) const GRAFT_REQUIRES(bundles_mutex_);
  Result<std::vector<std::string>> add_views(HeaderFile header);

  // service/runtime_services.cpp
  Result<void> offer_services(ServicesConfig config);
  /// What a generation has before it is linked: its settings' rules, its quota.
  Result<void> equip(Generation &generation, const Manifest &manifest);
  /// Whether it may start: kInvalid where its settings do not fit. A larger quota counts from here on.
  Result<void> admit_services(const Generation &generation, const Manifest &manifest);
  /// It is live: its settings, its quota and its other limits count.
  void settle_services(const Bundle &bundle) GRAFT_REQUIRES(bundles_mutex_);
  std::vector<MetricFamily> metrics() const;
  /// An unload ends a bundle's numbers, but for what it left behind.
  void drop_unloaded(std::vector<MetricFamily> &families) const;

  // runtime.cpp
  const ImageMaker &maker_of(const BundleText &text) const { return text.maker != nullptr ? *text.maker : code; }
  /// Reads a bundle of whatever kind, and knows who makes its code.
  template <class From>
  Result<BundleText> read(const From &from) const {
    GRAFT_TRY_ASSIGN(BundleText text, read_bundle(from, loaders.list()));
    if (!text.loader.empty()) loaders.attach(text);
    return text;
  }
  /// kRefused where the host switched reloads off, kUnsupported where who made the live code, or makes the new, cannot.
  Result<void> refuse_reload(std::string_view bundle, const ImageMaker *fresh = nullptr);
  Result<BundleText> text_of_reload(std::string_view name_or_path);
  /// Puts contract headers in the place of the bundle's own.
  Result<void> rebind(BundleText &text, const std::vector<std::filesystem::path> &headers) const;
  BundleInfo info_of(const Bundle &bundle) const GRAFT_REQUIRES(bundles_mutex_);
  /// Writes down who meets a bundle's requirements now.
  void set_needs(Bundle &bundle, std::vector<std::string> needs) GRAFT_REQUIRES(bundles_mutex_) {
    needed_by_.change(bundle.name, bundle.needs, needs);
    bundle.needs = std::move(needs);
  }
  /// Calls every listener; what one throws is logged.
  void tell(const Event &event);
  void forget(std::uint64_t listener);

  const Config config;
  const std::unique_ptr<Log> own_log; ///< on the heap: the compiler was told of it before all this was made
  Log &log = *own_log;
  LifeCounts life;
  SettingsStore settings;
  const std::unique_ptr<Permits> permits;
  Loaders loaders;
  Store store;
  PluginRecords records;
  HostContracts host_contracts;
  const jit::StackReserve stack_reserve{config.stack_reserve_bytes};
  HostServices services;
  HostContext host_context{services, nullptr};
  const graft_host host = make_host_table(host_context);
  std::unique_ptr<jit::Linker> linker;
  std::unique_ptr<driver::Compiler> compiler; ///< ends before the linker, which its thread calls
  const CodeMaker code{config, *compiler, *linker};
  /// Behind the linker, whose images its fused chains are.
  HookPoints hooks{store, records, log, config.hooks, [this](HookPointRecord &point) { ask_to_fuse(point); }};
  CommitToken token;
  Retirement retirement;
  InputRegistry inputs; ///< of every loaded bundle
  TierUps tier_ups{config.tier_up_delay, [this](const TierUps::Request &request, const std::atomic<bool> &cancelled) {
                     request.hook != nullptr ? fuse(request, cancelled) : tier_up(request, cancelled);
                   }};

  mutable Mutex bundles_mutex_;
  std::map<std::string, Bundle, std::less<>> bundles_ GRAFT_GUARDED_BY(bundles_mutex_);
  ContractRoles roles_ GRAFT_GUARDED_BY(bundles_mutex_);                 ///< of the live generations
  NeededBy needed_by_ GRAFT_GUARDED_BY(bundles_mutex_);                  ///< of the bundles' `needs`
  std::unique_ptr<ServiceSet> offered_ GRAFT_GUARDED_BY(bundles_mutex_); ///< null until they are offered; then for good

  Mutex listeners_mutex_;
  std::map<std::uint64_t, std::function<void(const Event &)>> listeners_ GRAFT_GUARDED_BY(listeners_mutex_);
  std::uint64_t next_listener_ GRAFT_GUARDED_BY(listeners_mutex_) = 1;
  std::vector<std::pair<std::uint64_t, std::thread::id>>
      listening_ GRAFT_GUARDED_BY(listeners_mutex_); // who is inside which
  Condition listened_;

  Mutex server_mutex_;
  std::unique_ptr<Server> server_ GRAFT_GUARDED_BY(server_mutex_);

 private:
  using Set = std::vector<Prepared>;

  // tier_up.cpp
  Result<Origin> make_second(const TierUps::Request &request, const std::atomic<bool> &cancelled);
  /// The generation of a request and its slots, kept from ending until it is `borrowed` no more; null when another is live.
  Generation *borrow(const TierUps::Request &request, std::vector<SlotRecord *> &slots);
  /// Whether the bundle of a request takes part in hooks, and its code may be compiled together with others' there.
  bool may_be_fused(const TierUps::Request &request);
  /// Its second image is made: hands out the bitcode of that, and has its hooks fused.
  void offer_to_fuse(const TierUps::Request &request, std::vector<char> bitcode);

  // hook/fuse.cpp
  Result<std::unique_ptr<FusedChain>> make_fused(const HookPointRecord &point, const LiveChain &chain,
                                                 const std::atomic<bool> &cancelled);

  /// `set`: those that are published together with it.
  Result<Started> start(Prepared &prepared, const Set &set, graft_reason reason, const Bundle *previous);
  Result<void> stage(Started &started, const Set &set, const Bundle *previous);

  // requirements.cpp
  /// No dependent outside of the set loses what it requires.
  Result<void> check_dependents(const Started &started, const Set &set, const Bundle &previous);
  /// Who meets each requirement of the manifest. kNotFound, kIncompatible for one that must be met and is not.
  struct Met {
    std::string bundle;    ///< empty: nobody does
    graft_handle handle{}; ///< of the contract
  };
  Result<std::vector<Met>> meet_requirements(const Prepared &prepared, const Set &set);
  Result<Met> meet(const std::string &bundle, const Want &want, const Set &set) const;
  /// `asking` also has the permission that the host contract asks for.
  Result<void> meet_host(const Generation &asking, const Want &want) const;

  // unload.cpp
  std::vector<Bundle *> dependents_first(Bundle &bundle);
  Result<void> refuse_needed(const Bundle &bundle);

  /// Still wanted, and not too many older ones held?
  Result<void> admit(const Set &set);
  /// Binds each member to the state that is live now, and holds the set's contracts against everybody else's.
  Result<void> fit(Set &set);
  /// All that can fail: starts the members, carries state over, asks their probes.
  Result<void> carry_out(Transaction &transaction, StepTimes &times);
  /// Opens the gate on the old side, resumes, and ends what was started, the last first.
  void undo(Transaction &transaction, const Error &why);
  struct UndoIfTheThreadEnds;
  /// Writes down what was published. The old generations, and what callers are told.
  std::vector<BundleInfo> settle(Transaction &transaction, std::vector<std::unique_ptr<Generation>> &old);

  // cascade.cpp
  /// What `past` was, under its name, to be started again; nothing is compiled.
  Prepared prepare_past(const std::string &name, const PastVersion &past, std::uint64_t ticket);
  /// Adds the dependents that are reloaded in the same transaction, and puts who is required first.
  Result<void> close_over_dependents(Set &set);
  /// Reloads the dependents that follow, each in a transaction of its own; what fails is told and logged.
  void reload_followers(const std::vector<std::string> &names);
  Result<Prepared> prepare_again(const Bundle &bundle);

  // exclusive.cpp
  /// Closes the gate before the set's slots, unless it is closed, and waits until no call is inside. kBusy, kWouldDeadlock.
  Result<void> close_gate(Transaction &transaction);
  /// Where a manifest says `exclusive`: closes the gate, and lets the old code put down what it holds (`graft_suspend`).
  Result<void> suspend(Transaction &transaction);
  void resume(Transaction &transaction);
  /// Waits until no thread is inside the set's old generations or older ones of their bundles. kBusy, with who is.
  enum class Inside : std::uint8_t { kCalls, kCallsAndThreads };
  Result<void> drain(const std::vector<const Generation *> &old, Inside who);

  // migration.cpp
  /// Where a plan of the set says so: closes the gate, drains, and carries the state over.
  Result<void> migrate(Transaction &transaction);

  // probe.cpp
  /// Asks each new generation's `graft_probe`. kBusy for one that takes too long: its thread is then left inside.
  Result<void> probe(const std::vector<Started> &set);

  std::atomic<std::uint64_t> next_ticket_{1};     // relaxed: only uniqueness and order of draws matter
  std::atomic<std::uint64_t> next_generation_{1}; // relaxed: only uniqueness matters
};

} // namespace graft
