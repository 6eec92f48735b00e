// What a watcher tells, for people (a line) and for programs (one JSON object a line).
#pragma once

#include "host_options.hpp"

#include <graft/watch.hpp>

namespace graft::tool {

/// To stderr: a line for each stage that took any time.
void print_timings(const StepTimes &times);

/// With the stages, where `options` ask for them.
void report(const WatchEvent &event, const HostOptions &options);

/// Says that watching began, waits for ctrl-c or a polite kill, and gives the exit code.
int watch_until_stopped(std::size_t bundles, Format format);

} // namespace graft::tool
