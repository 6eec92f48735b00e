// From flags to a parsed compiler invocation. Clang's driver takes a millisecond or two for it, so that each set of flags is
// asked for once, and copied from then on; and where there is a cache, not even that.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>

#include <clang/Frontend/CompilerInvocation.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graft::driver {

class AbiPreambleCache;
class WarmBackEnd;

/// What one set of flags comes to, for one language. Shared by the compiles that use it; never changed, but for what it
/// keeps for the next one.
class Prepared {
 public:
  /// `names_features`: the author says which instructions the processor has.
  Prepared(std::vector<std::string> arguments, bool names_features);

  /// `arguments`, parsed once somebody needs them.
  const clang::CompilerInvocation &invocation() const {
    if (!is_parsed_.load(std::memory_order_acquire)) parse_unheard(); // pairs with the release in `parse`
    return invocation_;
  }
  /// Parses them, and tells `engine` what is wrong with them.
  bool parse(clang::DiagnosticsEngine &engine) const;

  const std::vector<std::string> arguments;    ///< of cc1
  const ContentKey arguments_key;              ///< of these: every compile is known by it, in several places
  std::vector<Diagnostic> warnings;            ///< of the driver
  std::shared_ptr<AbiPreambleCache> preambles; ///< shared only so that its type may stay incomplete here
  std::shared_ptr<WarmBackEnd> back_end;       ///< the same

 private:
  const bool names_features_;
  void parse_unheard() const;

  mutable std::once_flag once_;
  mutable std::atomic<bool> is_parsed_ = false;
  mutable clang::CompilerInvocation invocation_;
};

/// Where the driver's answers are kept from one process to the next; both empty: nowhere.
struct ArgumentShelf {
  std::function<std::optional<std::vector<std::string>>(std::span<const std::string> driver_arguments)> find;
  std::function<void(std::span<const std::string> driver_arguments, std::vector<std::string> arguments,
                     const InputTrace &looked_at, std::chrono::system_clock::time_point began)>
      store;
};

/// Threads: `prepare` may be called from any.
class InvocationCache {
 public:
  explicit InvocationCache(ArgumentShelf shelf = {}) : shelf_(std::move(shelf)) {}

  /// `language` is not kFromName. Fails: kInvalid with the driver's diagnostics for flags that it does not know.
  Result<std::shared_ptr<const Prepared>> prepare(const Options &options, Language language);

 private:
  const ArgumentShelf shelf_;
  Mutex mutex_;
  // Shared: a compile may still use what was just thrown out.
  std::map<std::string, std::shared_ptr<const Prepared>> prepared_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
