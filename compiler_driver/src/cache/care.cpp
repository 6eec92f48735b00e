// See graft/driver/cache.hpp.
#include "disk_store.hpp"
#include "places.hpp"

#include <graft/driver/cache.hpp>

namespace graft::driver {
namespace {

Result<std::unique_ptr<DiskStore>> open_folder(const CacheConfig &config) {
  GRAFT_TRY_ASSIGN(std::string folder, cache_folder(config));
  return DiskStore::open(std::move(folder), config.max_bytes);
}

} // namespace

Result<std::string> cache_folder(const CacheConfig &config) {
  GRAFT_TRY_ASSIGN(const CachePlaces places, places_of(config));
  if (!places.folder) return error(Code::kNotFound, "the cache is switched off, by GRAFT_CACHE=off or --cache off");
  return *places.folder;
}

Result<CacheStat> cache_stat(const CacheConfig &config) {
  GRAFT_TRY_ASSIGN(const std::unique_ptr<DiskStore> disk, open_folder(config));
  return disk->stat();
}

Result<CacheCheck> verify_cache(const CacheConfig &config) {
  GRAFT_TRY_ASSIGN(const std::unique_ptr<DiskStore> disk, open_folder(config));
  return disk->verify();
}

Result<CachePruned> prune_cache(const CacheConfig &config) {
  GRAFT_TRY_ASSIGN(const std::unique_ptr<DiskStore> disk, open_folder(config));
  return disk->prune();
}

} // namespace graft::driver
