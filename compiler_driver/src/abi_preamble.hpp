// `#include <graft/abi.h>`, parsed once per set of flags: a plugin is a few lines, its first one drags in thirty headers,
// and parsing those again at every save would take twice as long as everything else together.
//
// Used only where it cannot be told from the plain include: it is the source's first directive, and no flag includes
// anything before it. Everything that it was made of is looked at before each use.
#pragma once

#include "inputs.hpp"

#include <graft/base/mutex.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace clang {
class CompilerInvocation;
}

namespace graft::driver {

/// A precompiled `graft/abi.h`. Immutable.
struct AbiPreamble {
  struct Stamp {
    std::string path;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Stamp &) const = default;
  };
  std::string bytes;
  Inputs inputs;
  std::vector<Stamp> stamps; ///< of the real files among the inputs
};

/// One set of flags' preamble: made when it is asked for the second time, made anew when a header changed.
///
/// Threads: any.
class AbiPreambleCache {
 public:
  /// Null when `text` does not begin with the include, or when this is the first time: one compile alone is faster without.
  /// Shared: a compile may still read what was just replaced.
  std::shared_ptr<const AbiPreamble> find(const clang::CompilerInvocation &invocation, const SourceText &text);

 private:
  Mutex mutex_;
  unsigned asked_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const AbiPreamble> preamble_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
