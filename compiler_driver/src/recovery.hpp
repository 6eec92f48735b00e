// A crash of Clang as an error. Best effort: what the crashed compile held is lost, and a hostile source belongs in a worker
// process instead.
#pragma once

#include <graft/base/result.hpp>

#include <functional>

namespace graft::driver {

/// Runs `work` so that a fatal signal or an LLVM fatal error on this thread comes back as a kInternal error. The
/// process-wide handlers that it needs are installed while at least one such call runs, and not a moment longer.
Result<void> run_guarded(const std::function<void()> &work);

} // namespace graft::driver
