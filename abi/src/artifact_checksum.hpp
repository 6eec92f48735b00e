// The checksum in an artifact's bytes. It stands alone so that a test can seal bytes that it damaged, and see what the
// reader does.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace graft {

/// Where it stands in the bytes; what it covers begins behind it.
inline constexpr std::size_t kArtifactChecksumAt = 12;

/// FNV-1a over words of eight bytes instead of bytes. Each step is one-to-one, so that no change within one word goes
/// unnoticed.
inline std::uint64_t artifact_checksum(std::span<const char> bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t sum = 0xcbf29ce484222325u ^ bytes.size();
  const auto add = [&sum](std::uint64_t word) { sum = std::rotl((sum ^ word) * 0x100000001b3u, 29); };
  std::uint64_t word = 0;
  for (; bytes.size() >= kWord; bytes = bytes.subspan(kWord)) {
    std::memcpy(&word, bytes.data(), kWord);
    add(word);
  }
  if (bytes.empty()) return sum;
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  add(word);
  return sum;
}

} // namespace graft
