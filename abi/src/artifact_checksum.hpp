// The checksum in an artifact's bytes. It stands alone so that a test can seal bytes that it damaged, and see what the
// reader does.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace graft {

/// Where it stands in the bytes; what it covers begins behind it.
inline constexpr std::size_t kArtifactChecksumAt = 12;

/// FNV-1a over words of eight bytes instead of bytes. Each step is one-to-one, so that no change within one word goes
/// unnoticed.
inline std::uint64_t artifact_checksum(std::span<const char> bytes) {
  std::uint64_t sum = 0xcbf29ce484222325u ^ bytes.size();
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), 8))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<std::size_t>(bytes.size(), 8));
    sum = std::rotl((sum ^ word) * 0x100000001b3u, 29);
  }
  return sum;
}

} // namespace graft
