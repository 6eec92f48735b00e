// The public Runtime: reads what it is given, prepares, commits, and answers questions.
#include "native/built_in.hpp"
#include "runtime_impl.hpp"

#include <algorithm>

namespace graft {

const char *to_string(Phase phase) noexcept {
  switch (phase) {
  case Phase::kPreparing: return "preparing";
  case Phase::kReloaded: return "reloaded";
  case Phase::kFailed: return "failed";
  case Phase::kUnloading: return "unloading";
  case Phase::kLoaded: return "loaded";
  case Phase::kCompiling: return "compiling";
  }
  return "unknown";
}

const char *to_string(Origin origin) noexcept {
  switch (origin) {
  case Origin::kCompiled:
    return "compiled";
  case Origin::kDisk:
    return "cached";
  case Origin::kRemote:
    return "cached remotely";
  case Origin::kMemory:
    return "kept";
  }
  return "unknown";
}

Runtime::Runtime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Runtime::~Runtime() {
  stop_serving();
  impl_->tier_ups.stop();
  impl_->unload_all();
  const auto ended = impl_->retirement.await(impl_->config.farewell);
  if (ended) return;
  impl_->log.write(LogLevel::kError, "the runtime ends while code is " + ended.error().message + "; that code stays in memory");
  impl_->log.close();
  static std::atomic<Impl *> left_behind{nullptr}; // for leak checkers: what still runs needs it all. Relaxed: nobody reads it
  impl_->next_left_behind = left_behind.exchange(impl_.get(), std::memory_order_relaxed);
  (void)impl_.release();
}

Result<std::unique_ptr<Runtime>> Runtime::create_with(Config config, const EmbeddedView *const *first, const EmbeddedView *const *last) {
  GRAFT_TRY_ASSIGN(auto impl, Impl::create(std::move(config)));
  GRAFT_TRY(impl->store.views.take(first, last));
  jit::watch_stack();
  return std::unique_ptr<Runtime>(new Runtime(std::move(impl)));
}

Result<BundleInfo> Runtime::load(const std::filesystem::path &path, LoadOptions options) {
  return impl_->load([&] { return impl_->read(path); }, options);
}

Result<BundleInfo> Runtime::load(const MemoryBundle &bundle, LoadOptions options) {
  return impl_->load([&] { return impl_->read(bundle); }, options);
}

Result<BundleInfo> Runtime::load(const ArchiveBundle &bundle, LoadOptions options) {
  return impl_->load([&] { return impl_->read(bundle); }, options);
}

Result<BundleInfo> Runtime::load(BuiltInBundle bundle, LoadOptions options) {
  return impl_->load([&] { return read_bundle(std::move(bundle)); }, options);
}

Result<void> Runtime::add_loader(std::unique_ptr<Loader> loader) { return impl_->loaders.add(std::move(loader)); }

std::vector<LoaderInfo> Runtime::loaders() const { return impl_->loaders.list(); }

Result<LoadReport> Runtime::load_all(const std::filesystem::path &folder) {
  GRAFT_TRY_ASSIGN(const std::vector<std::filesystem::path> bundles, find_bundles(folder));
  return impl_->load_all(bundles);
}

Result<LoadReport> Runtime::load_all(const std::vector<std::filesystem::path> &bundles) { return impl_->load_all(bundles); }

Result<BundleInfo> Runtime::reload(const ArchiveBundle &bundle, ReloadOptions options) {
  const auto read = [&](std::string_view) { return impl_->read(bundle); };
  GRAFT_TRY_ASSIGN(std::vector<BundleInfo> infos, impl_->reload({bundle.name}, read, options));
  return std::move(infos.front());
}

Result<BundleInfo> Runtime::reload(BuiltInBundle bundle, ReloadOptions options) {
  const std::string name = bundle.name;
  options.force = Force::kYes; // whether functions do what others did, nobody can tell
  const auto read = [&](std::string_view) { return read_bundle(std::move(bundle)); };
  GRAFT_TRY_ASSIGN(std::vector<BundleInfo> infos, impl_->reload({name}, read, options));
  return std::move(infos.front());
}

Result<BundleInfo> Runtime::reload(std::string_view name_or_path, ReloadOptions options) {
  GRAFT_TRY_ASSIGN(std::vector<BundleInfo> infos, reload(std::vector{std::string(name_or_path)}, options));
  return std::move(infos.front());
}

Result<BundleInfo> Runtime::reload(const MemoryBundle &bundle, ReloadOptions options) {
  const auto read = [&](std::string_view) { return impl_->read(bundle); };
  GRAFT_TRY_ASSIGN(std::vector<BundleInfo> infos, impl_->reload({bundle.name}, read, options));
  return std::move(infos.front());
}

Result<std::vector<BundleInfo>> Runtime::reload(const std::vector<std::string> &names_or_paths, ReloadOptions options) {
  const auto read = [&](std::string_view name_or_path) { return impl_->text_of_reload(name_or_path); };
  return impl_->reload(names_or_paths, read, options);
}

Result<ReloadPlan> Runtime::plan(std::string_view name_or_path) const {
  GRAFT_TRY_ASSIGN(BundleText text, impl_->text_of_reload(name_or_path));
  GRAFT_TRY(impl_->name_reload(name_or_path, text));
  return impl_->plan(std::move(text));
}

Result<ReloadPlan> Runtime::plan(const MemoryBundle &bundle) const {
  GRAFT_TRY_ASSIGN(BundleText text, impl_->read(bundle));
  return impl_->plan(std::move(text));
}

Result<BundleInfo> Runtime::rollback(std::string_view name, std::size_t steps, ReloadOptions options) {
  return impl_->rollback(name, steps, options);
}

Result<void> Runtime::unload(std::string_view name, Dependents dependents) { return impl_->unload(name, dependents); }

Result<graft_handle> Runtime::find(std::string_view contract, std::uint32_t major, std::uint32_t minor) const {
  return impl_->store.find(contract, major, minor);
}

Result<graft_handle> Runtime::find(ContractId id, std::uint32_t minor) const { return impl_->store.find(id, minor); }

Result<graft_handle> Runtime::find(std::string_view contract, const VersionRange &range) const {
  return impl_->store.select(Want{std::string(contract), range});
}

std::vector<graft_handle> Runtime::find_all(ContractId id) const { return impl_->store.find_all(id); }

Result<Binding> Runtime::resolve(graft_handle handle) const { return impl_->store.resolve(handle); }

Result<Binding> Runtime::resolve_wide(graft_handle handle, std::size_t functions) const {
  return impl_->store.bind(handle, functions, 0);
}

Result<std::vector<std::string>> Runtime::read_contracts(const std::filesystem::path &header, const HeaderOptions &options) {
  GRAFT_TRY_ASSIGN(HeaderFile file, read_header(header, options));
  return impl_->add_views(std::move(file));
}

Result<std::vector<std::string>> Runtime::read_contracts(const MemoryFile &header, const HeaderOptions &options) {
  GRAFT_TRY_ASSIGN(HeaderFile file, read_header_text(header.name, header.contents, options));
  return impl_->add_views(std::move(file));
}

Result<void> Runtime::take_views(const EmbeddedView *const *first, const EmbeddedView *const *last) const {
  return impl_->store.views.take(first, last);
}

Result<Binding> Runtime::bind_view(const graft_contract_info &info, std::size_t functions, std::uint32_t minor) const {
  if (impl_->config.views == Views::kRequired && !impl_->store.views.has(info.name, info.major))
    return error(Code::kRefused, "the host has no view of contract '" + std::string(info.name) + "@" + std::to_string(info.major) +
                                     "', which its configuration requires: name the header in graft_contracts(), or give it to "
                                     "read_contracts");
  GRAFT_TRY_ASSIGN(const graft_handle handle, impl_->store.find(info.name, info.major, minor));
  return impl_->store.bind(handle, functions, minor);
}

Result<graft_instance> Runtime::create_instance(const Binding &provider, std::string_view data) const {
  return impl_->store.instances.create(provider, data);
}

Result<void> Runtime::destroy_instance(graft_instance instance) const { return impl_->store.instances.destroy(instance); }

Result<std::pair<Binding, void *>> Runtime::resolve_instance(graft_instance instance) const {
  return impl_->store.instances.resolve(instance);
}

detail::InstanceCell *Runtime::hold_instance(graft_instance instance) const { return impl_->store.instances.hold(instance); }

Result<void> Runtime::offer_table(const graft_contract_info &contract, const void *table, std::size_t functions, const Offer &how) {
  if (!how.permission.empty()) GRAFT_TRY(impl_->permits->names().bit_of(how.permission));
  return impl_->host_contracts.offer(contract, table, functions, how);
}

Result<Permit> Runtime::permit(const graft_service_request &request, std::string_view permission) const {
  return impl_->permits->permit(request.generation, permission);
}

Result<void> Runtime::take_permission(std::string_view bundle, std::string_view permission) {
  GRAFT_TRY(impl_->permits->take(bundle, permission));
  if (const std::string near = impl_->permits->perhaps_meant(bundle); !near.empty())
    impl_->log.write(LogLevel::kWarn, "'" + std::string(permission) + "' was taken from bundle '" + std::string(bundle) +
                                          "', which is not loaded so far; did you mean '" + near + "'?");
  return {};
}

Result<void> Runtime::give_permission(std::string_view bundle, std::string_view permission) {
  return impl_->permits->give(bundle, permission);
}

Result<void> Runtime::withdraw(std::string_view contract, std::uint32_t major) {
  return impl_->host_contracts.withdraw(contract, major);
}

std::vector<OfferInfo> Runtime::offers() const { return impl_->host_contracts.list(); }

Result<Binding> Runtime::bind_range(const graft_contract_info &info, std::size_t functions, const VersionRange &range) const {
  GRAFT_TRY_ASSIGN(const graft_handle handle, impl_->store.select(Want{info.name, range}, info.major));
  return impl_->store.bind(handle, functions, 0);
}

Result<const detail::HookPoint *> Runtime::hook_point(const graft_contract_info &info, const graft_hook_info &rule,
                                                      std::size_t payload_bytes, std::size_t decision_bytes) {
  return impl_->hook_point(info, rule, payload_bytes, decision_bytes);
}

Result<void> Runtime::pause(std::string_view bundle) { return impl_->pause(bundle); }

Result<void> Runtime::resume(std::string_view bundle) { return impl_->resume(bundle); }

Result<void> Runtime::configure(std::string_view bundle, const BundleSettings &settings) {
  return impl_->configure(bundle, settings);
}

std::vector<BundleStatus> Runtime::statuses() const { return impl_->statuses(); }

std::vector<HookPart> Runtime::hook_parts() const { return impl_->hooks.parts(); }

Result<std::vector<BundleVersion>> Runtime::versions(std::string_view bundle) const { return impl_->versions(bundle); }

const graft_host &Runtime::host() const noexcept { return impl_->host; }

std::vector<BundleInfo> Runtime::bundles() const {
  std::vector<std::pair<std::uint64_t, BundleInfo>> loaded;
  {
    const MutexLock lock(impl_->bundles_mutex_);
    for (const auto &[name, bundle] : impl_->bundles_) loaded.emplace_back(bundle.loaded, impl_->info_of(bundle));
  }
  std::sort(loaded.begin(), loaded.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<BundleInfo> infos;
  for (auto &[rank, info] : loaded) infos.push_back(std::move(info));
  return infos;
}

std::vector<ContractInfo> Runtime::contracts() const { return impl_->store.contracts(); }

Result<void> Runtime::await_tier_up(std::chrono::milliseconds limit) { return impl_->tier_ups.await(limit); }

Result<ContractDescription> Runtime::describe(graft_handle handle) const {
  GRAFT_TRY_ASSIGN(const Binding binding, resolve(handle));
  const Pin pin(binding.slot());
  const Table &table = Table::of(pin.table()).settled();
  if (table.generation() == nullptr) return error(Code::kStale, table.shape().contract + " was unloaded");
  const Generation &generation = *table.generation();
  for (const StagedProvider &provider : generation.providers)
    if (provider.facts != nullptr &&
        provider.contract + "@" + std::to_string(provider.major) + "." + std::to_string(provider.minor) == table.shape().contract)
      return ContractDescription{*provider.facts, generation.facts.types};
  return error(Code::kUnsupported, "the types of " + table.shape().contract + " were never seen: bundle '" + generation.bundle +
                                       "' is not built from source");
}

std::uint64_t Runtime::listen(std::function<void(const Event &)> listener) {
  const MutexLock lock(impl_->listeners_mutex_);
  const std::uint64_t number = impl_->next_listener_++;
  impl_->listeners_.emplace(number, std::move(listener));
  return number;
}

void Runtime::forget(std::uint64_t listener) { impl_->forget(listener); }

Result<std::string> Runtime::serve(ServeOptions options) {
  const MutexLock lock(impl_->server_mutex_);
  if (impl_->server_) return error(Code::kConflict, "this runtime serves already, at '" + impl_->server_->path() + "'");
  GRAFT_TRY_ASSIGN(impl_->server_, Server::create(*this, std::move(options)));
  return impl_->server_->path();
}

void Runtime::stop_serving() {
  std::unique_ptr<Server> server;
  const MutexLock lock(impl_->server_mutex_);
  server.swap(impl_->server_);
}

std::vector<Holder> Runtime::holders(std::string_view bundle, AskThreads ask) const { return impl_->retirement.holders(bundle, ask); }

LearningInfo Runtime::learning() const {
  const driver::PreambleStats stats = impl_->compiler->preambles();
  return {stats.uses, stats.fallbacks, stats.stale, stats.live, stats.functions, stats.bytes};
}

void Runtime::await_learning() const { impl_->compiler->wait_for_preambles(); }

Result<void> Runtime::await_retired(std::chrono::milliseconds limit) { return impl_->retirement.await(limit); }

} // namespace graft
