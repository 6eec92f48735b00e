// From flags to a parsed compiler invocation. Clang's driver takes most of a millisecond for it, so that each set of flags
// is asked for once and copied from then on.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>

#include <clang/Frontend/CompilerInvocation.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace graft::driver {

class AbiPreambleCache;
class WarmBackEnd;

/// What one set of flags comes to, for one language. Shared by the compiles that use it; never changed, but for what it
/// keeps for the next one.
struct Prepared {
  clang::CompilerInvocation invocation;
  std::vector<std::string> arguments;          ///< of cc1, for content keys
  std::vector<Diagnostic> warnings;            ///< of the driver
  std::shared_ptr<AbiPreambleCache> preambles; ///< shared only so that its type may stay incomplete here
  std::shared_ptr<WarmBackEnd> back_end;       ///< the same
};

/// Threads: `prepare` may be called from any.
class InvocationCache {
 public:
  /// `language` is not kFromName. Fails: kInvalid with the driver's diagnostics for flags that it does not know.
  Result<std::shared_ptr<const Prepared>> prepare(const Options &options, Language language);

 private:
  Mutex mutex_;
  // Shared: a compile may still use what was just thrown out.
  std::map<std::string, std::shared_ptr<const Prepared>> prepared_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
