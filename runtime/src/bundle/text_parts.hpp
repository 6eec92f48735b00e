// Small words of the texts that versions and references are made of.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace graft {

inline bool is_digit(char character) { return character >= '0' && character <= '9'; }
/// A letter, a digit or a hyphen.
inline bool is_word(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         character == '-';
}
inline bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

/// A number without a leading zero that fits.
template <class Number>
bool parse_number(std::string_view text, Number &number) {
  if (!is_number(text) || (text.size() > 1 && text[0] == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// The text up to `separator`, which is taken off `rest` together with it.
inline std::string_view take_until(std::string_view &rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// For messages: what could break the line does not.
inline std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char character) { return static_cast<unsigned char>(character) < ' '; }, ' ');
  return line;
}

} // namespace graft
