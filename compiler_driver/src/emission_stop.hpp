// Ends, between two functions, the emission of code that nobody waits for any more. LLVM's code generator has no way to
// say "enough": from then on it is handed functions without a body, and what comes out is thrown away.
#pragma once

#include <atomic>

namespace graft::driver {

/// While one lives, what its thread emits is asked before each function whether it is still wanted. Pipelines that are
/// built meanwhile ask, and go on asking in whatever scope they run; outside of one they emit everything.
class EmissionStop {
 public:
  /// `cancelled`: may be null, then nothing ends early. Outlives this.
  explicit EmissionStop(const std::atomic<bool> *cancelled);
  ~EmissionStop();
  EmissionStop(const EmissionStop &) = delete;
  EmissionStop &operator=(const EmissionStop &) = delete;

 private:
  const EmissionStop *const outer_;
  const std::atomic<bool> *const cancelled_;
  friend class EmptyUnwanted;
};

} // namespace graft::driver
