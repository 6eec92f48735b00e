// What the public Runtime stands on: made, asked what it has, told what happened, ended.
#include "call/caught.hpp"
#include "contract/rebind.hpp"
#include "runtime_impl.hpp"
#include "store/threads.hpp"

#include <algorithm>

namespace graft {

/// Of the files that are edited now; each holds what it read of its headers.
static constexpr std::size_t kBegunCompiles = 2;

Result<std::unique_ptr<Runtime::Impl>> Runtime::Impl::create(Config config) {
  auto log = std::make_unique<Log>(config.log, config.log_level);
  driver::Config compiling;
  compiling.threads = config.compile_threads;
  compiling.compile_bytes = config.compile_bytes;
  compiling.begun = kBegunCompiles;
  compiling.cache = config.cache;
  compiling.tell = [log = log.get()](std::string_view line) { log->write(LogLevel::kWarn, line); };
  GRAFT_TRY(check_limits(config.hooks));
  GRAFT_TRY_ASSIGN(auto permits, Permits::create(config.permissions));
  GRAFT_TRY_ASSIGN(auto linker, jit::Linker::create());
  // The code that a save will share is linked while nobody waits.
  compiling.learned = [linker = linker.get()](const auto &code) { linker->link_ahead(code); };
  GRAFT_TRY_ASSIGN(auto compiler, driver::Compiler::create(std::move(compiling)));
  enable_scans();
  return std::make_unique<Impl>(std::move(config), std::move(permits), std::move(log), std::move(linker),
                                std::move(compiler));
}

Runtime::Impl::Impl(Config config, std::unique_ptr<Permits> permits, std::unique_ptr<Log> log,
                    std::unique_ptr<jit::Linker> linker, std::unique_ptr<driver::Compiler> compiler)
    : config(std::move(config)), own_log(std::move(log)), permits(std::move(permits)), services(store, this->log, host_contracts),
      linker(std::move(linker)), compiler(std::move(compiler)) {
  services.permits = this->permits.get();
  if (this->config.allocations == Allocations::kChecked) services.blocks = std::make_unique<LiveBlocks>();
  if (this->linker->unwinding() == jit::Unwinding::kRegistered)
    this->log.write(LogLevel::kWarn,
                    "the unwinder does not ask graft for frames; throws get slower with every loaded bundle");
}

void Runtime::Impl::unload_all() {
  std::vector<Bundle *> order;
  {
    const MutexLock lock(bundles_mutex_);
    for (auto &[name, bundle] : bundles_) order.push_back(&bundle);
  }
  std::sort(order.begin(), order.end(), [](const Bundle *a, const Bundle *b) { return a->loaded > b->loaded; });
  std::vector<std::unique_ptr<Generation>> old;
  std::vector<Change> changes;
  for (Bundle *bundle : order) {
    for (SlotRecord *slot : bundle->slots) changes.push_back(Change{slot, nullptr, nullptr, {}, 0});
    old.push_back(std::move(bundle->live));
  }
  ignore(publish(std::move(changes)), "slots that are vacated do not refuse");
  for (auto &generation : old) retirement.retire(std::move(generation));
}

BundleInfo Runtime::Impl::info_of(const Bundle &bundle) const {
  BundleInfo info;
  info.name = bundle.name;
  info.version = bundle.manifest.version.text;
  info.id = bundle_id(bundle.name);
  if (const auto record = records.find(bundle.name)) info.state = record->state.load(std::memory_order_relaxed);
  info.path = bundle.path;
  info.generation = bundle.live->number;
  info.source = bundle.live->source_key;
  for (const StagedProvider &provider : bundle.live->providers)
    info.provides.push_back(provider.contract + "@" + std::to_string(provider.major) + "." + std::to_string(provider.minor));
  for (const Want &want : bundle.manifest.requires_) info.requires_.push_back(to_string(want));
  info.needs = bundle.needs;
  const PermissionBits granted = permits->granted_to(bundle.live->number);
  const bool is_whole = !bundle.manifest.lists_permissions && (granted & kWholeProcess) != 0;
  info.permissions = permits->names().names(is_whole ? kWholeProcess : granted);
  info.priority = bundle.manifest.priority;
  info.retired = retirement.waiting(bundle.name);
  info.instances = store.instances.count(bundle.slots);
  info.origin = bundle.live->origin;
  info.tier = bundle.live->tier;
  info.plan = bundle.plan;
  info.warnings = bundle.live->warnings;
  return info;
}

void Runtime::Impl::tell(const Event &event) {
  life.happened(event);
  std::vector<std::uint64_t> numbers;
  {
    const MutexLock lock(listeners_mutex_);
    for (const auto &[number, listener] : listeners_) numbers.push_back(number);
  }
  for (const std::uint64_t number : numbers) {
    const std::pair entry(number, std::this_thread::get_id());
    std::function<void(const Event &)> listener;
    {
      const MutexLock lock(listeners_mutex_);
      const auto found = listeners_.find(number);
      if (found == listeners_.end()) continue; // forgotten meanwhile
      listener = found->second;
      listening_.push_back(entry);
    }
    const auto caught = catch_all([&] { listener(event); });
    {
      const MutexLock lock(listeners_mutex_);
      listening_.erase(std::find(listening_.begin(), listening_.end(), entry));
      listened_.notify_all();
    }
    if (caught)
      log.write(LogLevel::kError, "a listener threw " + *caught + " when it was told that bundle '" +
                                      std::string(event.bundle) + "' is " + to_string(event.phase));
  }
}

void Runtime::Impl::forget(std::uint64_t listener) {
  const MutexLock lock(listeners_mutex_);
  listeners_.erase(listener);
  listened_.wait(listeners_mutex_, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    return std::none_of(listening_.begin(), listening_.end(), [&](const auto &inside) {
      return inside.first == listener && inside.second != std::this_thread::get_id();
    });
  });
}

Result<BundleText> Runtime::Impl::text_of_reload(std::string_view name_or_path) {
  std::string path(name_or_path);
  std::vector<std::filesystem::path> contracts;
  if (const auto bundle = named(name_or_path)) {
    const MutexLock lock(bundles_mutex_);
    path = (*bundle)->path;
    contracts.assign((*bundle)->contracts.begin(), (*bundle)->contracts.end());
  } else if (bundle.code() == Code::kConflict) {
    return bundle.error();
  }
  std::error_code absent;
  if (path == name_or_path && !path.empty() && path.find('/') == path.npos && !std::filesystem::exists(path, absent))
    return error(Code::kNotFound, "no bundle '" + path + "' is loaded, and there is no file of that name");
  if (path.empty())
    return error(Code::kInvalid, "bundle '" + std::string(name_or_path) + "' was loaded from memory; give its new text to reload it");
  GRAFT_TRY_ASSIGN(BundleText text, read(std::filesystem::path(path)));
  GRAFT_TRY(rebind(text, contracts));
  return text;
}

Result<void> Runtime::Impl::rebind(BundleText &text, const std::vector<std::filesystem::path> &headers) const {
  if (headers.empty()) return {};
  RebindOptions options;
  options.include_dirs = config.include_dirs;
  const auto replaced = replace_contracts(*compiler, text, headers, options);
  return replaced ? Result<void>() : Result<void>(replaced.error()); // what changed is graft::rebind's to tell
}

} // namespace graft
