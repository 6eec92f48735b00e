// Columns that not everybody may see: what a query selects of them goes through a function. Decided over tokens: a column is
// one where it stands in a list of what is selected or returned, under its own name or behind its table's, and nowhere else;
// WHERE and ORDER BY stay as they are.
//
// A whole row (`*`, `u.*`, the table's own name, TABLE u) has every column in it: it is spelled out where the columns are
// known, else refused.
#pragma once

#include "sql_tokens.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mask {

struct Rule {
  std::string table, column, function, unmask_role;
};

/// All columns of a table, in order.
struct Columns {
  std::string table;
  std::vector<std::string> names;
};

struct Outcome {
  enum class What { kUnchanged, kRewritten, kRefused } what = What::kUnchanged;
  std::string text; ///< the query, or why it is refused
};

class Rewriter {
 public:
  Rewriter(std::string_view query, const std::vector<Rule> &rules, const std::vector<Columns> &columns)
      : query_(query), rules_(rules), columns_(columns) {}

  Outcome run() {
    if (!mentions_a_table()) return {};
    if (!read()) return refused("a text, name or comment of the query cannot be read to its end");
    std::size_t at = 0;
    while (at < tokens_.size()) {
      if (!statement(at)) return refused(why_);
      if (is_mark(at, ')')) return refused("a parenthesis of the query closes that none opens");
    }
    if (!changed_) return {};
    out_ += query_.substr(copied_);
    return {Outcome::What::kRewritten, std::move(out_)};
  }

 private:
  /// A table in a FROM, and what it is called there.
  struct Source {
    std::string_view table; ///< unquoted; empty for a query in its place
    std::string_view alias;
    bool is_quoted_table = false;
  };
  using Sources = std::vector<Source>;

  static Outcome refused(std::string why) { return {Outcome::What::kRefused, std::move(why)}; }
  bool refuse(std::string why) { return why_ = std::move(why), false; }

  bool mentions_a_table() const {
    for (const Rule &rule : rules_)
      for (std::size_t at = 0; at + rule.table.size() <= query_.size(); ++at)
        if (sql::same(query_.substr(at, rule.table.size()), rule.table)) return true;
    return query_.find("U&") != query_.npos || query_.find("u&") != query_.npos;
  }

  bool read() {
    sql::Lexer lexer(query_);
    for (;;) {
      const sql::Token token = lexer.next();
      if (token.kind == sql::Kind::kBroken || token.kind == sql::Kind::kEscaped) return false;
      if (token.kind == sql::Kind::kEnd) return true;
      tokens_.push_back(token);
    }
  }

  const sql::Token &token(std::size_t at) const {
    static constexpr sql::Token kNone;
    return at < tokens_.size() ? tokens_[at] : kNone;
  }
  bool is(std::size_t at, std::string_view word) const { return sql::is(token(at), word); }
  bool is_mark(std::size_t at, char mark) const { return token(at).is_mark(mark); }

  static std::string_view unquoted(const sql::Token &token) {
    return token.kind == sql::Kind::kQuotedWord ? token.text.substr(1, token.text.size() - 2) : token.text;
  }
  static bool equal(const sql::Token &token, std::string_view name) { return sql::names(token, name); }

  /// Behind the parenthesis that closes the one at `at`.
  std::size_t behind(std::size_t at) const {
    std::size_t depth = 0;
    for (; at < tokens_.size(); ++at) {
      if (is_mark(at, '(')) ++depth;
      if (is_mark(at, ')') && --depth == 0) return at + 1;
    }
    return at;
  }

  /// Everything up to the next ';' or the ')' that ends this level, queries in parentheses included.
  bool statement(std::size_t &at) {
    Sources target; // of INSERT, UPDATE, DELETE: what RETURNING speaks of
    for (; at < tokens_.size(); ++at) {
      if (is_mark(at, ';')) return ++at, true;
      if (is_mark(at, ')')) return true;
      if (is_mark(at, '(')) {
        ++at;
        if (!statement(at)) return false;
        if (at >= tokens_.size()) return refuse("a parenthesis of the query is not closed");
        continue;
      }
      if (is(at, "table") && starts_statement(at) && is_masked_table(at + 1)) return refuse("TABLE shows masked columns");
      if (is(at, "copy") && starts_statement(at)) return refuse("COPY goes past masked columns");
      if ((is(at, "update") || is(at, "into") || is(at, "from")) && !is(at - 1, "for") && target.empty())
        sources_at(at + 1, target);
      if (is(at, "returning")) {
        if (!list(at, target)) return false;
        --at;
      } else if (is(at, "select")) {
        if (!select(at)) return false;
        --at;
      }
    }
    return true;
  }

