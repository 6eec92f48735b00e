// What one job may take: how a job's process takes the limits on, and what its end says about them.
#pragma once

#include "channel.hpp"

#include <graft/base/result.hpp>

#include <string>

namespace graft::driver {

inline constexpr int kOutOfMemory = 71; ///< the status that a job without memory ends with

/// For the job's process, before it reads the job; it will compile on so many threads. From here on the kernel holds it to
/// them.
///
/// The place for a sandbox: what is closed here stays closed for everything that the source can reach.
void enter_limits(const WorkerLimits &limits, unsigned threads);

/// Why there is no outcome, in a sentence about `bundle`: kExhausted with the limit that was reached, else kInternal.
Error explain(const Fate &fate, const WorkerLimits &limits, const std::string &bundle);

} // namespace graft::driver
