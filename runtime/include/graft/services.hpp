// What a runtime offers to its plugins, in one call: log, metrics, time, settings, keys and values, cryptography, and, where
// the host plugs them in, the web, databases and a cache. Each is a host contract; plugins include its header
// (graft/service/*.h).
//
//     graft::ServicesConfig services;
//     services.kv.file = "plugins.kv";
//     services.access["billing"].http = {"https://api.example.com/v1"};
//     runtime->offer_services(std::move(services));
#pragma once

#include "access.hpp"
#include "kv.hpp"
#include "outside.hpp"
#include "settings.hpp"

#include <graft/base/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace graft {

/// What one bundle may write to the log.
struct LogRate {
  std::uint32_t lines_per_second = 100;
  std::uint32_t burst = 200; ///< at once, after a quiet time
  std::size_t line_bytes = 8192;
};

struct ServicesConfig {
  LogRate log{};
  std::size_t series = 1000; ///< of metrics, for each bundle
  KvConfig kv{};
  std::map<std::string, Settings> settings{};          ///< by bundle, as Runtime::set_settings takes them
  std::map<std::string, SettingRules> setting_rules{}; ///< of bundles whose manifests declare none
  std::map<std::string, Access> access{};              ///< by bundle; who is not named may reach nothing
  std::size_t payload_bytes = std::size_t{1} << 20;    ///< of one request to, and one answer from, what is outside
  std::chrono::milliseconds web_timeout{10'000};
  std::unique_ptr<WebClient> web{};
  std::unique_ptr<QueryEngine> query{};
  std::unique_ptr<CacheEngine> cache{};
  Clock *clock = nullptr;                  ///< null: the machine's; of kv, too, unless that has its own
  std::function<std::int64_t()> wall_ns{}; ///< empty: the machine's
};

/// What plugins asked of one function of a service. A copy.
struct ServiceCalls {
  std::string function; ///< "kv.get"
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t total_ns = 0;
  std::uint64_t max_ns = 0;

  std::uint64_t total() const noexcept { return ok + failed; }
  std::uint64_t average_ns() const noexcept { return total() == 0 ? 0 : total_ns / total(); }
};

} // namespace graft
