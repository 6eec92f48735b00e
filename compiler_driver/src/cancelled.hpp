// What a compile that somebody stopped comes to, in this process or in the worker's.
#pragma once

#include <graft/driver/compiler.hpp>

namespace graft::driver {

inline Error cancelled(const Job &job) {
  return error(Code::kSuperseded, "the compile of bundle '" + job.bundle + "' was cancelled");
}

} // namespace graft::driver
