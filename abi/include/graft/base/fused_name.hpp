// What compiler and linker agree on about a fused image, which is made of the second images' code of several bundles: how it
// names what each of them has outside of that code.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace graft {

/// "graft.member.INDEX.NAME": symbol NAME as the second image of the member knows it.
struct MemberName {
  std::size_t member = 0;
  std::string_view name;
};

inline constexpr std::string_view kMemberPrefix = "graft.member.";

inline std::string to_string(const MemberName &name) {
  return std::string(kMemberPrefix).append(std::to_string(name.member)).append(".").append(name.name);
}

/// Nothing for any other symbol. The name is a part of `symbol`.
inline std::optional<MemberName> parse_member_name(std::string_view symbol) {
  if (!symbol.starts_with(kMemberPrefix)) return std::nullopt;
  symbol.remove_prefix(kMemberPrefix.size());
  MemberName name;
  const auto [end, failure] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), name.member);
  if (failure != std::errc() || end == symbol.data() + symbol.size() || *end != '.') return std::nullopt;
  name.name = symbol.substr(static_cast<std::size_t>(end - symbol.data()) + 1);
  return name;
}

} // namespace graft