  bool starts_statement(std::size_t at) const {
    return at == 0 || is_mark(at - 1, ';') || is_mark(at - 1, '(') || is_mark(at - 1, ')');
  }

  bool is_masked_table(std::size_t at) const {
    if (is(at, "only")) ++at;
    while (is_mark(at + 1, '.')) at += 2;
    for (const Rule &rule : rules_)
      if (equal(token(at), rule.table)) return true;
    return false;
  }

  static bool ends_from(const sql::Token &token) {
    for (const std::string_view word : {"where", "group", "having", "window", "union", "intersect", "except", "order",
                                        "limit", "offset", "fetch", "for", "returning", "set"})
      if (sql::is(token, word)) return true;
    return token.is_mark(';') || token.is_mark(')') || token.kind == sql::Kind::kEnd;
  }
  static bool is_join_word(const sql::Token &token) {
    for (const std::string_view word : {"join", "inner", "left", "right", "full", "cross", "natural", "outer", "on", "using",
                                        "lateral", "values", "default", "select", "tablesample"})
      if (sql::is(token, word)) return true;
    return false;
  }

  /// The tables of a FROM list that begins at `at`, on this level.
  void sources_at(std::size_t at, Sources &sources) const {
    bool wants = true;
    while (at < tokens_.size() && !ends_from(token(at))) {
      if (is_mark(at, '(')) {
        const std::size_t end = behind(at);
        if (wants && !is(at + 1, "select") && !is(at + 1, "values") && !is(at + 1, "with")) { // (a JOIN b)
          sources_at(at + 1, sources);
        } else if (wants) {
          Source source;
          alias(end, source);
          sources.push_back(source);
        }
        wants = false;
        at = end;
        continue;
      }
      if (is_mark(at, ',') || is(at, "join")) wants = true;
      if (wants && sql::is_name(token(at)) && !is_join_word(token(at)) && !is(at, "only")) {
        while (is_mark(at + 1, '.')) at += 2;
        Source source{unquoted(token(at)), unquoted(token(at)), token(at).kind == sql::Kind::kQuotedWord};
        alias(at + 1, source);
        sources.push_back(source);
        wants = false;
      }
      ++at;
    }
  }

  void alias(std::size_t at, Source &source) const {
    if (is_mark(at, '*')) ++at;
    if (is(at, "as")) ++at;
    const sql::Token &next = token(at);
    if (sql::is_name(next) && !is_join_word(next) && !ends_from(next)) source.alias = unquoted(next);
  }

  /// SELECT ... FROM ...: the list, with the tables that follow it. `at` ends behind the list.
  bool select(std::size_t &at) {
    std::size_t from = at + 1;
    while (from < tokens_.size() && !is(from, "from") && !ends_from(token(from)))
      from = is_mark(from, '(') ? behind(from) : from + 1;
    Sources sources;
    if (is(from, "from")) sources_at(from + 1, sources);
    return list(at, sources);
  }

  bool is_rule_for(const Rule &rule, const Source &source) const {
    return source.is_quoted_table ? source.table == rule.table : sql::same(source.table, rule.table);
  }

  /// The items behind SELECT or RETURNING at `at`.
  bool list(std::size_t &at, const Sources &sources) {
    ++at;
    if (is(at, "all") || is(at, "distinct")) {
      ++at;
      if (is(at, "on") && is_mark(at + 1, '(')) at = behind(at + 1);
    }
    std::size_t depth = 0; // of parentheses that hold no query
    for (std::size_t first = at;; ++at) {
      if (at >= tokens_.size() && depth > 0) return refuse("a parenthesis of the query is not closed");
      if (depth == 0 && !is_mark(at, ',') && ends_item(at)) return true;
      if (is_mark(at, '(') && (is(at + 1, "select") || is(at + 1, "with"))) {
        ++at;
        if (!statement(at)) return false;
        if (at >= tokens_.size()) return refuse("a parenthesis of the query is not closed");
      } else if (is_mark(at, '(')) {
        ++depth;
      } else if (is_mark(at, ')')) {
        --depth;
      } else if (depth == 0 && is_mark(at, ',')) {
        first = at + 1;
      } else if (!name_in_list(at, first, sources)) {
        return false;
      }
    }
  }

