// A query's tokens, and which of its words are keywords where they stand: `limit` is a name in `u.limit` and in `AS limit`.
#pragma once

#include "sql_tokens.hpp"

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace mask {

class QueryTokens {
 public:
  /// False: a text, name or comment cannot be read to its end, or a name is written in escapes.
  bool read(std::string_view query) {
    sql::Lexer lexer(query);
    for (sql::Token next = lexer.next(); next.kind != sql::Kind::kEnd; next = lexer.next()) {
      if (next.kind == sql::Kind::kBroken || next.kind == sql::Kind::kEscaped) return false;
      const bool is_name_only = !tokens_.empty() && (tokens_.back().is_mark('.') || is(tokens_.size() - 1, "as"));
      tokens_.push_back(next);
      may_be_keyword_.push_back(next.kind == sql::Kind::kWord && !is_name_only);
    }
    return true;
  }

  std::size_t size() const { return tokens_.size(); }
  const sql::Token &operator[](std::size_t at) const {
    static constexpr sql::Token kNone;
    return at < tokens_.size() ? tokens_[at] : kNone;
  }

  bool is(std::size_t at, std::string_view word) const {
    return at < tokens_.size() && may_be_keyword_[at] && sql::same(tokens_[at].text, word);
  }
  /// A statement begins behind this AS.
  void allow_keyword(std::size_t at) {
    if (at < tokens_.size()) may_be_keyword_[at] = tokens_[at].kind == sql::Kind::kWord;
  }
  bool is_any(std::size_t at, std::initializer_list<std::string_view> words) const {
    for (const std::string_view word : words)
      if (is(at, word)) return true;
    return false;
  }
  bool is_mark(std::size_t at, char mark) const { return (*this)[at].is_mark(mark); }
  bool is_name(std::size_t at) const { return sql::is_name((*this)[at]); }

  /// Behind the parenthesis that closes the one at `at`.
  std::size_t behind(std::size_t at) const {
    std::size_t depth = 0;
    for (; at < tokens_.size(); ++at) {
      if (is_mark(at, '(')) ++depth;
      if (is_mark(at, ')') && --depth == 0) return at + 1;
    }
    return at;
  }

  /// FROM that begins a list of tables, and not the one of IS DISTINCT FROM.
  bool is_from(std::size_t at) const {
    return is(at, "from") && !(at >= 2 && is(at - 1, "distinct") && is_any(at - 2, {"is", "not"}));
  }
  /// The first word of what may follow a FROM, or a list without one.
  bool is_clause(std::size_t at) const {
    return is_any(at, {"where", "group", "having", "window", "union", "intersect", "except", "order", "limit", "offset",
                       "fetch", "for", "returning"}) ||
           is_conflict(at);
  }
  bool is_conflict(std::size_t at) const { return is(at, "on") && is(at + 1, "conflict"); }
  bool is_end(std::size_t at) const { return at >= tokens_.size() || is_mark(at, ')') || is_mark(at, ';'); }
  /// A word that leads to the next table of a join, or to its condition. left(..) and right(..) are functions.
  bool is_join_word(std::size_t at) const {
    if (is_any(at, {"left", "right"})) return !is_mark(at + 1, '(');
    return is_any(at, {"join", "inner", "full", "cross", "natural", "on", "using"});
  }

 private:
  std::vector<sql::Token> tokens_;
  std::vector<bool> may_be_keyword_;
};

inline std::string_view unquoted(const sql::Token &token) {
  return token.kind == sql::Kind::kQuotedWord ? token.text.substr(1, token.text.size() - 2) : token.text;
}

/// Whether a token is the name `name` of a rule: words in any case, quoted ones as they are in it or in lower case.
inline bool matches(const sql::Token &token, std::string_view name) {
  if (token.kind == sql::Kind::kWord) return sql::same(token.text, name);
  if (token.kind != sql::Kind::kQuotedWord) return false;
  const std::string_view text = unquoted(token);
  if (text == name) return true;
  for (const char c : text)
    if (sql::lower(c) != c) return false;
  return sql::same(text, name);
}

} // namespace mask
