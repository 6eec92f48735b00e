// A place where files are compiled that is not this compiler: a worker's process.
#pragma once

#include "unit.hpp"

#include <graft/driver/compiler.hpp>

#include <vector>

namespace graft::driver {

class Elsewhere {
 public:
  virtual ~Elsewhere() = default;
  /// One unit for each source of `job`, those that do not compile too. Fails when that cannot be had at all.
  virtual Result<std::vector<Unit>> compile_files(const Job &job, const TellCompiled &tell) const = 0;
};

} // namespace graft::driver
