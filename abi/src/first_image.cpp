// See first_image.hpp.
#include <graft/base/first_image.hpp>

#include <charconv>

namespace graft {
namespace {

constexpr std::string_view kPrefix = "graft.first.";
constexpr int kHexadecimal = 16;

std::string in_hexadecimal(std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, kHexadecimal);
  return std::string(digits, end.ptr);
}

/// Takes a number and the dot behind it off the front.
bool take_number(std::string_view &text, std::uint64_t &number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, kHexadecimal);
  if (failure != std::errc() || end == text.data() + text.size() || *end != '.') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

} // namespace

std::string to_string(const FirstName &name) {
  std::string text(kPrefix);
  for (const std::uint64_t number : {name.file, name.size, name.align}) text += in_hexadecimal(number) + ".";
  return text.append(name.name);
}

std::optional<FirstName> parse_first_name(std::string_view symbol) {
  if (!symbol.starts_with(kPrefix)) return std::nullopt;
  symbol.remove_prefix(kPrefix.size());
  FirstName name;
  if (!take_number(symbol, name.file) || !take_number(symbol, name.size) || !take_number(symbol, name.align))
    return std::nullopt;
  name.name = symbol;
  return name;
}

} // namespace graft
