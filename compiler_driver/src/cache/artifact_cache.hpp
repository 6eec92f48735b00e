// The cache around a compile: is there an artifact of this very request, whose compile looked at what is there now? On this
// machine first, then where machines share. What was compiled is stored behind the caller's back.
//
// Nothing in here is ever an error of the caller: without a cache everything works, and takes longer. What is wrong with it
// is said once.
#pragma once

#include "../head_bytes.hpp"
#include "argument_entry.hpp"
#include "background.hpp"
#include "disk_store.hpp"
#include "input_record.hpp"
#include "redis_store.hpp"
#include "unit_memory.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/cache.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace graft::driver {

/// Threads: any.
class ArtifactCache {
 public:
  using Tell = std::function<void(std::string_view)>;

  /// Null when there is to be none. Touches no file yet. `tell` is called from any thread.
  /// Fails: as RedisStore::create, for a remote cache that the configuration, not the environment, asks for.
  static Result<std::unique_ptr<ArtifactCache>> create(const CacheConfig &config, Tell tell);

  std::optional<Artifact> find(const ContentKey &request);

  /// `trace`: what the compile looked at, `began`: when it did. Nothing is stored of what cannot be repeated.
  void store(const ContentKey &request, const Artifact &artifact, const InputTrace &trace, WallTime began);

  /// The same for one file of a bundle. Units are of this machine: a remote cache has bundles as a whole.
  std::optional<KnownUnit> find_unit(const ContentKey &request, SecondLook &look);
  void store_unit(const ContentKey &request, const KnownUnit &known);

  /// A source's head, by its key; by whoever makes heads, who looks whether it still holds.
  std::optional<StoredHead> find_head(const ContentKey &key);
  void store_head(const ContentKey &key, std::shared_ptr<const Preamble> preamble, std::vector<Recipe> recipes);

  /// A linked image's bytes, by its own machine's linker: they are never taken from a cache that machines share.
  std::optional<std::vector<char>> find_image(const ContentKey &key);
  void store_image(const ContentKey &key, std::vector<char> bytes);

  /// What Clang's driver made of flags of that name, if what it looked at looks the same.
  std::optional<std::vector<std::string>> find_arguments(const ContentKey &key);
  void store_arguments(const ContentKey &key, std::vector<std::string> arguments, const InputTrace &trace, WallTime began);

  /// Until all that was to be stored is.
  void wait() { background_.wait(); }

 private:
  ArtifactCache(const CacheConfig &config, Tell tell) : config_(config), tell_(std::move(tell)) {}

  /// Null when the folder cannot be had.
  DiskStore *disk();
  std::optional<Artifact> find_on_disk(const ContentKey &request);
  /// Code of headers, once for all units that rely on it. Null when it is not there.
  std::shared_ptr<const HeaderCode> find_code(const ContentKey &key);
  std::optional<Artifact> find_remote(const ContentKey &request);
  void keep(EntryKind kind, const ContentKey &request, InputRecord record, std::span<const char> body);
  void keep_records(const ContentKey &request, InputRecord record);
  void keep_code(const HeaderCode &code);
  void keep_arguments(const ContentKey &key, ArgumentEntry entry);
  void send(const ContentKey &request, const InputRecord &record, std::span<const char> artifact);
  void prune_now_and_then(std::size_t stored_bytes);
  void note_failure(const Result<void> &stored);

  const CacheConfig config_;
  const Tell tell_;
  std::string folder_;
  std::unique_ptr<RedisStore> remote_;
  SystemClock clock_;
  Mutex mutex_;
  bool opened_ GRAFT_GUARDED_BY(mutex_) = false;
  bool told_ GRAFT_GUARDED_BY(mutex_) = false;
  std::map<std::array<std::uint8_t, 32>, std::weak_ptr<const HeaderCode>> codes_ GRAFT_GUARDED_BY(mutex_);
  std::unique_ptr<DiskStore> disk_ GRAFT_GUARDED_BY(mutex_);
  std::uint64_t stored_bytes_ = 0; ///< since the last pruning; of the background's thread
  bool has_looked_ = false;        ///< whether pruning is due; the same
  Background background_;          ///< last: what is left to do uses the rest
};

} // namespace graft::driver
