// What a bundle is doing, as its host sees it, and what the host may say about it while it runs. runtime/doc/lifecycle.md
// draws the states.
#pragma once

#include "histogram.hpp"

#include <graft/base/error.hpp>
#include <graft/base/export.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace graft {

enum class BundleState : std::uint8_t {
  kLoading,     ///< compiled, linked, started; not called yet
  kRunning,     ///< takes part in its hooks
  kPaused,      ///< in none of them, until `resume`; its contracts answer, its state is kept
  kDisabled,    ///< the same, by BundleSettings, whatever is reloaded
  kQuarantined, ///< failed more often than its error budget allows; until `resume` or a reload
  kUnloading,   ///< the last calls are ending
  kFailed,      ///< its last load failed: nothing of it is here but the error
};

GRAFT_API const char *to_string(BundleState state) noexcept;

/// What becomes of a chain when a plugin fails in it.
enum class HookFailure : std::uint8_t {
  kFailOpen,  ///< as if the plugin were not there
  kFailClosed ///< the chain denies, as its hook's header says how
};

enum class Enabled : std::uint8_t { kYes, kNo };

/// What the host decides about a bundle, in the place of its manifest; by name, loaded or not. What is not said is the
/// manifest's, then Config::hooks'.
struct BundleSettings {
  Enabled enabled = Enabled::kYes;
  std::optional<std::int32_t> priority{}; ///< in all its hooks
  std::optional<HookFailure> on_failure{};
  std::optional<std::uint32_t> error_budget{};
  std::optional<std::chrono::milliseconds> call_limit{};
};

/// What may fail in a call of a hook.
enum class CallFailure : std::uint8_t {
  kStatus,    ///< it returned another status than GRAFT_OK
  kException, ///< it threw
  kTimeout,   ///< it took longer than it may
  kAction,    ///< it decided what the hook's header does not know
  kStack,     ///< it ran out of stack
};
inline constexpr std::size_t kCallFailures = 5;

GRAFT_API const char *to_string(CallFailure failure) noexcept;

/// A bundle's part in one hook. A copy.
struct HookPart {
  std::string hook; ///< "proxy.pre_query"
  std::string bundle;
  std::int32_t priority = 0;
  HookFailure on_failure = HookFailure::kFailOpen;
  std::uint32_t error_budget = 0; ///< failures within a minute until it is quarantined; 0: none are too many
  std::chrono::milliseconds call_limit{0};
  HistogramSnapshot latency{};                         ///< of its calls, in nanoseconds
  std::array<std::uint64_t, kCallFailures> failures{}; ///< by CallFailure
  std::string chain{}; ///< how its hook's chain is run: "fused", or "loop" and why: "loop: bundle 'b' is not optimised yet"

  std::uint64_t calls() const noexcept { return latency.count(); }
  std::uint64_t failed() const noexcept { return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0}); }
};

/// A bundle that is loaded, is being loaded, or could not be. A copy.
struct BundleStatus {
  std::string name;
  BundleState state = BundleState::kLoading;
  std::string error; ///< of the last load or hook that failed; empty: none did
  std::vector<HookPart> hooks{};
};

/// A version of a bundle that runs or can be gone back to. A copy.
struct BundleVersion {
  std::string version;
  std::size_t steps = 0; ///< as `rollback` counts; 0: the one that runs
  std::string path;
};

} // namespace graft
