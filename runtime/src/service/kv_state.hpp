// What the keys of all bundles are kept in. Reads lock a sixteenth of a space's keys for the time of a copy. Writes of one
// space take turns, so that its counts are plain numbers and the file sees the same order; what all spaces share is reserved
// before anything changes.
#pragma once

#include "kv_file.hpp"

#include <graft/base/mutex.hpp>
#include <graft/kv.hpp>

#include <array>
#include <atomic>
#include <map>
#include <unordered_map>

namespace graft {
namespace kv {

using Time = Clock::Time;

inline constexpr std::size_t kParts = 16;
inline constexpr Time kForever = Time::max();

struct Entry {
  std::string value;
  Time until = kForever;
};

/// A key that is looked for: its hash says which part it is in, and where there.
struct Sought {
  explicit Sought(std::string_view key) : key(key), hash(std::hash<std::string_view>()(key)) {}
  std::string_view key;
  std::size_t hash;
};

// Not noexcept: so libstdc++ keeps the hash beside each key instead of working it out for every neighbour that it passes.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  std::size_t operator()(const Sought &sought) const { return sought.hash; }
};

struct KeyEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
  bool operator()(const Sought &a, std::string_view b) const noexcept { return a.key == b; }
};

/// 64 bytes apart: who reads one part does not slow who reads another.
struct alignas(64) Part {
  mutable Mutex mutex;
  std::unordered_map<std::string, Entry, KeyHash, KeyEqual> entries GRAFT_GUARDED_BY(mutex);
};

/// A count that is only ever raised up to a limit. Relaxed: it guards nothing but itself.
class Budget {
 public:
  bool take(std::size_t amount, std::size_t limit) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do
      if (limit != 0 && (used > limit || amount > limit - used)) return false;
    while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::size_t amount) noexcept { used_.fetch_sub(amount, std::memory_order_relaxed); }
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> used_{0};
};

} // namespace kv

struct KvStore::State {
  KvConfig config;
  std::unique_ptr<Clock> own_clock;
  std::unique_ptr<KvFile> file;
  kv::Budget bytes;
  kv::Budget spaces_used;
  mutable Mutex mutex;
  std::map<std::string, std::unique_ptr<KvSpace>, std::less<>> spaces GRAFT_GUARDED_BY(mutex);

  kv::Time now() const { return config.clock->now(); }
  std::int64_t wall_ns() const {
    if (config.wall_ns) return config.wall_ns();
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

struct KvSpace::State {
  State(KvStore::State &store, std::string_view name) : store(store), name(name) {}

  kv::Part &part_of(const kv::Sought &key) { return parts[key.hash >> 57 & (kv::kParts - 1)]; }
  std::string called(std::string_view key) const { return "key '" + std::string(key.substr(0, 64)) + "' of '" + name + "'"; }

  Result<void> check_sizes(std::string_view key, std::string_view value) const;
  kv::Time until(Live live) const;
  /// The live value of a key, copied; nothing when there is none.
  std::optional<kv::Entry> read(std::string_view key);

  // Of who holds `writing`.
  Result<void> write(std::string_view key, std::string_view value, kv::Time until) GRAFT_REQUIRES(writing);
  Result<void> try_write(std::string_view key, std::string_view value, kv::Time until) GRAFT_REQUIRES(writing);
  /// Takes what a write adds; what was taken is given back where something else is refused (V1).
  Result<void> reserve(bool is_new, std::size_t added, std::string_view key) GRAFT_REQUIRES(writing);
  Result<void> erase(std::string_view key) GRAFT_REQUIRES(writing);
  void forget(std::size_t size) GRAFT_REQUIRES(writing);
  /// Removes what is past its time, where something can be; whether it did.
  bool sweep() GRAFT_REQUIRES(writing);

  KvStore::State &store;
  const std::string name;
  std::array<kv::Part, kv::kParts> parts;
  Mutex writing;
  std::size_t keys GRAFT_GUARDED_BY(writing) = 0;
  std::size_t bytes GRAFT_GUARDED_BY(writing) = 0;
  std::size_t most_keys GRAFT_GUARDED_BY(writing) = 0;
  std::size_t most_bytes GRAFT_GUARDED_BY(writing) = 0;
  kv::Time soonest GRAFT_GUARDED_BY(writing) = kv::kForever; ///< nothing is past its time before this
};

} // namespace graft
