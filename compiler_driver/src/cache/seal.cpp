// See seal.hpp. Layout: "graftsea", the hash, the body.
#include "seal.hpp"

#include <llvm-c/blake3.h>

#include <cstring>

namespace graft::driver {
namespace {

constexpr std::string_view kMagic = "graftsea";
using Mark = std::array<std::uint8_t, 32>;
constexpr std::size_t kHeaderBytes = kMagic.size() + sizeof(Mark);

Mark mark_of(const Secret &secret, std::string_view name, std::span<const char> body) {
  llvm_blake3_hasher hasher;
  llvm_blake3_hasher_init_keyed(&hasher, secret.data());
  const std::uint64_t size = name.size();
  llvm_blake3_hasher_update(&hasher, &size, sizeof size);
  llvm_blake3_hasher_update(&hasher, name.data(), name.size());
  llvm_blake3_hasher_update(&hasher, body.data(), body.size());
  Mark mark{};
  llvm_blake3_hasher_finalize(&hasher, mark.data(), mark.size());
  return mark;
}

/// In a time that does not tell where they differ.
bool is_same(const Mark &mark, const char *other) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < mark.size(); ++i) difference |= mark[i] ^ static_cast<std::uint8_t>(other[i]);
  return difference == 0;
}

} // namespace

std::vector<char> seal(const Secret &secret, std::string_view name, std::span<const char> body) {
  std::vector<char> bytes;
  bytes.reserve(kHeaderBytes + body.size());
  bytes.insert(bytes.end(), kMagic.begin(), kMagic.end());
  const Mark mark = mark_of(secret, name, body);
  bytes.insert(bytes.end(), mark.begin(), mark.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::optional<std::span<const char>> unseal(const Secret &secret, std::string_view name, std::span<const char> bytes) {
  if (bytes.size() < kHeaderBytes || std::string_view(bytes.data(), kMagic.size()) != kMagic) return std::nullopt;
  const std::span<const char> body = bytes.subspan(kHeaderBytes);
  if (!is_same(mark_of(secret, name, body), bytes.data() + kMagic.size())) return std::nullopt;
  return body;
}

} // namespace graft::driver
