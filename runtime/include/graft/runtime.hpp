// The product: load bundles from source, call them, reload them while they are called.
//
//     auto runtime = graft::Runtime::create();
//     auto bundle  = runtime->load("plugins_src/greeter");   // compile, link, verify, publish
//     auto greeter = runtime->bind<::greeter>();             // resolves once
//     greeter->greet(name, &out);                            // pinned for this expression; sees a reload at the next call
#pragma once

#include "bound.hpp"
#include "built_in.hpp"
#include "config.hpp"
#include "contracts.hpp"
#include "holders.hpp"
#include "hook.hpp"
#include "info.hpp"
#include "instance.hpp"
#include "loader.hpp"
#include "metrics.hpp"
#include "offer.hpp"
#include "plan.hpp"
#include "plugin_state.hpp"
#include "services.hpp"
#include "version.hpp"

#include <graft/abi.h>
#include <graft/base/clock.hpp>
#include <graft/base/export.hpp>
#include <graft/base/ids.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// One file given as text, or bitcode as bytes; its name's ending tells the language. Headers may be among a bundle's files.
struct MemoryFile {
  std::string name;
  std::string contents;
};

/// A bundle that is in no folder. A file named `graft.toml` is its manifest.
struct MemoryBundle {
  std::string name; ///< used when there is no manifest
  std::vector<MemoryFile> files;
};

/// A bundle as the bytes of a tar archive (ustar or pax, not compressed) of its folder. What is in it means what it means in
/// a folder.
struct ArchiveBundle {
  std::string name; ///< used when there is no manifest, and in messages
  std::string bytes;
};

enum class Force : std::uint8_t { kNo, kYes };

struct ReloadOptions {
  Force force = Force::kNo;   ///< kYes: reload even what did not change
  StepTimes *times = nullptr; ///< filled when given
};

/// Whether a bundle is called by its name alone, or stands beside others of that name as `name@version`.
enum class Place : std::uint8_t { kAlone, kBeside };

struct LoadOptions {
  StepTimes *times = nullptr; ///< filled when given
  Place place = Place::kAlone;
  /// Contract headers, newer as a rule, that stand in for the bundle's own, now and at every reload by name (rebind.hpp).
  std::vector<std::filesystem::path> contracts{};
};

/// What an unload does about bundles that require the one that goes.
enum class Dependents : std::uint8_t { kRefuse, kUnload };

/// The bundles in a folder, sorted by path: its subfolders that have a manifest or sources, and its single files of a kind
/// that graft loads. A path that is a bundle itself (a file, a folder with a manifest or sources) is the one; but a folder
/// without a manifest, of which subfolders have one, is a project around those, as a host's, and its own files are none.
GRAFT_API Result<std::vector<std::filesystem::path>> find_bundles(const std::filesystem::path &path);

/// How a runtime serves.
struct ServeOptions {
  std::filesystem::path socket{};         ///< in a folder of mode 0700; empty: `PID.sock` in the usual folder (serve.hpp)
  std::chrono::milliseconds idle{10'000}; ///< who connects and neither asks nor listens is let go after this
  Clock *clock = nullptr;                 ///< null: the machine's own
};

/// A set of bundles, their contracts, and the code behind them. Many may live in one process and share nothing.
///
/// Owns: every generation that it linked. Threads: all functions may be called from any thread; load, reload and unload are
/// serialised among themselves (first come, first served), calls never wait for them. From inside a callback or an
/// initialiser of the same runtime, load, reload and unload return kWouldDeadlock. Fails: with an Error, and then what was
/// running goes on running. Nothing throws.
class GRAFT_API Runtime {
 public:
  /// Takes the views that the calling program carries (contracts.hpp), too.
  static Result<std::unique_ptr<Runtime>> create(Config config = {}) {
    return create_with(std::move(config), detail::first_view, detail::last_view);
  }
  /// Unloads everything. No call may be running and no Binding may be left. Waits for Config::farewell at most, and
  /// for what bundles run at their end.
  ~Runtime();

  /// Loads a folder, a single source file, or a bundle from memory: compile, link, verify, run its initialisers, publish.
  Result<BundleInfo> load(const std::filesystem::path &path, LoadOptions options = {});
  Result<BundleInfo> load(const MemoryBundle &bundle, LoadOptions options = {});