  /// A token of a list; `first` is the first of its item.
  bool name_in_list(std::size_t &at, std::size_t first, const Sources &sources) {
    const bool is_qualified = is_mark(at - 1, '.');
    if (token(at).text == "*" && (at == first || is_qualified))
      return star(at, first, is_qualified ? &token(at - 2) : nullptr, sources);
    if (!sql::is_name(token(at)) || is_mark(at + 1, '(') || is(at - 1, "as")) return true;
    if (is_mark(at + 1, '.')) return true; // what follows is the name
    for (const Source &source : sources) {
      if (is_qualified && !sql::same(unquoted(token(at - 2)), source.alias)) continue;
      for (const Rule &rule : rules_) {
        if (!is_rule_for(rule, source)) continue;
        if (equal(token(at), rule.column)) return column(at, first, rule);
        if (!is_qualified && sql::same(unquoted(token(at)), source.alias) && !is_label(at, first))
          return refuse("'" + std::string(token(at).text) + "' is a whole row with masked columns");
      }
    }
    return true;
  }

  /// A name behind a whole item is what the item is called.
  bool is_label(std::size_t at, std::size_t first) const {
    if (at == first || !ends_item(at + 1)) return false;
    const sql::Token &before = token(at - 1);
    for (const std::string_view word :
         {"and", "or", "not",  "in",  "is",      "like", "ilike", "between", "to",   "distinct",
          "all", "by", "from", "for", "placing", "else", "then",  "when",    "case", "interval"})
      if (sql::is(before, word)) return false;
    return sql::is_name(before) || before.is_mark(')') || before.kind == sql::Kind::kText ||
           before.kind == sql::Kind::kNumber;
  }

  bool ends_item(std::size_t at) const {
    return at >= tokens_.size() || is_mark(at, ',') || is(at, "from") || is(at, "into") || ends_from(token(at));
  }

  bool column(std::size_t at, std::size_t first, const Rule &rule) {
    if (is_label(at, first)) return true;
    std::size_t begin = at;
    while (begin >= 2 && is_mark(begin - 1, '.')) begin -= 2;
    if (begin >= 2 && is_mark(begin - 1, '(') && sql::names(token(begin - 2), rule.function)) return true; // masked already
    const bool is_alone = begin == first && ends_item(at + 1);
    put(token(begin).at, token(at).end(),
        rule.function + "(" + std::string(query_.substr(token(begin).at, token(at).end() - token(begin).at)) + ")" +
            (is_alone ? " AS " + std::string(token(at).text) : ""));
    return true;
  }

  bool star(std::size_t at, std::size_t first, const sql::Token *qualifier, const Sources &sources) {
    std::string expanded;
    bool is_masked = false;
    for (const Source &source : sources) {
      if (qualifier != nullptr && !sql::same(unquoted(*qualifier), source.alias)) continue;
      for (const Rule &rule : rules_) is_masked |= is_rule_for(rule, source);
    }
    if (!is_masked) return true;
    if (!ends_item(at + 1)) return refuse("a whole row with masked columns is part of an expression");
    for (const Source &source : sources) {
      if (qualifier != nullptr && !sql::same(unquoted(*qualifier), source.alias)) continue;
      const Columns *known = nullptr;
      for (const Columns &one : columns_)
        if (sql::same(one.table, source.table)) known = &one;
      if (known == nullptr) return refuse("'*' shows masked columns; name the columns that are wanted");
      for (const std::string &name : known->names) {
        const std::string full = std::string(source.alias) + "." + name;
        const Rule *rule = nullptr;
        for (const Rule &one : rules_)
          if (is_rule_for(one, source) && sql::same(one.column, name)) rule = &one;
        expanded += (expanded.empty() ? "" : ", ");
        expanded += (rule == nullptr ? full : rule->function + "(" + full + ") AS " + name);
      }
    }
    put(token(first).at, token(at).end(), expanded);
    return true;
  }

  /// Puts a text in the place of a part of the query. Parts come in order.
  void put(std::size_t begin, std::size_t end, const std::string &text) {
    out_ += query_.substr(copied_, begin - copied_);
    out_ += text;
    copied_ = end;
    changed_ = true;
  }

  const std::string_view query_;
  const std::vector<Rule> &rules_;
  const std::vector<Columns> &columns_;
  std::vector<sql::Token> tokens_;
  std::string out_, why_;
  std::size_t copied_ = 0;
  bool changed_ = false;
};

inline Outcome apply(std::string_view query, const std::vector<Rule> &rules, const std::vector<Columns> &columns = {}) {
  return Rewriter(query, rules, columns).run();
}

} // namespace mask
