// Which names of a query are masked columns, what becomes of them there, and what a whole row is. Where a name stands, and
// which tables are to be had there, says the reader (mask.hpp).
//
//   N1  A masked column in what its own SELECT or RETURNING gives out goes through its function.
//   N2  In a filter (WHERE, ON, GROUP BY, ORDER BY and their like) it stays: nothing comes out of there.
//   N3  Anywhere else - in the list of a query inside, in a table made from it, in what is assigned - it is refused.
#pragma once

#include "query_tokens.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mask {

struct Rule {
  std::string table, column, function, unmask_role;
};

/// All columns of a table, in order, as the database spells them.
struct Columns {
  std::string table;
  std::vector<std::string> names;
};

/// A table, and what it is called where it is read.
struct Source {
  sql::Token table{}; ///< none for a query or function in its place
  sql::Token alias{};
  bool is_second_name = false; ///< OLD and NEW, which `*` does not speak of
};

enum class Place : std::uint8_t {
  kOutput, ///< what a query gives out
  kFilter, ///< what only chooses, groups or orders rows
  kFrom,   ///< what makes a table
  kAssigned,
};

/// What one SELECT, INSERT, UPDATE or DELETE reads, inside of another's.
struct Scope {
  const Scope *outer = nullptr;
  Place place = Place::kOutput; ///< where in `outer`
  std::vector<Source> sources{};
};

/// One item of a list of what is selected or returned, up to `end`, which is that of the list.
struct Item {
  std::size_t first = 0, end = 0;
};

class Names {
 public:
  Names(std::string_view query, const std::vector<Rule> &rules, const std::vector<Columns> &columns)
      : query_(query), rules_(rules), columns_(columns) {}

 protected:
  bool refuse(std::string why) { return why_ = std::move(why), false; }