  Result<BundleInfo> load(const ArchiveBundle &bundle, LoadOptions options = {});
  /// Publishes functions of the host's own (built_in.hpp). kInvalid for what cannot be a provider.
  Result<BundleInfo> load(BuiltInBundle bundle, LoadOptions options = {});
  /// Adds a way to load bundles (loader.hpp), for those that are loaded from now on. May be called from anywhere, an
  /// initialiser too. kConflict for a name or an ending that another loader has.
  Result<void> add_loader(std::unique_ptr<Loader> loader);
  std::vector<LoaderInfo> loaders() const;
  /// Loads what is a bundle in a folder (find_bundles), whatever is broken. Who is required is loaded first, whatever the
  /// order; a cycle of requirements is an error of each of its members that names all.
  Result<LoadReport> load_all(const std::filesystem::path &folder);
  Result<LoadReport> load_all(const std::vector<std::filesystem::path> &bundles);

  /// Replaces the code of a loaded bundle, found by its name (its own folder is read again) or by the path of a folder whose
  /// manifest has that name. kUnchanged when the text is the one that runs already; kSuperseded when a newer request won;
  /// kUnsupported, told to nobody, when its loader cannot.
  Result<BundleInfo> reload(std::string_view name_or_path, ReloadOptions options = {});
  Result<BundleInfo> reload(const MemoryBundle &bundle, ReloadOptions options = {});
  Result<BundleInfo> reload(const ArchiveBundle &bundle, ReloadOptions options = {});
  /// Always a new generation. No rollback goes back to one.
  Result<BundleInfo> reload(BuiltInBundle bundle, ReloadOptions options = {});
  /// The same for several bundles as one transaction: all become live in one publication, or none does.
  Result<std::vector<BundleInfo>> reload(const std::vector<std::string> &names_or_paths, ReloadOptions options = {});
  Result<std::vector<BundleInfo>> reload(std::initializer_list<std::string> names_or_paths, ReloadOptions options = {}) {
    return reload(std::vector<std::string>(names_or_paths), options);
  }

  /// What a reload with the same argument would do to kept state. Compiles and links; none of the new code runs, and nothing
  /// changes.
  Result<ReloadPlan> plan(std::string_view name_or_path) const;
  Result<ReloadPlan> plan(const MemoryBundle &bundle) const;
  /// A reload to what ran `steps` reloads ago, of which Config::history are remembered; kept state is carried back as at any
  /// reload, and what was dropped since or does not fit back is as it was then where its type is plain bytes. kNotFound when
  /// so many are not remembered.
  Result<BundleInfo> rollback(std::string_view name, std::size_t steps = 1, ReloadOptions options = {});

  /// Vacates the bundle's slots and unmaps its code once nobody is inside. kConflict, with their names, while other bundles
  /// require it, unless they are to go with it: then they go first, and all in one publication.
  Result<void> unload(std::string_view name, Dependents dependents = Dependents::kRefuse);

  /// The best provider of a contract: of the highest minor, which is at least `minor`; among equals of the highest priority,
  /// then of the first name, then of the highest version of the bundle.
  Result<graft_handle> find(std::string_view contract, std::uint32_t major, std::uint32_t minor = 0) const;
  Result<graft_handle> find(ContractId id, std::uint32_t minor = 0) const;
  /// The best provider whose version is in the range, which may span majors: then the highest major wins.
  Result<graft_handle> find(std::string_view contract, const VersionRange &range) const;
  /// All live providers, in the order of their registration.
  std::vector<graft_handle> find_all(ContractId id) const;
  /// kStale when the handle's slot was vacated, kInvalid when it is none of this runtime's.
  Result<Binding> resolve(graft_handle handle) const;
  /// The same for a caller whose header declares `functions` entries: the table will have at least as many, now and later.
  Result<Binding> resolve_wide(graft_handle handle, std::size_t functions) const;

  /// Takes what `header` declares as the host's own view: from now on every provider of its contracts is held against it, at
  /// load, reload and bind, and who calls a host contract of them, at load, reload and acquisition. Returns the contracts,
  /// "demo.greeter@1.0". kIncompatible when a live bundle differs: nothing is taken then.
  Result<std::vector<std::string>> read_contracts(const std::filesystem::path &header, const HeaderOptions &options = {});
  Result<std::vector<std::string>> read_contracts(const MemoryFile &header, const HeaderOptions &options = {});

  /// Binds a contract by its type; the provider's minor must reach the header's, or `minor` when given. kIncompatible, with
  /// both declarations, when the provider was compiled against another contract than the view that this program carries.
  template <Contract C>
  Result<Bound<C>> bind(std::optional<std::uint32_t> minor = {}) const {
    const graft_contract_info info = graft_contract_of(static_cast<const C *>(nullptr));
    GRAFT_TRY(take_views(detail::first_view, detail::last_view));
    auto binding = bind_view(info, sizeof(C) / sizeof(void *), minor.value_or(info.minor));
    if (!binding) return std::move(binding).error();
    return Bound<C>(*std::move(binding));
  }

