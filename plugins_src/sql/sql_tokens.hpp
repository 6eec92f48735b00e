// SQL cut into tokens, as PostgreSQL reads it: comments are skipped, texts and quoted names are one token each. Nothing is
// allocated and nothing is understood beyond that; bytes beyond ASCII are letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sql {

enum class Kind : std::uint8_t {
  kEnd,
  kWord,       ///< a name or keyword, as written
  kQuotedWord, ///< "Name", with its quotes
  kText,       ///< 'text', E'text', $tag$text$tag$
  kNumber,
  kParameter, ///< $1
  kOperator,  ///< the longest run of operator characters
  kMark,      ///< one of ( ) [ ] , ; . :
  kEscaped,   ///< U&"..." or U&'...': what it names is not to be seen
  kBroken,    ///< a text, a quoted name or a comment without an end
};

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;
  std::size_t at = 0; ///< where in the query

  std::size_t end() const { return at + text.size(); }
  bool is_mark(char mark) const { return kind == Kind::kMark && text[0] == mark; }
};

inline char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
}
inline bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool starts_word(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
inline bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }
inline bool is_operator(char c) { return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos; }

/// Equal but for the case of ASCII letters.
inline bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// A keyword: `word` is lower case.
inline bool is(const Token &token, std::string_view word) { return token.kind == Kind::kWord && same(token.text, word); }

/// Whether a token is the name `name`, which is lower case: words in any case, quoted ones exactly.
inline bool names(const Token &token, std::string_view name) {
  if (token.kind == Kind::kWord) return same(token.text, name);
  return token.kind == Kind::kQuotedWord && token.text.substr(1, token.text.size() - 2) == name;
}

inline bool is_name(const Token &token) { return token.kind == Kind::kWord || token.kind == Kind::kQuotedWord; }

/// The tokens of one query, one after another.
class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  Token next() {
    if (!skip_blanks()) return take(Kind::kBroken, query_.size());
    if (at_ == query_.size()) return {Kind::kEnd, {}, at_};
    const char c = query_[at_], behind = peek(1);
    if (c == '\'') return quoted(at_ + 1, '\'', Kind::kText, Backslash::kPlain);
    if (c == '"') return quoted(at_ + 1, '"', Kind::kQuotedWord, Backslash::kPlain);
    if (lower(c) == 'e' && behind == '\'') return quoted(at_ + 2, '\'', Kind::kText, Backslash::kEscapes);
    if ((lower(c) == 'b' || lower(c) == 'x' || lower(c) == 'n') && behind == '\'')
      return quoted(at_ + 2, '\'', Kind::kText, Backslash::kPlain);
    if (lower(c) == 'u' && behind == '&' && (peek(2) == '\'' || peek(2) == '"'))
      return quoted(at_ + 3, peek(2), Kind::kEscaped, Backslash::kPlain);
    if (c == '$') return dollar();
    if (starts_word(c)) return take(Kind::kWord, run(at_, continues_word));
    if (is_digit(c) || (c == '.' && is_digit(behind))) return take(Kind::kNumber, number());
    if (is_operator(c)) return take(Kind::kOperator, operators());
    return take(Kind::kMark, at_ + 1);
  }

 private:
  enum class Backslash : std::uint8_t { kPlain, kEscapes };

  char peek(std::size_t offset) const { return at_ + offset < query_.size() ? query_[at_ + offset] : '\0'; }

  template <class Is>
  std::size_t run(std::size_t from, Is is) const {
    while (from < query_.size() && is(query_[from])) ++from;
    return from;
  }

  Token take(Kind kind, std::size_t end) {
    const Token token{kind, query_.substr(at_, end - at_), at_};
    at_ = end;
    return token;
  }

  /// False: a comment has no end.
  bool skip_blanks() {
    for (;;) {
      at_ = run(at_, is_space);
      if (peek(0) == '-' && peek(1) == '-') {
        at_ = run(at_, [](char c) { return c != '\n' && c != '\r'; });
      } else if (peek(0) == '/' && peek(1) == '*') {
        if (!skip_comment()) return false;
      } else {
        return true;
      }
    }
  }

  bool skip_comment() { // they nest
    const std::size_t begin = at_;
    std::size_t depth = 0;
    do {
      if (at_ + 1 >= query_.size()) return at_ = begin, false;
      const bool opens = query_[at_] == '/' && query_[at_ + 1] == '*', closes = query_[at_] == '*' && query_[at_ + 1] == '/';
      depth += opens ? 1 : 0;
      depth -= closes ? 1 : 0;
      at_ += opens || closes ? 2 : 1;
    } while (depth > 0);
    return true;
  }

  /// Up to the quote that ends it; two of them are one.
  Token quoted(std::size_t from, char quote, Kind kind, Backslash backslash) {
    for (std::size_t i = from; i < query_.size(); ++i) {
      if (backslash == Backslash::kEscapes && query_[i] == '\\') {
        ++i;
      } else if (query_[i] == quote) {
        if (i + 1 == query_.size() || query_[i + 1] != quote) return take(kind, i + 1);
        ++i;
      }
    }
    return take(Kind::kBroken, query_.size());
  }

  /// A parameter, or a text between two equal tags.
  Token dollar() {
    if (is_digit(peek(1))) return take(Kind::kParameter, run(at_ + 1, is_digit));
    const auto in_tag = [](char c) { return continues_word(c) && c != '$'; };
    const std::size_t tag_end = starts_word(peek(1)) ? run(at_ + 1, in_tag) : at_ + 1;
    if (tag_end >= query_.size() || query_[tag_end] != '$') return take(Kind::kOperator, at_ + 1);
    const std::string_view tag = query_.substr(at_, tag_end + 1 - at_);
    const std::size_t end = query_.find(tag, tag_end + 1);
    return end == std::string_view::npos ? take(Kind::kBroken, query_.size()) : take(Kind::kText, end + tag.size());
  }

  std::size_t number() const {
    std::size_t end = run(at_, [](char c) { return is_digit(c) || c == '.' || c == '_'; });
    if (end < query_.size() && lower(query_[end]) == 'e') {
      const std::size_t sign =
          end + 1 < query_.size() && (query_[end + 1] == '-' || query_[end + 1] == '+') ? end + 2 : end + 1;
      if (sign < query_.size() && is_digit(query_[sign])) end = run(sign, is_digit);
    }
    return end;
  }

  /// Operators end where a comment begins.
  std::size_t operators() const {
    std::size_t end = at_;
    while (end < query_.size() && is_operator(query_[end])) {
      const std::string_view two = query_.substr(end, 2);
      if (two == "--" || two == "/*") break;
      ++end;
    }
    return end;
  }

  const std::string_view query_;
  std::size_t at_ = 0;
};

} // namespace sql
