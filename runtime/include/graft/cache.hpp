// The cache of compiled bundles as a whole: where it is, what it holds, keeping it whole and small. Runtimes use it by
// themselves (`Config::cache`).
#pragma once

#include <graft/base/cache.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <string>

namespace graft {

/// Where it is on this machine. Fails: kNotFound when it is switched off; kEnvironment when there is no place for it.
GRAFT_API Result<std::string> cache_folder(const CacheConfig &config = {});

// These fail as cache_folder, and when the folder cannot be used: kRefused, kEnvironment.
GRAFT_API Result<CacheStat> cache_stat(const CacheConfig &config = {});
/// Opens every entry; the damaged ones are removed.
GRAFT_API Result<CacheCheck> verify_cache(const CacheConfig &config = {});
/// Removes the least used entries until what is left takes four fifths of `max_bytes`; nothing when it takes less than all
/// of it, or while another process prunes.
GRAFT_API Result<CachePruned> prune_cache(const CacheConfig &config = {});

} // namespace graft
