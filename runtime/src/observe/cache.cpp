// The cache's folder, as the compiler looks after it.
#include <graft/cache.hpp>
#include <graft/driver/cache.hpp>

namespace graft {

Result<std::string> cache_folder(const CacheConfig &config) { return driver::cache_folder(config); }
Result<CacheStat> cache_stat(const CacheConfig &config) { return driver::cache_stat(config); }
Result<CacheCheck> verify_cache(const CacheConfig &config) { return driver::verify_cache(config); }
Result<CachePruned> prune_cache(const CacheConfig &config) { return driver::prune_cache(config); }

} // namespace graft
