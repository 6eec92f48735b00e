// What a cache holds, wherever it holds it: bytes under a kind and a key, sealed.
#pragma once

#include "seal.hpp"

#include <graft/base/content_key.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::driver {

enum class EntryKind : std::uint8_t {
  kRecord,    ///< named by a request: what compiles of it looked at
  kArtifact,  ///< named by a request and all that its compile looked at
  kUnit,      ///< likewise, of one file of a bundle
  kCode,      ///< named by its content: code of headers that units rely on
  kHead,      ///< named by flags and the head of a source: that, precompiled
  kImage,     ///< named by a bundle's objects: what the linker made of them
  kArguments, ///< named by flags: what Clang's driver made of them
};

std::string_view word_of(EntryKind kind);

/// All digits of a key.
std::string full_text(const ContentKey &key);

/// What an entry's seal says that it is.
std::string entry_name(EntryKind kind, const ContentKey &key);

/// An entry that opened.
struct Entry {
  std::vector<char> sealed;
  std::size_t body_at = 0;

  std::span<const char> body() const { return std::span(sealed).subspan(body_at); }
};

/// Nothing when `sealed` is no whole entry of that name.
std::optional<Entry> open_entry(const Secret &secret, EntryKind kind, const ContentKey &key, std::vector<char> sealed);

} // namespace graft::driver
