// The keys of one bundle.
#include "kv_state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace graft {

using kv::Entry;
using kv::kForever;
using kv::Part;
using kv::Sought;
using kv::Time;

namespace {

std::string number(std::size_t value) { return std::to_string(value); }

} // namespace

Result<void> KvSpace::State::check_sizes(std::string_view key, std::string_view value) const {
  const KvLimits &limits = store.config.limits;
  if (key.empty()) return error(Code::kInvalid, "a key of '" + name + "' is empty; it needs at least one byte");
  if (limits.key_bytes != 0 && key.size() > limits.key_bytes)
    return error(Code::kPayloadLimit,
                 called(key) + " has " + number(key.size()) + " bytes, at most " + number(limits.key_bytes) + " are kept");
  if (limits.value_bytes != 0 && value.size() > limits.value_bytes)
    return error(Code::kPayloadLimit, "the value of " + called(key) + " has " + number(value.size()) + " bytes, at most " +
                                          number(limits.value_bytes) + " are kept");
  return {};
}

Time KvSpace::State::until(Live live) const {
  if (live <= Live::zero()) return kForever;
  const Time now = store.now();
  return live > kForever - now ? kForever : now + live;
}

std::optional<Entry> KvSpace::State::read(std::string_view key) {
  const Sought sought(key);
  const Part &part = part_of(sought);
  const MutexLock lock(part.mutex);
  const auto found = part.entries.find(sought);
  if (found == part.entries.end()) return std::nullopt;
  if (found->second.until != kForever && found->second.until <= store.now()) return std::nullopt;
  return found->second;
}

Result<void> KvSpace::State::reserve(bool is_new, std::size_t added, std::string_view key) {
  const KvLimits &limits = store.config.limits;
  const std::size_t key_limit = most_keys != 0 ? most_keys : limits.keys;
  const std::size_t byte_limit = most_bytes != 0 ? most_bytes : limits.space_bytes;
  if (is_new && key_limit != 0 && keys >= key_limit)
    return error(Code::kStorageLimit,
                 "'" + name + "' has " + number(keys) + " keys, as many as it may; " + called(key) + " is not written");
  if (byte_limit != 0 && added > byte_limit - std::min(byte_limit, bytes))
    return error(Code::kStorageLimit, "'" + name + "' keeps " + number(bytes) + " of " + number(byte_limit) + " bytes; " +
                                          called(key) + " needs " + number(added) + " more");
  const bool opens_space = is_new && keys == 0;
  if (opens_space && !store.spaces_used.take(1, limits.spaces))
    return error(Code::kStorageLimit,
                 number(limits.spaces) + " bundles keep something, as many as may; " + called(key) + " is not written");
  const std::size_t total = added + (opens_space ? name.size() : 0);
  if (store.bytes.take(total, limits.total_bytes)) return {};
  if (opens_space) store.spaces_used.give_back(1);
  return error(Code::kStorageLimit, "all bundles keep " + number(store.bytes.used()) + " of " + number(limits.total_bytes) +
                                        " bytes; " + called(key) + " needs " + number(total) + " more");
}

/// Bytes of a key that is gone, or was not written in the end.
void KvSpace::State::forget(std::size_t size) {
  bytes -= size;
  store.bytes.give_back(size);
  if (--keys != 0) return;
  store.bytes.give_back(name.size());
  store.spaces_used.give_back(1);
}

Result<void> KvSpace::State::try_write(std::string_view key, std::string_view value, Time until) {
  const Sought sought(key);
  Part &part = part_of(sought);
  std::optional<std::size_t> old_size;
  {
    const MutexLock lock(part.mutex);
    if (const auto found = part.entries.find(sought); found != part.entries.end()) old_size = found->second.value.size();
  }
  const std::size_t size = value.size() + (old_size ? 0 : key.size());
  const std::size_t added = size - std::min(size, old_size.value_or(0));
  GRAFT_TRY(reserve(!old_size, added, key));
  bytes += added;
  if (!old_size) ++keys;
  if (store.file != nullptr) {
    const std::int64_t wall =
        until == kForever ? 0 : store.wall_ns() + std::chrono::nanoseconds(until - store.now()).count();
    if (auto put = store.file->put({name, key, value, wall}); !put) { // V1
      if (!old_size) {
        forget(added);
      } else {
        bytes -= added;
        store.bytes.give_back(added);
      }
      return put;
    }
  }
  {
    const MutexLock lock(part.mutex);
    auto found = part.entries.find(sought);
    if (found == part.entries.end()) found = part.entries.emplace(std::string(key), Entry{}).first;
    found->second.value.assign(value);
    found->second.until = until;
  }
  const std::size_t freed = old_size.value_or(0) - std::min(size, old_size.value_or(0));
  bytes -= freed;
  store.bytes.give_back(freed);
  soonest = std::min(soonest, until);
  return {};
}

