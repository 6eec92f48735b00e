// Keys and values that outlive the code of the bundle they belong to, and, in a file, the process.
//
//     auto store = graft::KvStore::create({.file = "plugins.kv"});
//     store->space("cost-governor").increment("tenant:1:usage", 5);
//
// Each bundle has a space of its own, which `graft.kv` (graft/service/kv.h) gives it; a host reaches all of them.
//
// Invariants:
//   V1  A write that is refused changes nothing, here or in the file.
//   V2  Bytes are counted to the byte: keys, values, and the name of each space that has a key. A limit is reached, never
//   passed. V3  With a file, what a write said was done is there again after the process was killed.
#pragma once

#include <graft/base/clock.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// 0 is no limit, everywhere.
struct KvLimits {
  std::size_t key_bytes = 1024;
  std::size_t value_bytes = 65'536;
  std::size_t keys = 1024; ///< in one space
  std::size_t space_bytes = 0;
  std::size_t spaces = 256; ///< that have a key
  std::size_t total_bytes = std::size_t{64} << 20;
};

/// What a write of a store with a file survives: the end of the process, or that of the machine, which costs a disk's flush
/// each.
enum class KvSync : std::uint8_t { kProcess, kPower };

struct KvConfig {
  KvLimits limits{};
  std::filesystem::path file{}; ///< SQLite's; made when it is not there. Empty: nothing is kept
  KvSync sync = KvSync::kProcess;
  Clock *clock = nullptr;                  ///< for times to live; null: the machine's
  std::function<std::int64_t()> wall_ns{}; ///< the same in the file; empty: the machine's
};

struct KvUse {
  std::size_t keys = 0;
  std::size_t bytes = 0;
  std::size_t spaces = 0;

  bool operator==(const KvUse &) const = default;
};

/// One bundle's keys. Lives as long as its store. Threads: any; who reads waits for no writer of another key's part.
class GRAFT_API KvSpace {
 public:
  using Live = std::chrono::nanoseconds; ///< zero: for ever

  /// Copies the value where it fits and says its size: kOk, kNotFound, kExhausted when `capacity` is too small.
  Code get(std::string_view key, void *out, std::size_t capacity, std::size_t &size) const;
  Result<std::string> get(std::string_view key) const; ///< kNotFound
  /// kPayloadLimit for a key or value that is too long, kStorageLimit for what is too much together.
  Result<void> set(std::string_view key, std::string_view value, Live live = {});
  Result<void> remove(std::string_view key); ///< kNotFound
  /// Writes `value`, or removes the key without one, where its value is `expected`, or it has none; otherwise kConflict.
  Result<void> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                               std::optional<std::string_view> value, Live live = {});
  /// Of a number of 8 bytes, little endian. kIncompatible, kInvalid when the sum does not fit; as `set`.
  Result<std::int64_t> increment(std::string_view key, std::int64_t by);
  /// In ascending order.
  std::vector<std::string> keys(std::string_view prefix = {}) const;
  KvUse use() const;
  /// Of this space alone, beside the store's; 0 leaves it to those.
  void limit(std::size_t keys, std::size_t bytes);

  struct State;
  explicit KvSpace(std::unique_ptr<State> state);
  ~KvSpace();

 private:
  const std::unique_ptr<State> state_;
};

/// Owns: the spaces, the file. Threads: any.
class GRAFT_API KvStore {
 public:
  /// kInvalid for a file that is no store, kIncompatible for one of another version, kBusy while another store has it,
  /// kEnvironment when it cannot be made.
  static Result<std::unique_ptr<KvStore>> create(KvConfig config = {});
  ~KvStore();

  /// Makes it where there is none.
  KvSpace &space(std::string_view name);
  /// Those that have a key, in their order.
  std::vector<std::string> spaces() const;
  KvUse use() const;

  struct State;

 private:
  explicit KvStore(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

} // namespace graft
