// What the subcommands that are a host have in common: how their runtime is made.
#pragma once

#include "command.hpp"

#include <graft/tier_up.hpp>

#include <optional>

namespace graft::tool {

struct HostOptions {
  std::vector<std::string> paths;
  std::vector<std::string> include_dirs;
  unsigned optimise = 0;
  std::uint64_t memory = 0;
  CacheConfig cache;
  std::optional<TierUp> tier_up;
  bool checked_only = false;
  bool verbose = false;
  bool worker = false;
  bool timings = false;
  Format format = Format::kText;
};

/// PATH..., -O, --tier-up, -I, --cache, --checked-only, --worker, --timings, --memory, --verbose, --json.
void add_host_options(CLI::App &command, HostOptions &options);

Config config_of(const HostOptions &options);

} // namespace graft::tool
