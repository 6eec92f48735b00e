// How a runtime behaves: what a host says when it makes one.
#pragma once

#include "hook.hpp"
#include "permissions.hpp"
#include "policy.hpp"
#include "tier_up.hpp"

#include <graft/base/cache.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

/// Whether code whose types graft's own compiler never saw (foreign bitcode, machine code) may be loaded. Its contracts'
/// names and versions are checked, its function types cannot be.
enum class Unchecked : std::uint8_t { kRefuse, kAllow };

/// What happens when a requirement is met by a provider of a version that it does not take, and by none other.
enum class Compatibility : std::uint8_t { kStrict, kWarn, kSilent };
/// Whether the host may bind a contract without a view of its own (contracts.hpp): only name, version and number of
/// functions are compared then, so a header that was edited without a new version goes unnoticed.
enum class Views : std::uint8_t { kWhenGiven, kRequired };

/// Where sources are compiled: by Clang in this process, where a crash of it is mostly held and a hang is not; or in a
/// process of its own, `graft-worker`, where neither reaches the host (decision 0018).
enum class Worker : std::uint8_t {
  kWhenAsked, ///< for bundles whose manifest says `worker = true`
  kAlways,
};

/// What one compile in a worker may take; 0: no limit. Beyond it, kExhausted names the limit.
struct WorkerLimits {
  std::chrono::milliseconds wall{60'000};
  std::chrono::seconds cpu{120};
  std::uint64_t memory_bytes = 4ull << 30;
  std::uint64_t file_bytes = 64ull << 20; ///< that it may write
};

/// Whether what is given back through `graft_host::free` is held against what was allocated. Checked, a block that is given
/// back twice, with another size, or without being the host's is an error in the log and is not freed; each costs a lock.
enum class Allocations : std::uint8_t { kTrusted, kChecked };

/// Whether loaded bundles may be exchanged. Off, every reload and rollback is kRefused and told to nobody.
enum class HotReload : std::uint8_t { kOn, kOff };

/// When the head of a source is precompiled in the background, with what its last compile needed of it, so that the next
/// compile takes a fraction of the time. It never changes what the code does.
enum class Learning : std::uint8_t {
  kNever,
  kOnReload, ///< of bundles that are reloaded: a second version announces a third
  kAtOnce,   ///< at the first load already: for somebody who is about to edit
};

/// What is measured of a load or reload: each step, or, within the compile, also what Clang does (a few hundredths more).
enum class Timings : std::uint8_t { kSteps, kStages };

/// How a runtime behaves; the defaults suit a host that loads what its owner wrote.
struct Config {
  unsigned compile_threads = 0; ///< 0: one a core
  /// Files wait to be compiled while those that are would take more; one may always. 0: no bound.
  std::size_t compile_bytes = 0;
  unsigned optimise = 0; ///< -O0 to -O3 for bundles that do not say; above 0, code is as good as it gets from the start
  std::optional<TierUp> tier_up{}; ///< for all bundles, whatever their manifests say
  /// How long new code must have been live before it is optimised in the background: while saves follow each other, none is.
  std::chrono::milliseconds tier_up_delay{200};
  Unchecked unchecked = Unchecked::kRefuse;
  Compatibility compatibility = Compatibility::kStrict;
  Views views = Views::kWhenGiven;
  HotReload hot_reload = HotReload::kOn;
  Allocations allocations = Allocations::kTrusted;
  Learning learning = Learning::kOnReload;
  Timings timings = Timings::kSteps;
  std::vector<std::string> include_dirs{}; ///< where bundles find contracts of the host and of each other
  CacheConfig cache{};                     ///< what was compiled before is not compiled again (compiler_driver/README.md)
  std::size_t retired_limit = 64; ///< generations of one bundle that may wait for their last call; then reloads are refused
  std::size_t max_bundles = 0;    ///< that may be loaded at a time; one more is kPluginLimit. 0: any number
  /// What stays of each thread's stack when a plugin runs out of it (kStackLimit); of a small stack a quarter at most. 0: a
  /// plugin that recurses without end ends the process. Of several runtimes in a process the largest counts.
  std::size_t stack_reserve_bytes = 128 * 1024;
  HookConfig hooks{};             ///< what plugins in hooks are allowed
  std::size_t history = 4;        ///< versions of each bundle that `rollback` can go back to
  std::chrono::milliseconds drain{100}; ///< how long a reload that carries state over waits for running calls to end
  std::chrono::milliseconds gate{500};  ///< how long a bundle's `graft_probe` may take
  /// How long the end of a runtime waits for calls, and for threads that plugins started. What they are in then stays in
  /// memory for good, and the log says so. A `graft_stop` or destructor of a plugin is a call that nobody ends for it.
  std::chrono::milliseconds farewell{5'000};
  Worker worker = Worker::kWhenAsked;
  WorkerLimits worker_limits{};
  std::string worker_program{};  ///< empty: `graft/graft-worker` beside the library
  PermissionRules permissions{}; ///< what bundles may ask for, and permissions of the host's own
  Policy policy{};               ///< may a bundle be loaded, reloaded, started again? Empty: yes
  /// Called with each line of the log, from any thread, one call at a time. Empty: nothing is logged.
  std::function<void(LogLevel, std::string_view line)> log{};
  LogLevel log_level = LogLevel::kInfo;
};

} // namespace graft
