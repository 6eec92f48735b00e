// What compiler and linker agree on about the second image of a generation: how its objects name what stays the first
// image's, and what a function of the first begins with, so that calls of it can be led to the second.
#pragma once

#include "hash.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graft {

/// "graft.first.FILE.SIZE.ALIGN.NAME", numbers in hexadecimal: symbol NAME as the first image's object of FILE knows it.
struct FirstName {
  std::uint64_t file = 0;  ///< `file_of_image` of its source; 0: NAME as all know it, and as it is where the first image has none
  std::uint64_t size = 0;  ///< in bytes; 0: whatever it is
  std::uint64_t align = 0; ///< its address is a multiple of this; 0: whatever it is
  std::string_view name;
};

constexpr std::uint64_t file_of_image(std::string_view source) noexcept { return fnv1a64(source); }

std::string to_string(const FirstName &name);
/// Nothing for any other symbol. The name is a part of `symbol`.
std::optional<FirstName> parse_first_name(std::string_view symbol);

/// Before a function's name: a second name for it, which says that calls of the first image's function may be led to it,
/// since both take their arguments in the same places.
inline constexpr std::string_view kTwinPrefix = "graft.twin.";

/// `nopl 0(%rax,%rax,1)`, which a jump of the same length may replace while others run it.
inline constexpr unsigned char kFirstEntry[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
inline constexpr std::uint64_t kEntryAlign = 8; ///< of functions that begin so: one store then writes a jump

} // namespace graft
