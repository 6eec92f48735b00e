// `--cache`, as every subcommand that compiles bundles to run them has it.
#pragma once

#include "command.hpp"

namespace graft::tool {

/// A folder, a remote cache's URL, or "off".
void take_cache_place(const std::string &place, CacheConfig &config);

void add_cache_option(CLI::App &command, CacheConfig &config);

} // namespace graft::tool