Result<void> KvSpace::State::write(std::string_view key, std::string_view value, Time until) {
  auto written = try_write(key, value, until);
  if (written || written.code() != Code::kStorageLimit || !sweep()) return written;
  return try_write(key, value, until);
}

Result<void> KvSpace::State::erase(std::string_view key) {
  if (store.file != nullptr) GRAFT_TRY(store.file->remove(name, key));
  std::size_t size = 0;
  {
    const Sought sought(key);
    Part &part = part_of(sought);
    const MutexLock lock(part.mutex);
    const auto found = part.entries.find(sought);
    if (found == part.entries.end()) return {};
    size = found->first.size() + found->second.value.size();
    part.entries.erase(found);
  }
  forget(size);
  return {};
}

bool KvSpace::State::sweep() {
  const Time now = store.now();
  if (soonest > now) return false;
  std::vector<std::string> gone;
  soonest = kForever;
  for (const Part &part : parts) {
    const MutexLock lock(part.mutex);
    for (const auto &[key, entry] : part.entries) {
      if (entry.until <= now)
        gone.push_back(key);
      else
        soonest = std::min(soonest, entry.until);
    }
  }
  for (const std::string &key : gone)
    if (!erase(key)) soonest = now; // the file refuses: it is tried again
  return !gone.empty();
}

KvSpace::KvSpace(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvSpace::~KvSpace() = default;

Code KvSpace::get(std::string_view key, void *out, std::size_t capacity, std::size_t &size) const {
  const Sought sought(key);
  const Part &part = state_->part_of(sought);
  const MutexLock lock(part.mutex);
  const auto found = part.entries.find(sought);
  if (found == part.entries.end()) return Code::kNotFound;
  const Entry &entry = found->second;
  if (entry.until != kForever && entry.until <= state_->store.now()) return Code::kNotFound;
  size = entry.value.size();
  if (size > capacity) return Code::kExhausted;
  if (size != 0) std::memcpy(out, entry.value.data(), size);
  return Code::kOk;
}

Result<std::string> KvSpace::get(std::string_view key) const {
  if (auto entry = state_->read(key)) return std::move(entry->value);
  return error(Code::kNotFound, "there is no " + state_->called(key));
}

Result<void> KvSpace::set(std::string_view key, std::string_view value, Live live) {
  GRAFT_TRY(state_->check_sizes(key, value));
  const MutexLock lock(state_->writing);
  return state_->write(key, value, state_->until(live));
}

Result<void> KvSpace::remove(std::string_view key) {
  const MutexLock lock(state_->writing);
  if (!state_->read(key)) return error(Code::kNotFound, "there is no " + state_->called(key));
  return state_->erase(key);
}

Result<void> KvSpace::compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                      std::optional<std::string_view> value, Live live) {
  GRAFT_TRY(state_->check_sizes(key, value.value_or("")));
  const MutexLock lock(state_->writing);
  const std::optional<Entry> entry = state_->read(key);
  if (entry.has_value() != expected.has_value() || (entry && entry->value != *expected))
    return error(Code::kConflict, state_->called(key) + (entry ? " has another value than expected" : " is not there"));
  if (value) return state_->write(key, *value, state_->until(live));
  return entry ? state_->erase(key) : Result<void>();
}

Result<std::int64_t> KvSpace::increment(std::string_view key, std::int64_t by) {
  static_assert(std::endian::native == std::endian::little);
  GRAFT_TRY(state_->check_sizes(key, {}));
  const MutexLock lock(state_->writing);
  const std::optional<Entry> entry = state_->read(key);
  std::int64_t count = 0;
  if (entry && entry->value.size() != sizeof count)
    return error(Code::kIncompatible,
                 state_->called(key) + " has " + number(entry->value.size()) + " bytes; a number has 8");
  if (entry) std::memcpy(&count, entry->value.data(), sizeof count);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(count, by, &sum))
    return error(Code::kInvalid, state_->called(key) + " is " + std::to_string(count) + "; adding " + std::to_string(by) +
                                     " does not fit 64 bits");
  GRAFT_TRY(state_->write(key, {reinterpret_cast<const char *>(&sum), sizeof sum}, entry ? entry->until : kForever));
  return sum;
}

std::vector<std::string> KvSpace::keys(std::string_view prefix) const {
  std::vector<std::string> keys;
  const Time now = state_->store.now();
  for (const Part &part : state_->parts) {
    const MutexLock lock(part.mutex);
    for (const auto &[key, entry] : part.entries)
      if (entry.until > now && std::string_view(key).starts_with(prefix)) keys.push_back(key);
  }
  std::ranges::sort(keys);
  return keys;
}

KvUse KvSpace::use() const {
  const MutexLock lock(state_->writing);
  state_->sweep();
  return {state_->keys, state_->bytes, state_->keys != 0 ? std::size_t{1} : 0};
}

void KvSpace::limit(std::size_t keys, std::size_t bytes) {
  const MutexLock lock(state_->writing);
  state_->most_keys = keys;
  state_->most_bytes = bytes;
}

} // namespace graft