  bool is_masked(const sql::Token &table) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule &rule) { return matches(table, rule.table); });
  }

  /// A name, or the `*` behind a qualifier. `item` is null where no label can stand.
  bool name(std::size_t at, const Scope &scope, Place place, const Item *item) {
    const bool is_row = tokens_[at].kind == sql::Kind::kOperator && tokens_[at].text[0] == '*' && is_qualified(at);
    if (!is_row && !tokens_.is_name(at)) return true;
    if (is_row && tokens_[at].text != "*") return refuse("a whole row is part of an expression");
    if (tokens_.is(at - 1, "as") || tokens_.is_mark(at + 1, '(') || tokens_.is_mark(at + 1, '.')) return true;
    if (!is_row && item != nullptr && is_label(at, *item)) return true;
    for (const Scope *here = &scope; here != nullptr; place = here->place, here = here->outer) {
      if (place == Place::kFilter) return true; // N2
      const Found found = find(at, *here);
      if (found.rule == nullptr && !found.is_row) {
        if (found.is_resolved) return true;
        continue;
      }
      const bool is_own = here == &scope && place == Place::kOutput;
      if (is_row && is_own && item != nullptr) return star(at, *item, scope, &tokens_[at - 2]);
      if (found.is_row) return refuse("'" + row_name(at) + "' is a whole row with masked columns");
      if (is_own) return column(at, item, *found.rule);                                                              // N1
      return refuse("masked column '" + found.rule->column + "' is not selected by the query that reads its table"); // N3
    }
    return true;
  }

  /// `*`, whose columns are spelled out.
  bool star(std::size_t at, const Item &item, const Scope &scope, const sql::Token *qualifier) {
    const auto is_meant = [&](const Source &source) {
      return qualifier == nullptr ? !source.is_second_name : sql::same(unquoted(*qualifier), unquoted(source.alias));
    };
    if (std::none_of(scope.sources.begin(), scope.sources.end(),
                     [&](const Source &source) { return is_meant(source) && is_masked(source.table); }))
      return true;
    std::size_t begin = at;
    while (is_qualified(begin)) begin -= 2;
    if (begin != item.first || !ends_item(at + 1, item))
      return refuse("a whole row with masked columns is part of an expression");
    std::string expanded;
    for (const Source &source : scope.sources) {
      if (!is_meant(source)) continue;
      const auto known = std::find_if(columns_.begin(), columns_.end(),
                                      [&](const Columns &one) { return matches(source.table, one.table); });
      if (known == columns_.end()) return refuse("'*' shows masked columns; name the columns that are wanted");
      for (const std::string &name : known->names) {
        const std::string full = std::string(source.alias.text) + "." + quoted(name);
        const Rule *rule = nullptr;
        for (const Rule &one : rules_)
          if (matches(source.table, one.table) && sql::same(one.column, name)) rule = &one;
        expanded += expanded.empty() ? "" : ", ";
        expanded += rule == nullptr ? full : rule->function + "(" + full + ") AS " + quoted(name);
      }
    }
    put(tokens_[item.first].at, tokens_[at].end(), std::move(expanded));
    return true;
  }

  /// The query with its changes; nothing was changed: empty.
  std::string rewritten() {
    if (edits_.empty()) return {};
    std::sort(edits_.begin(), edits_.end(), [](const Edit &a, const Edit &b) { return a.begin < b.begin; });
    std::string out;
    std::size_t copied = 0;
    for (const Edit &edit : edits_) {
      out += query_.substr(copied, edit.begin - copied);
      out += edit.text;
      copied = edit.end;
    }
    return out += query_.substr(copied);
  }

  const std::string_view query_;
  const std::vector<Rule> &rules_;
  const std::vector<Columns> &columns_;
  QueryTokens tokens_;
  std::string why_;

 private:
  struct Edit {
    std::size_t begin, end;
    std::string text;
  };
  /// What a name may be in one scope.
  struct Found {
    const Rule *rule = nullptr; ///< a masked column
    bool is_row = false;        ///< all of a masked table's
    bool is_resolved = false;   ///< its qualifier is a table here, so none outside is meant
  };

  bool is_qualified(std::size_t at) const { return at >= 2 && tokens_.is_mark(at - 1, '.'); }

  Found find(std::size_t at, const Scope &scope) const {
    const sql::Token &token = tokens_[at];
    const bool is_star = !tokens_.is_name(at), has_qualifier = is_qualified(at);
    const std::string_view qualifier = has_qualifier ? unquoted(tokens_[at - 2]) : std::string_view();
    Found found;
    bool is_row = false;
    for (const Source &source : scope.sources) {
      const bool is_meant = !has_qualifier || sql::same(qualifier, unquoted(source.alias));
      found.is_resolved |= has_qualifier && is_meant;
      if (!is_masked(source.table)) continue;
      is_row |= !is_star && sql::same(unquoted(token), unquoted(source.alias));
      if (!is_meant) continue;
      found.is_row |= is_star;
      for (const Rule &rule : rules_)
        if (!is_star && matches(source.table, rule.table) && matches(token, rule.column)) found.rule = &rule;
    }
    found.is_row |= is_row && found.rule == nullptr && !found.is_resolved; // `u`, or `public.users`
    return found;
  }

  std::string row_name(std::size_t at) const { return std::string(tokens_[tokens_.is_name(at) ? at : at - 2].text); }

  bool ends_item(std::size_t at, const Item &item) const { return at == item.end || tokens_.is_mark(at, ','); }

  /// A name behind a whole item is what the item is called. Only where nothing else can be meant: behind a name and nothing
  /// more, a constant, a type, a parenthesis or bracket, or END.
  bool is_label(std::size_t at, const Item &item) const {
    if (at == item.first || is_qualified(at) || !ends_item(at + 1, item)) return false;
    const sql::Token &before = tokens_[at - 1];
    if (before.kind == sql::Kind::kText || before.kind == sql::Kind::kNumber || before.is_mark(']') ||
        tokens_.is(at - 1, "end"))
      return true;
    if (before.is_mark(')')) {
      std::size_t open = at - 1;
      for (std::size_t depth = 1; depth > 0 && open > item.first;) {
        --open;
        depth += tokens_.is_mark(open, ')') ? 1 : 0;
        depth -= tokens_.is_mark(open, '(') ? 1 : 0;
      }
      return open == item.first || !tokens_.is(open - 1, "operator");
    }
    std::size_t begin = at - 1;
    while (begin > item.first && tokens_.is_mark(begin - 1, '.')) begin -= 2;
    if (tokens_.is_mark(begin - 1, ':')) return true; // a type
    return begin == item.first && tokens_.is_name(begin) && !tokens_.is_any(begin, {"not", "case", "distinct", "all"});
  }

  bool column(std::size_t at, const Item *item, const Rule &rule) {
    std::size_t begin = at;
    while (is_qualified(begin)) begin -= 2;
    const bool is_masked_already = begin >= 2 && tokens_.is_mark(begin - 1, '(') && tokens_.is_mark(at + 1, ')') &&
                                   sql::names(tokens_[begin - 2], rule.function) && !is_qualified(begin - 2);
    if (is_masked_already) return true;
    const bool is_alone = item != nullptr && begin == item->first && ends_item(at + 1, *item);
    const std::size_t from = tokens_[begin].at, to = tokens_[at].end();
    put(from, to,
        rule.function + "(" + std::string(query_.substr(from, to - from)) + ")" +
            (is_alone ? " AS " + std::string(tokens_[at].text) : ""));
    return true;
  }

  /// A name as SQL spells it where any may stand.
  static std::string quoted(std::string_view name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || sql::is_digit(c); };
    if (!name.empty() && !sql::is_digit(name[0]) && std::all_of(name.begin(), name.end(), is_plain))
      return std::string(name);
    std::string out = "\"";
    for (const char c : name) out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
  }

  void put(std::size_t begin, std::size_t end, std::string text) { edits_.push_back({begin, end, std::move(text)}); }

  std::vector<Edit> edits_;
};

} // namespace mask
