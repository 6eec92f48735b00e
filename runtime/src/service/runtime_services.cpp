// What a runtime does for its bundles beside running them: services, settings, quotas, and the numbers of it all.
#include "../observe/hook_metrics.hpp"
#include "../runtime_impl.hpp"

#include <graft/metrics.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

namespace graft {
namespace {

std::uint64_t quota_of(const Manifest &manifest) {
  const std::uint64_t bytes = manifest.limit("memory_bytes");
  return bytes != 0 ? bytes : MemoryAccount::kNoLimit;
}

void set_limits(BundleServices &services, const Manifest &manifest) {
  services.kv->limit(manifest.limit("kv_keys"), manifest.limit("kv_bytes"));
  services.payload_bytes.store(manifest.limit("payload_bytes"), std::memory_order_relaxed);
}

} // namespace

Result<void> Runtime::Impl::offer_services(ServicesConfig config) {
  const MutexLock lock(bundles_mutex_);
  if (offered_ != nullptr) return error(Code::kConflict, "the services of this runtime are offered already");
  for (const char *name : kServiceNames)
    if (host_contracts.has(name, 1))
      return error(Code::kConflict,
                   "host contract '" + std::string(name) + "@1' is offered by the host itself; withdraw it first");
  GRAFT_TRY_ASSIGN(offered_, ServiceSet::create(std::move(config), log, settings, *permits, host));
  for (const auto &[name, bundle] : bundles_) set_limits(offered_->of(name), bundle.manifest);
  return offered_->offer_to(host_contracts); // from here on plugins may reach the set, whatever comes of the last of them
}

Result<void> Runtime::Impl::equip(Generation &generation, const Manifest &manifest) {
  generation.settings = settings.declare(generation.bundle, generation.number, manifest.settings);
  generation.context.call_depth =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(manifest.limit("call_depth"), UINT32_MAX));
  if (manifest.limit("memory_bytes") != 0) {
    GRAFT_TRY_ASSIGN(generation.counted, services.counted.of(generation.bundle));
  }
  return {};
}

Result<void> Runtime::Impl::admit_services(const Generation &generation, const Manifest &manifest) {
  GRAFT_TRY(settings.check(generation.bundle, *generation.settings));
  MemoryAccount &account = services.accounts.of(generation.bundle);
  const MutexLock lock(bundles_mutex_);
  const bool is_new = !bundles_.contains(generation.bundle);
  if (const std::uint64_t quota = quota_of(manifest); is_new || quota > account.limit()) account.set_limit(quota);
  if (is_new && offered_ != nullptr) set_limits(offered_->of(generation.bundle), manifest);
  return {};
}

void Runtime::Impl::settle_services(const Bundle &bundle) {
  settings.publish(bundle.name, bundle.live->number);
  services.accounts.of(bundle.name).set_limit(quota_of(bundle.manifest));
  if (offered_ != nullptr) set_limits(offered_->of(bundle.name), bundle.manifest);
}

std::vector<MetricFamily> Runtime::Impl::metrics() const {
  std::vector<MetricFamily> families = life.families();
  std::ranges::move(families_of(hooks.parts()), std::back_inserter(families));
  std::ranges::move(families_of(statuses()), std::back_inserter(families));
  MetricFamily live{"graft_bundle_generation", "Number of the live generation of a bundle", MetricKind::kGauge, {}};
  MetricFamily generations{"graft_bundle_generations", "Generations of a bundle that are in memory", MetricKind::kGauge, {}};
  MetricFamily code{"graft_bundle_image_bytes", "Code and variables of a bundle's live generation", MetricKind::kGauge, {}};
  MetricFamily bundles{"graft_bundles", "Bundles that are loaded", MetricKind::kGauge, {}};
  {
    const MutexLock lock(bundles_mutex_);
    bundles.samples.push_back({{}, static_cast<double>(bundles_.size()), {}});
    for (const auto &[name, bundle] : bundles_) {
      const MetricLabels labels = {{"bundle", name}};
      const jit::ImageStats image = bundle.live->image->stats();
      live.samples.push_back({labels, static_cast<double>(bundle.live->number), {}});
      generations.samples.push_back({labels, static_cast<double>(1 + retirement.waiting(name)), {}});
      code.samples.push_back(
          {labels, static_cast<double>(image.code_bytes + image.read_only_bytes + image.writable_bytes), {}});
    }
    if (offered_ != nullptr) std::ranges::move(offered_->families(), std::back_inserter(families));
  }
  MetricFamily used{"graft_bundle_memory_bytes", "Memory that a bundle took and did not give back", MetricKind::kGauge, {}};
  MetricFamily most{"graft_bundle_memory_peak_bytes", "The most memory that a bundle had", MetricKind::kGauge, {}};
  MetricFamily refused{
      "graft_bundle_memory_refusals_total", "Allocations that a bundle's quota refused", MetricKind::kCounter, {}};
  for (const MemoryAccount *account : services.accounts.all()) {
    const MetricLabels labels = {{"bundle", account->bundle}};
    used.samples.push_back({labels, static_cast<double>(account->used()), {}});
    most.samples.push_back({labels, static_cast<double>(account->most()), {}});
    refused.samples.push_back({labels, static_cast<double>(account->refused()), {}});
  }
  families.insert(families.end(), {std::move(bundles), std::move(live), std::move(generations), std::move(code),
                                   std::move(used), std::move(most), std::move(refused)});
  drop_unloaded(families);
  return families;
}

void Runtime::Impl::drop_unloaded(std::vector<MetricFamily> &families) const {
  std::set<std::string, std::less<>> known;
  for (const auto &record : records.all()) known.insert(record->name); // of loads that failed, too
  for (MetricFamily &family : families)
    std::erase_if(family.samples, [&](const MetricSample &sample) {
      const auto bundle = std::ranges::find(sample.labels, "bundle", &MetricLabels::value_type::first);
      if (bundle == sample.labels.end() || known.contains(bundle->second)) return false;
      return family.kind != MetricKind::kGauge || sample.value == 0; // what it left behind is still to be seen
    });
}

Result<void> Runtime::offer_services(ServicesConfig config) { return impl_->offer_services(std::move(config)); }

Result<void> Runtime::set_settings(std::string_view bundle, Settings settings) {
  return impl_->settings.configure(bundle, std::move(settings));
}

KvStore *Runtime::kv() const {
  const MutexLock lock(impl_->bundles_mutex_);
  return impl_->offered_ != nullptr ? impl_->offered_->kv.get() : nullptr;
}

std::vector<ServiceCalls> Runtime::service_calls() const {
  const MutexLock lock(impl_->bundles_mutex_);
  return impl_->offered_ != nullptr ? impl_->offered_->calls() : std::vector<ServiceCalls>();
}

std::vector<MetricFamily> Runtime::metrics() const { return impl_->metrics(); }

} // namespace graft
