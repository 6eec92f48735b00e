// The keys that tell our own cache entries from anybody else's: one per user, in the cache's folder; one that all users of a
// remote cache share.
#pragma once

#include <graft/base/result.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace graft::driver {

using Secret = std::array<std::uint8_t, 32>;

/// The secret of a cache's folder, made at random the first time; of several processes that make it at once, all get the
/// same. Fails: kRefused for a key file that others may read or that is someone else's; kEnvironment when it can be neither
/// read nor made.
Result<Secret> folder_secret(const std::string &folder);

/// The secret that `given` is: a text of at least 32 characters, or the path of a file with one.
/// Fails: kInvalid for too short a text or none, with how to make one; kRefused for a file that others may read.
Result<Secret> shared_secret(const std::string &given);

} // namespace graft::driver
