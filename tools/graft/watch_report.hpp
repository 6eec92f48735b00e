// What a watcher tells, for people (a line) and for programs (one JSON object a line).
#pragma once

#include "command.hpp"

#include <graft/watch.hpp>

namespace graft::tool {

void report(const WatchEvent &event, Format format);

/// Says that watching began, waits for ctrl-c or a polite kill, and gives the exit code.
int watch_until_stopped(std::size_t bundles, Format format);

} // namespace graft::tool
