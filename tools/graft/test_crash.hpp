// In a child of `graft test`: when a signal ends it, the parent still hears which one, and in which line of the bundle.
#pragma once

#include "json.hpp"

#include <cstdint>
#include <vector>

namespace graft::tool {

/// Handlers for the signals of crashes, on a stack of their own, and for SIGALRM, which the parent sends to a test that
/// takes too long. Each writes its events to kEventDescriptor and lets the signal end the process.
void report_crashes();

/// The lines of bundles behind return addresses, innermost first: "frames" of the event. Frames of the host are left out.
Json frames_of(const std::vector<std::uintptr_t> &counters);

} // namespace graft::tool
