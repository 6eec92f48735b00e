// See entry.hpp.
#include "entry.hpp"

namespace graft::driver {

std::string_view word_of(EntryKind kind) {
  switch (kind) {
  case EntryKind::kRecord:
    return "record";
  case EntryKind::kArtifact:
    return "artifact";
  case EntryKind::kUnit:
    return "unit";
  case EntryKind::kCode:
    return "code";
  case EntryKind::kHead:
    return "head";
  case EntryKind::kImage:
    return "image";
  case EntryKind::kArguments:
    return "arguments";
  }
  return "unknown";
}

std::string full_text(const ContentKey &key) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * key.bytes.size());
  for (const std::uint8_t byte : key.bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string entry_name(EntryKind kind, const ContentKey &key) { return full_text(key) + '.' + std::string(word_of(kind)); }

std::optional<Entry> open_entry(const Secret &secret, EntryKind kind, const ContentKey &key, std::vector<char> sealed) {
  const auto body = unseal(secret, entry_name(kind, key), sealed);
  if (!body) return std::nullopt;
  const auto at = static_cast<std::size_t>(body->data() - sealed.data());
  return Entry{std::move(sealed), at};
}

} // namespace graft::driver
