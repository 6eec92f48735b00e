// How the cache of compiled bundles is set up, and what there is to know of it. What it does: compiler_driver/README.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace graft {

/// The defaults suit one user on one machine. Environment: GRAFT_CACHE is "off", a folder, or the URL of a remote cache, and
/// counts where `folder` and `remote` are empty; GRAFT_CACHE_KEY counts where `remote_key` is.
struct CacheConfig {
  std::string folder{}; ///< "off": no cache, a remote one neither; empty: `$XDG_CACHE_HOME/graft`, else `~/.cache/graft`
  std::uint64_t max_bytes = std::uint64_t{2} << 30; ///< of the folder; the least used goes
  std::string remote{}; ///< `redis://[[user:]password@]host[:port][/db]` or `redis+unix:///path/to/socket[?db=n]`
  std::string
      remote_key{}; ///< secret of all who share the remote cache: the text itself, or the path of a file, with its '/' first
  std::chrono::milliseconds deadline{50};       ///< what one question to the remote cache may take, connecting included
  std::chrono::seconds remote_ttl{14 * 86'400}; ///< how long the remote cache keeps what nobody asks for
  std::size_t remote_entry_bytes = std::size_t{16} << 20; ///< what is larger is neither sent nor taken
};

/// What a cache's folder holds.
struct CacheStat {
  std::string folder;
  std::uint64_t artifacts = 0;
  std::uint64_t records = 0; ///< lists of what a compile read, each leading to what came of it
  std::uint64_t units = 0;   ///< files of bundles that have several
  std::uint64_t heads = 0;   ///< what sources begin with, precompiled
  std::uint64_t bytes = 0;
  std::uint64_t max_bytes = 0;
};

struct CacheCheck {
  std::uint64_t good = 0;
  std::uint64_t damaged = 0; ///< and removed
};

struct CachePruned {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

} // namespace graft
