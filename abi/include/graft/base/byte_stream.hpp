// Structs as bytes and back, for what is stored and sent: integers wider than a byte are LEB128, whatever has a length
// begins with it, structs nest without a mark. Not installed.
//
//   B1  Each struct's members are named once, for both directions, by a structured binding (GRAFT_MEMBERS): a member that is
//   added
//       and not named does not compile.
//   B2  A reader never trusts a length: nothing is made before the bytes for it were seen. Enumerators (by `last`) and truth
//   values are
//       in range, or the bytes are refused.
#pragma once

#include "content_key.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft {

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

/// B1. Beside the struct, in its namespace; `last(Enum)` likewise says which enumerator is the last.
#define GRAFT_MEMBERS(type, ...)                                                                                            \
  auto members(::graft::Is<type> auto &value) {                                                                             \
    auto &[__VA_ARGS__] = value;                                                                                            \
    return std::tie(__VA_ARGS__);                                                                                           \
  }

template <class T>
concept MemberwiseBytes = requires(T &value) { members(value); };

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<char> &out) : out_(out) {}

  template <class T>
    requires std::is_integral_v<T>
  void put(T number) {
    if constexpr (sizeof(T) == 1) return out_.push_back(static_cast<char>(number));
    auto rest = static_cast<std::uint64_t>(number);
    for (; rest >= 0x80; rest >>= 7) out_.push_back(static_cast<char>(rest | 0x80));
    out_.push_back(static_cast<char>(rest));
  }
  template <class T>
    requires std::is_enum_v<T>
  void put(T value) {
    put(std::to_underlying(value));
  }
  void put(const ContentKey &key) { append(std::as_bytes(std::span(key.bytes))); }
  void put(const std::string &text) { put_sized(text); }
  void put(const std::vector<char> &bytes) { put_sized(bytes); }
  template <class T>
  void put(const std::shared_ptr<T> &value) {
    put(*value);
  }
  template <class T>
  void put(const std::vector<T> &values) {
    put(values.size());
    for (const T &value : values) put(value);
  }
  template <MemberwiseBytes T>
  void put(const T &value) {
    std::apply([&](const auto &...member) { (put(member), ...); }, members(value));
  }

 private:
  void put_sized(std::span<const char> bytes) {
    put(bytes.size());
    append(std::as_bytes(bytes));
  }
  void append(std::span<const std::byte> bytes) {
    const auto *begin = reinterpret_cast<const char *>(bytes.data());
    out_.insert(out_.end(), begin, begin + bytes.size());
  }

  std::vector<char> &out_;
};

/// Reads until the first thing that cannot be; from then on it reads nothing.
class ByteReader {
 public:
  explicit ByteReader(std::span<const char> bytes) : rest_(bytes) {}

  bool is_whole() const { return !damaged_ && rest_.empty(); }
  bool is_damaged() const { return damaged_; }

  template <class T>
    requires std::is_integral_v<T>
  void get(T &number) {
    if constexpr (sizeof(T) == 1) {
      const std::span<const char> byte = take(1);
      if (byte.empty()) return;
      if (std::same_as<T, bool> && (byte.front() & ~1) != 0) return refuse();
      number = static_cast<T>(byte.front());
    } else {
      const std::uint64_t wide = take_number();
      number = static_cast<T>(wide);
      if (static_cast<std::uint64_t>(number) != wide) refuse();
    }
  }
  template <class T>
    requires std::is_enum_v<T>
  void get(T &value) {
    std::underlying_type_t<T> number{};
    get(number);
    if (number > std::to_underlying(last(T{}))) return refuse();
    value = static_cast<T>(number);
  }
  void get(ContentKey &key) {
    const std::span<const char> bytes = take(key.bytes.size());
    if (!bytes.empty()) std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
  }
  void get(std::string &text) {
    const std::span<const char> bytes = take(take_number());
    text.assign(bytes.data(), bytes.size());
  }
  void get(std::vector<char> &out) {
    const std::span<const char> bytes = take(take_number());
    out.assign(bytes.begin(), bytes.end());
  }
  template <class T>
  void get(std::shared_ptr<T> &value) {
    auto own = std::make_shared<std::remove_const_t<T>>();
    get(*own);
    value = std::move(own);
  }
  template <class T>
  void get(std::vector<T> &values) {
    std::uint64_t left = take_number();
    values.reserve(std::min(left, kReserved));
    for (; left > 0 && !damaged_; --left) get(values.emplace_back());
  }
  template <MemberwiseBytes T>
  void get(T &value) {
    if (++depth_ > kDeepest) return refuse();
    std::apply([&](auto &...member) { (get(member), ...); }, members(value));
    --depth_;
  }

 private:
  static constexpr std::uint64_t kReserved = 1024; ///< at most: a number may be damage
  static constexpr unsigned kDeepest = 64; ///< of structs within structs: notes hold notes

  void refuse() {
    damaged_ = true;
    rest_ = {};
  }
  std::span<const char> take(std::uint64_t size) {
    if (size > rest_.size()) {
      refuse();
      return {};
    }
    const std::span<const char> taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::uint64_t take_number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::span<const char> byte = take(1);
      if (byte.empty()) return 0;
      number |= static_cast<std::uint64_t>(byte.front() & 0x7f) << shift;
      if ((byte.front() & 0x80) == 0) return number;
    }
    refuse();
    return 0;
  }

  std::span<const char> rest_;
  unsigned depth_ = 0;
  bool damaged_ = false;
};

template <class T>
std::vector<char> written(const T &value) {
  std::vector<char> bytes;
  ByteWriter(bytes).put(value);
  return bytes;
}

/// Nothing, when `bytes` are not one T and no more.
template <class T>
std::optional<T> read_whole(std::span<const char> bytes) {
  T value;
  ByteReader reader(bytes);
  reader.get(value);
  return reader.is_whole() ? std::optional(std::move(value)) : std::nullopt;
}

} // namespace graft
