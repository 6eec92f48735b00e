// What the subcommands that are a host have in common: how their runtime is made.
#pragma once

#include "command.hpp"

#include <graft/services.hpp>
#include <graft/tier_up.hpp>

#include <memory>
#include <optional>

namespace graft::tool {

struct HostOptions {
  std::vector<std::string> paths;
  std::vector<std::string> include_dirs;
  unsigned optimise = 0;
  std::uint64_t memory = 0;
  CacheConfig cache;
  std::string kv; ///< where what plugins keep stays
  std::optional<TierUp> tier_up;
  bool checked_only = false;
  bool verbose = false;
  bool worker = false;
  bool timings = false;
  Format format = Format::kText;
};

/// PATH..., -O, --tier-up, -I, --cache, --checked-only, --worker, --timings, --memory, --kv, --verbose, --json.
void add_host_options(CLI::App &command, HostOptions &options);

/// A runtime that offers its plugins all services but the web, databases and a cache: log, metrics, time, config, kv, crypto.
Result<std::unique_ptr<Runtime>> host_of(const HostOptions &options, Learning learning);

} // namespace graft::tool
