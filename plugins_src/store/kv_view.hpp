// The host contract graft.kv with C++'s texts, for the bundles beside this folder.
#pragma once

#include <graft/abi.h>
#include <graft/abi/hook.h>
#include <graft/service/kv.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace store {

inline graft_str of(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(graft_str text) { return {text.data, text.size}; }

inline std::string_view attribute(const graft_hook_context *context, std::string_view name) {
  graft_str value{};
  return graft_attribute_get(context, of(name), &value) == GRAFT_OK ? view(value) : std::string_view();
}

/// A copy of a text that lives as long as the request.
inline graft_str keep(graft_hook_context *context, std::string_view text) {
  return graft_arena_text(context->arena, text.data(), text.size());
}

/// Borrows the service.
class Kv {
 public:
  explicit Kv(const graft_service &service) : table_(*static_cast<const graft_kv *>(service.table)), self_(service.self) {}

  graft_status get(std::string_view key, std::string &out) const {
    std::size_t size = 0;
    out.resize(out.capacity() < 512 ? 512 : out.capacity());
    for (;;) {
      const graft_status status = table_.get(self_, of(key), out.data(), out.size(), &size);
      out.resize(status == GRAFT_OK || status == GRAFT_EXHAUSTED ? size : 0);
      if (status != GRAFT_EXHAUSTED) return status;
    }
  }
  /// A counter's value. Where there is none it is made, of 0, so that what is added later has its place; it is gone
  /// `live_ns` after that.
  graft_status counter(std::string_view key, std::int64_t &out, std::uint64_t live_ns) const {
    std::size_t size = 0;
    out = 0;
    const graft_status status = table_.get(self_, of(key), &out, sizeof out, &size);
    if (status == GRAFT_NOT_FOUND) return begin_counter(key, live_ns);
    return status == GRAFT_OK && size != sizeof out ? GRAFT_INCOMPATIBLE : status;
  }
  graft_status set(std::string_view key, std::string_view value, std::uint64_t live_ns = GRAFT_KV_FOREVER) const {
    return table_.set(self_, of(key), of(value), live_ns);
  }
  graft_status exchange(std::string_view key, const std::string *expected, const std::string *value) const {
    const graft_str was = expected == nullptr ? graft_str{} : of(*expected),
                    is = value == nullptr ? graft_str{} : of(*value);
    return table_.compare_and_set(self_, of(key), expected == nullptr ? nullptr : &was, value == nullptr ? nullptr : &is,
                                  GRAFT_KV_FOREVER);
  }
  /// Adds to a counter, which is gone `live_ns` after its first addition.
  graft_status add(std::string_view key, std::int64_t by, std::uint64_t live_ns) const {
    if (const graft_status begun = begin_counter(key, live_ns); begun != GRAFT_OK) return begun;
    return table_.increment(self_, of(key), by, nullptr);
  }

 private:
  graft_status begin_counter(std::string_view key, std::uint64_t live_ns) const {
    const char zero[sizeof(std::int64_t)] = {};
    const graft_str nothing{zero, sizeof zero};
    const graft_status made = table_.compare_and_set(self_, of(key), nullptr, &nothing, live_ns);
    return made == GRAFT_CONFLICT ? GRAFT_OK : made; // somebody else made it
  }

  const graft_kv &table_;
  void *const self_;
};

} // namespace store
