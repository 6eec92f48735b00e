// Where a cache is: what the host says, then what the environment says, then the user's usual folder.
#pragma once

#include <graft/base/cache.hpp>
#include <graft/base/result.hpp>

#include <optional>
#include <string>

namespace graft::driver {

struct CachePlaces {
  std::optional<std::string> folder; ///< none: no cache, a remote one neither
  std::string remote;                ///< empty: none
  bool remote_is_asked_for = false;  ///< by the host, which then wants to know that it cannot be had
};

/// Fails: kEnvironment when there is neither a folder in the configuration nor a home.
Result<CachePlaces> places_of(const CacheConfig &config);

bool is_remote(std::string_view place);

/// Makes the folder, of mode 0700, and those above it. Fails: kEnvironment when it cannot be made; kRefused when it is
/// someone else's or others may write to it: what they put there would be run.
Result<void> make_own_folder(const std::string &folder);

} // namespace graft::driver
