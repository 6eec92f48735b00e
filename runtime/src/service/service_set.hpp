// The services of one runtime: what they keep for each bundle, and who acquired them. How their functions answer is
// service_call.hpp's.
#pragma once

#include "call_stats.hpp"
#include "log_gate.hpp"
#include "plugin_series.hpp"
#include "settings_store.hpp"

#include <graft/abi.h>
#include <graft/access.hpp>
#include <graft/base/mutex.hpp>
#include <graft/permissions.hpp>
#include <graft/services.hpp>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

class HostContracts;
class Log;
class Permits;

/// All of major 1.
inline constexpr const char *kServiceNames[] = {"graft.log",    "graft.metrics", "graft.time",  "graft.config", "graft.kv",
                                                "graft.crypto", "graft.http",    "graft.query", "graft.cache"};

/// In the order of their names in service_set.cpp.
enum class ServiceFunction : std::uint8_t {
  kLogWrite,
  kMetricsSeries,
  kMetricsAdd,
  kMetricsSet,
  kMetricsObserve,
  kTimeMonotonic,
  kTimeWall,
  kConfigVersion,
  kConfigOpen,
  kConfigGet,
  kKvGet,
  kKvSet,
  kKvRemove,
  kKvList,
  kKvCompareAndSet,
  kKvIncrement,
  kCryptoSha256,
  kCryptoSha512,
  kCryptoBlake2b,
  kCryptoHmacSha256,
  kCryptoHmacSha512,
  kCryptoRandom,
  kCryptoEqual,
  kHttpSend,
  kQueryRun,
  kCacheGet,
  kCacheSet,
  kCacheRemove,
  kCount
};

/// What services keep for one bundle, over all its generations. Lives as long as the set.
struct BundleServices {
  BundleServices(std::string_view name, const ServicesConfig &config) : name(name), log(config.log), series(config.series) {}

  const std::string name; ///< empty for the host itself
  KvSpace *kv = nullptr;
  SettingsOfBundle *settings = nullptr;
  std::vector<WebRule> web; ///< constant once made, as are the lists below
  std::vector<std::string> query;
  std::vector<std::string> cache;
  std::atomic<std::size_t> payload_bytes{0}; ///< 0: as the host says. Relaxed: it guards nothing
  LogGate log;
  SeriesOfBundle series;
};

/// Owns: what bundles keep, the store, what the host plugged in. Threads: any.
class ServiceSet {
 public:
  /// `host`: whose allocator buffers for plugins come from.
  static Result<std::unique_ptr<ServiceSet>> create(ServicesConfig config, Log &log, SettingsStore &settings,
                                                    const Permits &permits, const graft_host &host);

  Result<void> offer_to(HostContracts &contracts);
  /// Makes what is kept for a bundle, where there is none yet.
  BundleServices &of(std::string_view bundle);

  std::vector<ServiceCalls> calls() const;
  std::vector<MetricFamily> families() const; ///< what plugins count, and the services' own

  const ServicesConfig config;
  Log &log;
  SettingsStore &settings;
  const Permits &permits;
  const graft_host &host;
  std::unique_ptr<Clock> own_clock;
  Clock *clock;
  std::unique_ptr<KvStore> kv;
  std::array<CallStats, static_cast<std::size_t>(ServiceFunction::kCount)> stats;
  SeriesNames series_names;

  std::int64_t wall_ns() const;

 private:
  ServiceSet(ServicesConfig config, Log &log, SettingsStore &settings, const Permits &permits, const graft_host &host);

  const TickRate rate_;
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<BundleServices>, std::less<>> bundles_ GRAFT_GUARDED_BY(mutex_);
};

/// One acquisition: the `self` of every service's functions.
struct ServiceUse {
  ServiceSet &services;
  BundleServices &bundle;
  SettingsStore::Rules rules;
  std::string_view permission; ///< that the service asks for; empty: none
  Permit permit;               ///< for it
};

} // namespace graft
