// See places.hpp.
#include "places.hpp"

#include <graft/base/fault.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace graft::driver {
namespace {

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<std::string> usual_folder() {
  // The specification has relative paths ignored.
  if (const std::string folder = environment("XDG_CACHE_HOME"); folder.starts_with('/')) return folder + "/graft";
  if (const std::string home = environment("HOME"); home.starts_with('/')) return home + "/.cache/graft";
  return error(Code::kEnvironment,
               "no place for a cache: neither XDG_CACHE_HOME nor HOME is a path; set GRAFT_CACHE to a folder, or to off");
}

} // namespace

bool is_remote(std::string_view place) { return place.find("://") != std::string_view::npos; }

Result<CachePlaces> places_of(const CacheConfig &config) {
  CachePlaces places{config.folder, config.remote, !config.remote.empty()};
  const std::string given = environment("GRAFT_CACHE");
  if (places.folder->empty() && !is_remote(given)) places.folder = given;
  if (places.remote.empty() && is_remote(given)) places.remote = given;
  if (*places.folder == "off") return CachePlaces{};
  if (places.folder->empty()) {
    GRAFT_TRY_ASSIGN(places.folder, usual_folder());
  }
  std::error_code failure;
  places.folder = std::filesystem::absolute(*places.folder, failure).lexically_normal().string();
  if (places.folder->size() > 1 && places.folder->ends_with('/')) places.folder->pop_back();
  return places;
}

Result<void> make_own_folder(const std::string &folder) {
  const auto refuse = [&](Code code, const std::string &why) { return error(code, "cache folder '" + folder + "' " + why); };
  const std::filesystem::path path(folder);
  std::error_code failure;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  if (fault::at("cache folder", ENOSPC) || (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST))
    return refuse(Code::kEnvironment, std::string("cannot be made: ") + std::strerror(errno));
  struct ::stat status{};
  if (::lstat(folder.c_str(), &status) != 0)
    return refuse(Code::kEnvironment, std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) return refuse(Code::kRefused, "is no folder");
  if (status.st_uid != ::geteuid())
    return refuse(Code::kRefused,
                  "belongs to user " + std::to_string(status.st_uid) + ", not to user " + std::to_string(::geteuid()));
  if ((status.st_mode & 022) != 0) return refuse(Code::kRefused, "can be written by others: chmod 700 it");
  return {};
}

} // namespace graft::driver
