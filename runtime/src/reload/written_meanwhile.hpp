// What a refused reload left in kept state. The new version's initialisers, `graft_init` and `graft_probe` write to what
// stays in place as the running version's calls do, at the same time; so nobody can take back the one without losing the
// other, and the refusal says what is not as it was.
#pragma once

#include "generation.hpp"

#include <graft/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace graft {

/// The bytes of kept objects at one time, as sums. What objects only point at is not looked at, nor what comes to more than
/// 1 MiB in all.
class KeptSums {
 public:
  /// Of those that `fresh`, whose code did not run yet, shares with the running version.
  void add(const Generation &fresh);
  /// Adds to a refusal which of them are different now, whoever wrote there.
  void tell(Error &refusal) const;

 private:
  struct Sum {
    std::shared_ptr<const KeptObject> object; ///< shared with its generations, of which the refused one may be gone
    std::uint64_t bytes = 0;
  };
  std::vector<Sum> sums_;
  std::size_t bytes_ = 0; ///< that were looked at
};

} // namespace graft
