// See service_set.hpp.
#include "service_set.hpp"

#include "../call/host_contracts.hpp"
#include "../permit/permits.hpp"
#include "service_call.hpp"

#include <graft/abi/util.h>

#include <sodium.h>

#include <algorithm>
#include <type_traits>

namespace graft {
namespace {

constexpr const char *kFunctions[] = {"log.write",
                                      "metrics.series",
                                      "metrics.add",
                                      "metrics.set",
                                      "metrics.observe",
                                      "time.monotonic_ns",
                                      "time.wall_ns",
                                      "config.version",
                                      "config.open",
                                      "config.get",
                                      "kv.get",
                                      "kv.set",
                                      "kv.remove",
                                      "kv.list",
                                      "kv.compare_and_set",
                                      "kv.increment",
                                      "crypto.sha256",
                                      "crypto.sha512",
                                      "crypto.blake2b",
                                      "crypto.hmac_sha256",
                                      "crypto.hmac_sha512",
                                      "crypto.random",
                                      "crypto.equal",
                                      "http.send",
                                      "query.run",
                                      "cache.get",
                                      "cache.set",
                                      "cache.remove"};
static_assert(std::size(kFunctions) == static_cast<std::size_t>(ServiceFunction::kCount));

/// What a service asks for. Who writes to the log or reads its own settings needs nothing.
constexpr std::pair<std::string_view, const char *> kPermissions[] = {
    {"graft.metrics", "metrics"}, {"graft.time", "time"},   {"graft.kv", "kv"},      {"graft.crypto", "crypto"},
    {"graft.http", "http"},       {"graft.query", "query"}, {"graft.cache", "cache"}};

const char *permission_for(std::string_view contract) {
  const auto found = std::ranges::find(kPermissions, contract, &std::pair<std::string_view, const char *>::first);
  return found == std::end(kPermissions) ? "" : found->second;
}

graft_status create_use(void *user_data, const graft_service_request *request, void **self) {
  auto &services = *static_cast<ServiceSet *>(user_data);
  const std::string_view bundle = view(request->bundle);
  const std::string_view permission = permission_for(view(request->contract));
  Permit permit;
  if (!permission.empty()) {
    auto given = services.permits.permit(request->generation, permission);
    if (!given) return fail(given.error());
    permit = *std::move(given);
  }
  *self = new ServiceUse{services, services.of(bundle), services.settings.rules_of(bundle, request->generation), permission,
                         std::move(permit)};
  return GRAFT_OK;
}

void destroy_use(void *, void *self) { delete static_cast<ServiceUse *>(self); }

Result<std::vector<WebRule>> rules_of(const std::string &bundle, const Access &access) {
  std::vector<WebRule> rules;
  for (const std::string &text : access.http) {
    auto rule = parse_web_rule(text);
    if (!rule) return error(Code::kInvalid, "what bundle '" + bundle + "' may reach: " + rule.error().message);
    rules.push_back(*std::move(rule));
  }
  return rules;
}

} // namespace

ServiceSet::ServiceSet(ServicesConfig config, Log &log, SettingsStore &settings, const Permits &permits,
                       const graft_host &host)
    : config(std::move(config)), log(log), settings(settings), permits(permits), host(host),
      own_clock(this->config.clock == nullptr ? std::make_unique<SystemClock>() : nullptr),
      clock(this->config.clock != nullptr ? this->config.clock : own_clock.get()) {}

Result<std::unique_ptr<ServiceSet>> ServiceSet::create(ServicesConfig config, Log &log, SettingsStore &settings,
                                                       const Permits &permits, const graft_host &host) {
  if (sodium_init() < 0) return error(Code::kEnvironment, "this machine gives no random numbers: libsodium cannot start");
  for (const auto &[bundle, access] : config.access) GRAFT_TRY(rules_of(bundle, access));
  for (auto &[bundle, rules] : config.setting_rules) {
    for (const SettingRule &rule : rules)
      if (const auto checked = check_rule(rule); !checked)
        return error(Code::kInvalid, "setting '" + rule.name + "' of bundle '" + bundle + "' " + checked.error().message);
    settings.declare_for(bundle, rules);
  }
  for (const auto &[bundle, given] : config.settings) GRAFT_TRY(settings.configure(bundle, given));
  std::unique_ptr<ServiceSet> services(new ServiceSet(std::move(config), log, settings, permits, host));
  KvConfig kv = services->config.kv;
  if (kv.clock == nullptr) kv.clock = services->clock;
  if (!kv.wall_ns) kv.wall_ns = services->config.wall_ns;
  GRAFT_TRY_ASSIGN(services->kv, KvStore::create(std::move(kv)));
  return services;
}

Result<void> ServiceSet::offer_to(HostContracts &contracts) {
  for (const auto offer_one :
       {offer_log, offer_metrics, offer_time, offer_config, offer_kv, offer_crypto, offer_http, offer_query, offer_cache})
    GRAFT_TRY(offer_one(*this, contracts));
  return {};
}

BundleServices &ServiceSet::of(std::string_view bundle) {
  const MutexLock lock(mutex_);
  const auto found = bundles_.find(bundle);
  if (found != bundles_.end()) return *found->second;
  auto made = std::make_unique<BundleServices>(bundle, config);
  made->kv = &kv->space(bundle);
  made->settings = &settings.of(bundle);
  if (const auto access = config.access.find(std::string(bundle)); access != config.access.end()) {
    made->web = *rules_of(made->name, access->second); // they were read before, in `create`
    made->query = access->second.query;
    made->cache = access->second.cache;
  }
  return *bundles_.emplace(std::string(bundle), std::move(made)).first->second;
}

std::int64_t ServiceSet::wall_ns() const {
  if (config.wall_ns) return config.wall_ns();
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<ServiceCalls> ServiceSet::calls() const {
  std::vector<ServiceCalls> calls;
  for (std::size_t index = 0; index < stats.size(); ++index) {
    const CallStats::Totals totals = stats[index].totals();
    calls.push_back(
        {kFunctions[index], totals.ok, totals.failed, rate_.to_ns(totals.ticks), rate_.to_ns(totals.most_ticks)});
  }
  return calls;
}

std::vector<MetricFamily> ServiceSet::families() const {
  MetricFamily dropped{
      "graft_log_lines_dropped_total", "Lines that a bundle wrote to the log beyond its rate", MetricKind::kCounter, {}};
  MetricFamily keys{"graft_kv_keys", "Keys that a bundle keeps", MetricKind::kGauge, {}};
  MetricFamily bytes{"graft_kv_bytes", "Bytes of the keys and values that a bundle keeps", MetricKind::kGauge, {}};
  std::vector<MetricFamily> families;
  const MutexLock lock(mutex_);
  for (const auto &[name, bundle] : bundles_) {
    const MetricLabels labels = {{"bundle", name}};
    dropped.samples.push_back({labels, static_cast<double>(bundle->log.dropped()), {}});
    const KvUse use = bundle->kv->use();
    keys.samples.push_back({labels, static_cast<double>(use.keys), {}});
    bytes.samples.push_back({labels, static_cast<double>(use.bytes), {}});
    bundle->series.add_to(families, name);
  }
  families.insert(families.end(), {std::move(dropped), std::move(keys), std::move(bytes)});
  MetricFamily served{"graft_service_calls_total", "What plugins asked of the services", MetricKind::kCounter, {}};
  MetricFamily seconds{"graft_service_seconds_total", "How long the services took to answer", MetricKind::kCounter, {}};
  MetricFamily longest{"graft_service_longest_seconds", "How long a service took at most", MetricKind::kGauge, {}};
  for (const ServiceCalls &one : calls()) {
    if (one.total() == 0) continue;
    served.samples.push_back({{{"function", one.function}, {"outcome", "ok"}}, static_cast<double>(one.ok), {}});
    served.samples.push_back({{{"function", one.function}, {"outcome", "failed"}}, static_cast<double>(one.failed), {}});
    seconds.samples.push_back({{{"function", one.function}}, static_cast<double>(one.total_ns) * 1e-9, {}});
    longest.samples.push_back({{{"function", one.function}}, static_cast<double>(one.max_ns) * 1e-9, {}});
  }
  families.insert(families.end(), {std::move(served), std::move(seconds), std::move(longest)});
  return families;
}

Result<void> append(const ServiceUse &use, graft_buf &buffer, std::string_view bytes) {
  if (graft_buf_append(&use.services.host, &buffer, bytes.data(), bytes.size()) == GRAFT_OK) return {};
  return error(Code::kExhausted, "no memory for an answer of " + std::to_string(bytes.size()) + " bytes");
}

Result<void> check_payload(const ServiceUse &use, const char *what, std::size_t size) {
  const std::size_t of_host = use.services.config.payload_bytes;
  const std::size_t own = use.bundle.payload_bytes.load(std::memory_order_relaxed);
  const std::size_t most = own != 0 ? std::min(own, of_host) : of_host;
  if (size <= most) return {};
  return error(Code::kPayloadLimit, "bundle '" + use.bundle.name + "': " + what + " has " + std::to_string(size) +
                                        " bytes, at most " + std::to_string(most) + " are handed over");
}

Result<void> offer_table(ServiceSet &services, HostContracts &contracts, const graft_contract_info &contract,
                         const void *table, std::size_t functions) {
  return contracts.offer(contract, table, functions,
                         {Service::kPerUse, &services, create_use, destroy_use, permission_for(contract.name)});
}

} // namespace graft