  /// Offers a host contract to plugins; the table is copied, what it points at stays valid until `withdraw` or the runtime's
  /// end. kConflict when that name and major are offered already, kInvalid for a null function. A bundle that declares it
  /// otherwise than a view of the host's does is refused, when it is loaded or when it acquires it.
  template <Contract C>
  Result<void> offer(const C &table, const Offer &how = {}) {
    GRAFT_TRY(take_views(detail::first_view, detail::last_view));
    return offer_table(graft_contract_of(&table), &table, sizeof(C) / sizeof(void *), how);
  }
  /// The same for callers that know the contract by name only.
  Result<void> offer_table(const graft_contract_info &contract, const void *table, std::size_t functions,
                           const Offer &how = {});
  /// The permission of who acquires a host contract, for its functions to ask at each call. For `request` see
  /// Offer::create; the host's own is always granted. kInvalid for what is no permission.
  Result<Permit> permit(const graft_service_request &request, std::string_view permission) const;
  /// Takes a permission away from a bundle, or gives it back: host contracts see it at their next call, whichever version
  /// makes it; the functions of the process that code is linked to stay linked until its next load or reload, which then
  /// fails. It may be taken before the bundle is loaded; the log is told where another one has nearly that name. kInvalid for
  /// what is no permission; kRefused for giving what the bundle does not ask for.
  Result<void> take_permission(std::string_view bundle, std::string_view permission);
  Result<void> give_permission(std::string_view bundle, std::string_view permission);
  /// Takes a host contract back. kConflict, with their names, while bundles hold it.
  Result<void> withdraw(std::string_view contract, std::uint32_t major);
  std::vector<OfferInfo> offers() const;

  /// Offers plugins the services of graft/service/*.h, once. kConflict when they are offered, or one of their names is;
  /// kInvalid, kIncompatible, kBusy for what the configuration asks for. Before the first load, so that plugins find them.
  Result<void> offer_services(ServicesConfig config = {});
  /// Replaces all settings of a bundle, loaded or not. Running code sees them at its next look. kInvalid, and what was there
  /// stays, where its manifest does not allow them.
  Result<void> set_settings(std::string_view bundle, Settings settings);
  /// What plugins keep; null until services are offered. Lives as long as the runtime.
  KvStore *kv() const;
  /// What plugins asked of services, for each of their functions.
  std::vector<ServiceCalls> service_calls() const;
  /// All that is counted, for an export (metrics.hpp).
  std::vector<MetricFamily> metrics() const;

  /// The same for a provider in a range, of the header's major. Functions that the provider lacks report kMissing.
  template <Contract C>
  Result<Bound<C>> bind(const VersionRange &range) const {
    auto binding = bind_range(graft_contract_of(static_cast<const C *>(nullptr)), sizeof(C) / sizeof(void *), range);
    if (!binding) return std::move(binding).error();
    return Bound<C>(*std::move(binding));
  }

  /// Makes an instance of a contract that has them; `data` goes to its `create` as it is. kUnsupported when the contract has
  /// no instances, kStale when its provider was unloaded, kExhausted, what `create` refused with, kException when it threw.
  template <Contract C>
  Result<Instance<C>> create_instance(const Bound<C> &provider, std::string_view data = {}) const {
    auto made = create_instance(static_cast<const Binding &>(provider), data);
    if (!made) return std::move(made).error();
    detail::InstanceCell *cell = hold_instance(*made);
    if (cell == nullptr) return error(Code::kStale, "the instance ended when it was hardly made: its bundle was unloaded");
    return Instance<C>(*this, provider, *made, *cell);
  }
  /// The same for callers that know the contract by name only, who end the instance themselves. One that nobody ended ends
  /// with its bundle.
  Result<graft_instance> create_instance(const Binding &provider, std::string_view data = {}) const;
  /// Calls `destroy` and gives the memory back. Nobody may be inside. kStale when it ended already, kInvalid when it is none
  /// of this runtime's, kException with what its `destroy` threw.
  Result<void> destroy_instance(graft_instance instance) const;
  /// Pins the provider of an instance for a scope, and what its functions take as `self`. kStale, kInvalid.
  Result<std::pair<Binding, void *>> resolve_instance(graft_instance instance) const;

  /// A hook of the host's, by its type: from now on those that provide it are its chain, those that are loaded already and
  /// those that come. kIncompatible when one of them was compiled against another declaration, or a header of this host's
  /// own says another rule. The first time it waits for commits under way, so not from a callback.
  template <HookContract T>
  Result<Hook<T>> hook() {
    GRAFT_TRY(take_views(detail::first_view, detail::last_view));
    const T *const none = nullptr;
    auto point = hook_point(graft_contract_of(none), graft_hook_of(none), sizeof(typename Hook<T>::Payload),
                            sizeof(typename Hook<T>::Decision));
    if (!point) return std::move(point).error();
    return Hook<T>(**point);
  }

