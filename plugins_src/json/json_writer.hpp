// A JSON object on one line, member after member. It is UTF-8 whatever it is given: a byte that is none becomes U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace json {

/// How many bytes the character of UTF-8 at the beginning of `text` has; 0: what stands there is none.
inline std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first < 0xc2 || first > 0xf4 || !follows(1)) return 0;
  if (first < 0xe0) return 2;
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_no_point = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  if (is_overlong || is_no_point || !follows(2)) return 0;
  if (first < 0xf0) return 3;
  return follows(3) ? 4 : 0;
}

/// At most `most` bytes from the beginning, and no half character at the end.
inline std::string_view shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  for (std::size_t back = 1; back < 4 && back <= most; ++back)
    if (character_size(text.substr(most - back)) > back) return text.substr(0, most - back);
  return text.substr(0, most);
}

inline void append_text(std::string &out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text[0];
    const std::size_t size = character_size(text);
    if (size == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      out += "\\u00", out += kDigits[c >> 4], out += kDigits[c & 15];
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

class Writer {
 public:
  void text(std::string_view name, std::string_view value) { begin(name), append_text(out_, value); }
  void number(std::string_view name, std::uint64_t value) { begin(name), out_ += std::to_string(value); }
  void flag(std::string_view name, bool value) { begin(name), out_ += value ? "true" : "false"; }
  /// The object, whole.
  std::string done() && { return std::move(out_) + "}"; }

 private:
  void begin(std::string_view name) {
    out_ += out_.size() > 1 ? "," : "";
    append_text(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

} // namespace json
