// The hash behind contract ids and bundle ids. Content keys of artifacts are the compiler driver's business.
#pragma once

#include <cstdint>
#include <string_view>

namespace graft {

/// FNV-1a, 64 bits, over the bytes of `text` (Fowler, Noll, Vo; offset basis 0xcbf29ce484222325, prime 0x100000001b3).
constexpr std::uint64_t fnv1a64(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325u) noexcept {
  std::uint64_t hash = seed;
  for (char character : text) {
    hash ^= static_cast<unsigned char>(character);
    hash *= 0x100000001b3u;
  }
  return hash;
}

}  // namespace graft
