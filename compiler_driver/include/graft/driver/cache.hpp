// The cache's folder as a whole, for who looks after it. What is looked up and stored, `Compiler` does (compiler.hpp).
#pragma once

#include <graft/base/cache.hpp>
#include <graft/base/result.hpp>

#include <string>

namespace graft::driver {

/// Where the cache of `config` is on this machine. Fails: kNotFound when it is switched off; kEnvironment when there is no
/// place for it.
Result<std::string> cache_folder(const CacheConfig &config);

// These fail as cache_folder, and when the folder cannot be used: kRefused, kEnvironment.
Result<CacheStat> cache_stat(const CacheConfig &config);
/// Opens every entry; the damaged ones are removed.
Result<CacheCheck> verify_cache(const CacheConfig &config);
/// Removes the least used entries until what is left takes four fifths of `max_bytes`; nothing when it takes less than all
/// of it, or while another process prunes.
Result<CachePruned> prune_cache(const CacheConfig &config);

} // namespace graft::driver