  /// Takes a bundle out of its hooks until `resume`, whatever is reloaded. It stays loaded, keeps its state, and its
  /// contracts answer; calls under way end. kNotFound; kWouldDeadlock from a callback, as for the next two.
  Result<void> pause(std::string_view bundle);
  /// Ends a pause, and quarantine: its error budgets are full again. kConflict for a bundle that is disabled.
  Result<void> resume(std::string_view bundle);
  /// What the host decides about a bundle of that name, loaded or not, in the place of its manifest; at once, and for good.
  /// Replaces what was said before.
  Result<void> configure(std::string_view bundle, const BundleSettings &settings);
  /// Every bundle that is loaded, being loaded, or could not be (the last 64 of those), sorted by name.
  std::vector<BundleStatus> statuses() const;
  /// Who takes part in which hook, in the order of the hooks' names and then of their chains.
  std::vector<HookPart> hook_parts() const;
  /// What runs, and what `rollback` can go back to, newest first. kNotFound.
  Result<std::vector<BundleVersion>> versions(std::string_view bundle) const;

  /// Pins several contracts that are guaranteed to come from one publication.
  template <class... Contracts>
  View<Contracts...> view(const Bound<Contracts> &...bounds) const noexcept {
    return View<Contracts...>(bounds...);
  }

  /// The host's own table: the allocator behind every `graft_buf`, the log, find and resolve. Valid as long as the runtime.
  const graft_host &host() const noexcept;

  std::vector<BundleInfo> bundles() const;
  std::vector<ContractInfo> contracts() const;
  /// The contract behind a handle with its types. kUnsupported for code whose types nobody saw.
  Result<ContractDescription> describe(graft_handle handle) const;

  /// Calls `listener` for every event from now on, in the order of the commits. The returned number is for `forget`. An
  /// exception that a listener lets out is logged and changes nothing.
  std::uint64_t listen(std::function<void(const Event &)> listener);
  /// When it returns, no other thread is inside the listener, and none will call it.
  void forget(std::uint64_t listener);

  /// Who still holds replaced or unloaded code of a bundle, or of all: each call, thread and kept object.
  std::vector<Holder> holders(std::string_view bundle = {}, AskThreads ask = AskThreads::kNo) const;
  /// Waits until every retired generation is unmapped, or until `limit` has passed: kBusy, with who still holds one.
  Result<void> await_retired(std::chrono::milliseconds limit);

  /// What was learned so far of the headers that bundles include.
  LearningInfo learning() const;
  /// Waits until nothing is being learned. No reload needs it: one that comes earlier is compiled plainly.
  void await_learning() const;

  /// Waits until no bundle is due for optimised code (TierUp::kFastThenGood), and no chain to be fused, or until `limit` has
  /// passed: kBusy. What came of it is in BundleInfo::tier and HookPart::chain.
  Result<void> await_tier_up(std::chrono::milliseconds limit);

  /// Lets this user's other processes ask and command this runtime (`graft ps`, `reload`, `unload`) over a Unix socket,
  /// whose path it returns. Off until it is called. kConflict when it serves already or another host has that socket,
  /// kRefused for a folder that others can enter.
  Result<std::string> serve(ServeOptions options = {});
  /// Waits for a request that is being done; so not from a callback of this runtime. The destructor does it first.
  void stop_serving();

 private:
  friend class Watcher;
  class Impl;
  explicit Runtime(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<Runtime>> create_with(Config config, const EmbeddedView *const *first,
                                                      const EmbeddedView *const *last);
  Result<void> take_views(const EmbeddedView *const *first, const EmbeddedView *const *last) const;
  Result<Binding> bind_view(const graft_contract_info &info, std::size_t functions, std::uint32_t minor) const;
  /// Names the instance's cell, so that no other gets it; null when it ended.
  detail::InstanceCell *hold_instance(graft_instance instance) const;
  Result<const detail::HookPoint *> hook_point(const graft_contract_info &info, const graft_hook_info &rule,
                                               std::size_t payload_bytes, std::size_t decision_bytes);
  Result<Binding> bind_range(const graft_contract_info &info, std::size_t functions, const VersionRange &range) const;

  std::unique_ptr<Impl> impl_;
};

template <Contract C>
Result<void> Instance<C>::destroy() const {
  if (cell_ == nullptr) return error(Code::kStale, "there is no instance to end");
  return runtime_->destroy_instance(handle_);
}

} // namespace graft
