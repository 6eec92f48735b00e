// A JSON object on one line, member after member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace json {

inline void append_text(std::string &out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      out += "\\u00", out += kDigits[c >> 4], out += kDigits[c & 15];
    } else {
      out += c;
    }
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
