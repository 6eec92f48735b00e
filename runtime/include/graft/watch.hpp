// Reload what is saved: watches bundles' files and reloads those whose content changed, a moment after the last write.
//
//     auto watcher = graft::Watcher::create(*runtime, {.paths = {"plugins"}, .tell = [](const graft::WatchEvent &event) {
//     ... }});
//
// A path is a bundle, or a folder of bundles: then bundles that appear there are loaded, and those that are removed are
// unloaded.
#pragma once

#include "runtime.hpp"

#include <graft/base/clock.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace graft {

enum class WatchPhase : std::uint8_t {
  kLoaded,    ///< a bundle that was not there before is live
  kReloaded,  ///< new code is live; several bundles: in one transaction
  kUnchanged, ///< something was saved, and what runs already is what it compiles to
  kFailed,    ///< `error` says why; what ran before goes on
  kUnloaded,  ///< its folder is gone
};

GRAFT_API const char *to_string(WatchPhase phase) noexcept;

/// What came of one change. Valid during the call only.
struct WatchEvent {
  WatchPhase phase = WatchPhase::kReloaded;
  std::vector<std::string> changed{}; ///< the files whose content is another now; empty for a first load
  std::vector<BundleInfo> bundles{};  ///< as they are now: generation, source key. Of kUnloaded: as they were
  std::string path{};                 ///< of a bundle that could not be loaded; empty otherwise
  StepTimes times{};
  const Error *error = nullptr; ///< of kFailed
};

struct WatchOptions {
  std::vector<std::string> paths{};
  std::chrono::milliseconds quiet{15}; ///< one save is often several writes: a reload begins this long after the last
  Clock *clock = nullptr;              ///< null: the machine's own
  /// Told of everything that came of a change, first on the thread that creates the watcher, then on the watcher's own. It
  /// may call the runtime; it must not destroy the watcher.
  std::function<void(const WatchEvent &)> tell{};
};

/// Saves become reloads. Content decides, never a file's time: of the sources, the manifest and all headers that the last
/// compile read, wherever they are. What is saved while a compile runs is reloaded once, as the newest text, when it ended.
/// Bundles that share a changed file are reloaded as one transaction. What the host unloads is left alone from then on.
///
/// Owns: one thread, one inotify descriptor. Threads: any one. Borrows the runtime, which outlives it.
/// Fails: kExhausted when the system gives no descriptor or thread; that it gives no more watches is told as kFailed.
class GRAFT_API Watcher {
 public:
  /// Loads what of `paths` is not loaded yet; what fails is told, watched, and tried again when it changes.
  static Result<std::unique_ptr<Watcher>> create(Runtime &runtime, WatchOptions options);
  /// Waits for a reload that runs.
  ~Watcher();

 private:
  class Impl;
  explicit Watcher(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

} // namespace graft
