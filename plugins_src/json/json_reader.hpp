// JSON read by whoever knows what should be there: one value after another, each a yes or no. What is wrong ends it for
// good.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace json {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// Calls `on_key(key)` for each member; it must read the value. False: no object, or one of them said no.
  template <class OnKey>
  bool object(OnKey on_key) {
    return list('{', '}', [&] {
      std::string key;
      return text(key) && take(':') && on_key(std::string_view(key));
    });
  }

  /// Calls `on_element()` for each; it must read it.
  template <class OnElement>
  bool array(OnElement on_element) {
    return list('[', ']', on_element);
  }

  bool text(std::string &out) {
    if (!take('"')) return false;
    out.clear();
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < ' ') return false;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return false;
    }
    return false;
  }

  bool number(double &out) {
    skip_blanks();
    const auto [end, failure] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
    if (failure != std::errc()) return false;
    at_ = static_cast<std::size_t>(end - text_.data());
    return true;
  }

  bool flag(bool &out) {
    skip_blanks();
    out = text_.substr(at_).starts_with("true");
    if (!out && !text_.substr(at_).starts_with("false")) return false;
    at_ += out ? 4 : 5;
    return true;
  }

  /// Nothing but blanks is left.
  bool ends() {
    skip_blanks();
    return at_ == text_.size();
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  template <class OnElement>
  bool list(char open, char close, OnElement on_element) {
    if (!take(open)) return false;
    if (take(close)) return true;
    do {
      if (!on_element()) return false;
    } while (take(','));
    return take(close);
  }

  bool escape(std::string &out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    if (const std::size_t at = kNames.find(c); at != std::string_view::npos) return out += kMeant[at], true;
    std::uint32_t point = 0;
    if (c != 'u' || !four_digits(point)) return false;
    if (point >= 0xd800 && point < 0xdc00) {
      std::uint32_t low = 0;
      if (!text_.substr(at_).starts_with("\\u")) return false;
      at_ += 2;
      if (!four_digits(low) || low < 0xdc00 || low > 0xdfff) return false;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
      return false;
    }
    append(point, out);
    return true;
  }

  bool four_digits(std::uint32_t &out) {
    if (text_.size() - at_ < 4) return false;
    const char *const begin = text_.data() + at_;
    at_ += 4;
    return std::from_chars(begin, begin + 4, out, 16).ptr == begin + 4;
  }

  static void append(std::uint32_t point, std::string &out) { // UTF-8
    if (point < 0x80) {
      out += static_cast<char>(point);
      return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr unsigned char kFirst[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(kFirst[more] | (point >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3f));
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace json
