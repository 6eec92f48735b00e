// What a runtime tells of its bundles, of what it did, and of what happens. Copies, but for the views of an `Event`.
#pragma once

#include "plugin_state.hpp"

#include <graft/abi.h>
#include <graft/base/artifact.hpp>
#include <graft/base/export.hpp>
#include <graft/base/ids.hpp>
#include <graft/base/progress.hpp>
#include <graft/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// What was learned so far of the headers that bundles include.
struct LearningInfo {
  std::uint64_t uses = 0;      ///< compiles that began with a precompiled head
  std::uint64_t fallbacks = 0; ///< compiles that were repeated without what was learned
  std::uint64_t stale = 0;     ///< heads that were found changed, and made anew
  std::size_t heads = 0;       ///< that are precompiled now
  std::size_t functions = 0;   ///< that they share the code of
  std::size_t bytes = 0;       ///< that all this takes
};

/// "compiled", "cached", "cached remotely", "kept".
GRAFT_API const char *to_string(Origin origin) noexcept;

/// What the runtime knows of a loaded bundle. A copy.
struct BundleInfo {
  std::string name;    ///< what this runtime calls it: the manifest's, or `name@version` beside others
  std::string version; ///< "1.2.0"
  BundleId id;
  BundleState state = BundleState::kRunning;
  std::string path;                     ///< empty for a bundle from memory
  std::uint64_t generation = 0;         ///< counts up over all bundles of the runtime
  ContentKey source;                    ///< over sources, headers and arguments of the live generation
  std::vector<std::string> provides;    ///< "demo.greeter@1.0"
  std::vector<std::string> requires_;   ///< as the manifest spells them
  std::vector<std::string> needs;       ///< the bundles that meet them, sorted
  std::vector<std::string> permissions; ///< that it has now; "libc" alone for one that lists none
  std::int32_t priority = 0;            ///< among providers of one version of a contract
  std::size_t retired = 0;              ///< older generations that a pin or a kept object still holds
  std::size_t instances = 0;            ///< of its contracts, with those whose `create` runs
  Origin origin = Origin::kCompiled;    ///< of the live generation's code
  /// How good its code is: "good", "fast", "fast: " with why it stays so, or "machine code" for what graft did not compile.
  std::string tier;
  std::string plan; ///< what the last reload did to kept state: "code only", "state kept: 1 kept"; empty after a load
  std::vector<Diagnostic> warnings; ///< of the compile that made the live generation
};

/// What the steps of the last load or reload of this call took, in nanoseconds of wall time; of bundles that are prepared
/// side by side, the sum.
struct StepTimes {
  std::uint64_t read_ns = 0; ///< manifest and sources
  std::uint64_t compile_ns = 0;
  std::uint64_t cache_ns = 0; ///< of `compile_ns`: looking whether it was compiled before
  CompileTimes stages;        ///< within `compile_ns`, summed over files, several of which may be compiled at once
  std::size_t files = 0;      ///< that the bundles have
  std::size_t compiled = 0;   ///< and how many of those were compiled; the others were known
  std::uint64_t link_ns = 0;
  std::uint64_t verify_ns = 0; ///< does the code do what its manifest says, do contracts and requirements fit
  std::uint64_t initialise_ns = 0;
  std::uint64_t migrate_ns = 0; ///< waiting for calls to end, carrying state over, the probe
  std::uint64_t publish_ns = 0;
};

/// What came of loading many bundles.
struct LoadReport {
  struct Broken {
    std::string path;
    Error error;
  };
  std::vector<BundleInfo> loaded; ///< in the order of their loads: who is required comes first
  std::vector<Broken> broken;
  StepTimes times; ///< of all of them together
};

/// One live provider of a contract. A copy.
struct ContractInfo {
  std::string name;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  ContractId id;
  std::string bundle;
  std::uint64_t generation = 0;
  graft_handle handle{};
};

enum class Phase : std::uint8_t {
  kPreparing, ///< a reload begins to run new code; the old is live
  kReloaded,  ///< the new is live
  kFailed,    ///< the old stays live; `error` says why. May come without kPreparing
  kUnloading, ///< the unload can no longer be refused
  kLoaded,    ///< a bundle that was not there before is live
  kCompiling, ///< one more file of a bundle that has several is compiled; `compiled` says which, and what is wrong with it
};

GRAFT_API const char *to_string(Phase phase) noexcept;

/// What happens to a bundle, told on the thread that makes it happen. Views are valid during the call only.
struct Event {
  Phase phase = Phase::kPreparing;
  std::string_view bundle;
  BundleId id;
  std::uint64_t generation = 0;           ///< the one that this is about; 0 when none was made
  ContentKey source;                      ///< of the text that made it; zero when it did not compile
  const Error *error = nullptr;           ///< of kFailed
  const CompiledFile *compiled = nullptr; ///< of kCompiling, which is told from any thread, one at a time for each compile
};

} // namespace graft
