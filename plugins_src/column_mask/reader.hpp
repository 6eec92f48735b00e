// Reads queries: where tables are, and which part of a query gives out what it has of them. It is no parser of SQL: it knows
// a small set of shapes, and what is in another is refused. What INSERT, UPDATE and DELETE do is left to mask.hpp.
#pragma once

#include "names.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace mask {

class Reader : protected Names {
 public:
  using Names::Names;

 protected:
  static constexpr std::size_t kMostDepth = 64; // of parentheses

  /// Where a part of a query ends, besides the end of its parentheses and of the statement.
  enum class Until : std::uint8_t {
    kEnd,
    kClauses,   ///< the other side of a UNION, RETURNING, ON CONFLICT
    kJoin,      ///< what follows a join's condition
    kAssigning, ///< the next assignment, and what follows the last
  };

  ~Reader() = default;

  /// An INSERT, UPDATE, DELETE or MERGE, whose first word is at `at`.
  virtual bool change(std::size_t &at, const Scope &outer, Place place) = 0;

  bool not_understood(const char *what) {
    return refuse(std::string(what) + " is not understood, and the statement names a table with masked columns");
  }

  /// Whether a query begins at `at`, maybe in parentheses of its own.
  bool begins_query(std::size_t at) const {
    while (tokens_.is_mark(at, '(')) ++at;
    return tokens_.is_any(at, {"select", "with", "values", "table"});
  }

  /// What is outside of all parentheses, or inside of one pair: a query, or an expression.
  bool body(std::size_t &at, const Scope &outer, Place place) {
    if (tokens_.is(at, "with")) {
      if (!with(at, outer, place)) return false;
      if (!begins_query(at) && !tokens_.is_any(at, {"insert", "update", "delete", "merge"})) return not_understood("WITH");
    }
    const bool is_change =
        (tokens_.is(at, "insert") && tokens_.is(at + 1, "into")) || (tokens_.is(at, "update") && tokens_.is_name(at + 1)) ||
        (tokens_.is(at, "delete") && tokens_.is(at + 1, "from")) || (tokens_.is(at, "merge") && tokens_.is(at + 1, "into"));
    return is_change ? change(at, outer, place) : walk(at, outer, place, Until::kEnd);
  }

  bool nested(std::size_t &at, const Scope &scope, Place place) {
    if (depth_ == kMostDepth) return refuse("the query is nested too deep");
    const bool may_conflict = std::exchange(may_conflict_, false);
    ++depth_, ++at;
    const bool is_read = body(at, scope, place);
    --depth_;
    may_conflict_ = may_conflict;
    if (!is_read) return false;
    if (!tokens_.is_mark(at, ')')) return refuse("a parenthesis of the query is not closed");
    return ++at, true;
  }

  bool ends(std::size_t at, Until until) const {
    if (tokens_.is_end(at)) return true;
    switch (until) {
    case Until::kEnd:
      return false;
    case Until::kClauses:
      return tokens_.is_any(at, {"union", "intersect", "except", "returning"}) || tokens_.is_conflict(at);
    case Until::kJoin:
      return tokens_.is_mark(at, ',') || tokens_.is_join_word(at) || tokens_.is_clause(at);
    case Until::kAssigning:
      return tokens_.is_mark(at, ',') || tokens_.is_from(at) || tokens_.is_any(at, {"where", "returning"});
    }
    return false;
  }

  bool walk(std::size_t &at, const Scope &scope, Place place, Until until) {
    while (!ends(at, until))
      if (!step(at, scope, place, nullptr)) return false;
    return true;
  }

  bool step(std::size_t &at, const Scope &scope, Place place, const Item *item) {
    if (tokens_.is_mark(at, '(')) return nested(at, scope, place);
    if (tokens_.is(at, "select")) return select(at, scope, place);
    if (tokens_.is(at, "table") && is_masked(tokens_[last_part(tokens_.is(at + 1, "only") ? at + 2 : at + 1)]))
      return refuse("TABLE shows masked columns");
    return name(at, scope, place, item) && (++at, true);
  }

  /// The last name of `a.b.c`.
  std::size_t last_part(std::size_t at) const {
    while (tokens_.is_mark(at + 1, '.')) at += 2;
    return at;
  }

  /// WITH name (..) AS (..), ..: what is in these queries sees no table of the one behind them.
  bool with(std::size_t &at, const Scope &outer, Place place) {
    do {
      ++at;
      if (tokens_.is(at, "recursive")) ++at;
      if (!tokens_.is_name(at++)) return not_understood("WITH");
      if (tokens_.is_mark(at, '(')) at = tokens_.behind(at);
      if (!tokens_.is(at++, "as")) return not_understood("WITH");
      while (tokens_.is_name(at)) ++at; // NOT MATERIALIZED: the names behind AS are none that could hide something
      if (!tokens_.is_mark(at, '(')) return not_understood("WITH");
      if (!nested(at, outer, place)) return false;
    } while (tokens_.is_mark(at, ','));
    return true;
  }

  bool select(std::size_t &at, const Scope &outer, Place place) {
    if (depth_ == kMostDepth) return refuse("the query is nested too deep");
    ++depth_;
    const bool is_read = selected(at, outer, place);
    --depth_;
    return is_read;
  }

  bool selected(std::size_t &at, const Scope &outer, Place place) {
    Scope scope{&outer, place};
    std::size_t on = tokens_.size(); // DISTINCT ON (..)
    ++at;
    if (tokens_.is_any(at, {"all", "distinct"})) {
      ++at;
      if (tokens_.is(at, "on") && tokens_.is_mark(at + 1, '(')) {
        on = at + 1;
        at = tokens_.behind(on);
      }
    }
    const std::size_t first = at;
    while (!tokens_.is_end(at) && !tokens_.is_from(at) && !tokens_.is(at, "into") && !tokens_.is_clause(at))
      at = tokens_.is_mark(at, '(') ? tokens_.behind(at) : at + 1;
    const std::size_t last = at;
    if (tokens_.is(at, "into"))
      for (++at; tokens_.is_name(at) && !tokens_.is_from(at) && !tokens_.is_clause(at);) at = last_part(at) + 1;
    if (tokens_.is_from(at) && !from(at, scope)) return false;
    if (!tokens_.is_end(at) && !tokens_.is_clause(at) && !tokens_.is(at, "with")) return not_understood("a FROM");
    if (on < tokens_.size() && !nested(on, scope, Place::kFilter)) return false;
    if (!list({first, last}, scope) || !walk(at, scope, Place::kFilter, Until::kClauses)) return false;
    return may_conflict_ || !tokens_.is_conflict(at) || not_understood("ON CONFLICT");
  }

  /// What is selected or returned.
  bool list(Item item, const Scope &scope) {
    std::size_t brackets = 0;
    for (std::size_t at = item.first; at < item.end;) {
      if (brackets == 0 && tokens_.is_mark(at, ',')) {
        item.first = ++at;
      } else if (at == item.first && tokens_[at].text == "*") {
        if (!star(at, item, scope, nullptr)) return false;
        ++at;
      } else {
        brackets += tokens_.is_mark(at, '[') ? 1 : 0;
        brackets -= tokens_.is_mark(at, ']') && brackets > 0 ? 1 : 0;
        if (!step(at, scope, Place::kOutput, brackets == 0 ? &item : nullptr)) return false;
      }
    }
    return true;
  }

  /// FROM a, b JOIN c ON .. and its like. `at` is its first word, and ends behind it.
  bool from(std::size_t &at, Scope &scope) {
    do {
      ++at;
      if (!joined(at, scope)) return false;
    } while (tokens_.is_mark(at, ','));
    return true;
  }

  bool joined(std::size_t &at, Scope &scope) {
    if (!table(at, scope)) return false;
    while (tokens_.is_join_word(at) && !tokens_.is_conflict(at)) {
      if (tokens_.is(at, "on")) {
        ++at;
        if (!walk(at, scope, Place::kFilter, Until::kJoin)) return false;
      } else if (tokens_.is(at, "using")) {
        if (!tokens_.is_mark(at + 1, '(')) return not_understood("USING");
        at = tokens_.behind(at + 1);
        if (tokens_.is(at, "as")) return not_understood("USING with a name");
      } else {
        while (tokens_.is_any(at, {"natural", "inner", "left", "right", "full", "cross", "outer"})) ++at;
        if (!tokens_.is(at++, "join")) return not_understood("a JOIN");
        if (!table(at, scope)) return false;
      }
    }
    return true;
  }

  /// One thing that is read, with what it is called.
  bool table(std::size_t &at, Scope &scope) {
    const bool is_lateral = tokens_.is(at, "lateral");
    at += is_lateral ? 1 : 0;
    Source source;
    if (tokens_.is_mark(at, '(') && !is_query(at)) return joined_inside(at, scope);
    if (tokens_.is_mark(at, '(')) // what is no LATERAL does not see the tables beside it
      return is_lateral ? made(at, scope, scope, Place::kFrom) : made(at, scope, *scope.outer, scope.place);
    if (tokens_.is(at, "rows") && tokens_.is(at + 1, "from") && tokens_.is_mark(at + 2, '('))
      return at += 2, made(at, scope, scope, Place::kFrom);
    const bool is_only = tokens_.is(at, "only");
    at += is_only ? 1 : 0;
    const bool is_in_parentheses = is_only && tokens_.is_mark(at, '(');
    at += is_in_parentheses ? 1 : 0;
    if (!tokens_.is_name(at) || tokens_.is_clause(at) || tokens_.is_join_word(at) || tokens_.is_any(at, {"select", "table"}))
      return not_understood("a FROM");
    at = last_part(at);
    source.table = source.alias = tokens_[at++];
    if (is_in_parentheses && !tokens_.is_mark(at++, ')')) return not_understood("ONLY");
    if (!is_only && tokens_.is_mark(at, '(')) return made(at, scope, scope, Place::kFrom); // a function
    if (tokens_[at].text == "*") ++at;
    if (!alias(at, source)) return false;
    if (tokens_.is_mark(at, '(')) {
      if (is_masked(source.table)) return refuse("the columns of a table with masked ones are given other names");
      at = tokens_.behind(at);
    }
    if (tokens_.is(at, "tablesample") && tokens_.is_name(at + 1) && tokens_.is_mark(at + 2, '(')) {
      at = tokens_.behind(at + 2);
      if (tokens_.is(at, "repeatable") && tokens_.is_mark(at + 1, '(')) at = tokens_.behind(at + 1);
    }
    scope.sources.push_back(source);
    return true;
  }

  /// Whether parentheses in a FROM hold a query, and not joined tables of which the first may be one.
  bool is_query(std::size_t at) const {
    for (const std::size_t most = at + kMostDepth; at < most && tokens_.is_mark(at, '('); ++at) {
      if (!tokens_.is_mark(at + 1, '(')) return begins_query(at + 1);
      const std::size_t behind = tokens_.behind(at + 1);
      if (!tokens_.is_mark(behind, ')') && !tokens_.is_clause(behind)) return false;
    }
    return false;
  }

  /// What is made by a query or a function: its parentheses are at `at`.
  bool made(std::size_t &at, Scope &scope, const Scope &seen, Place place) {
    if (!nested(at, seen, place)) return false;
    if (tokens_.is(at, "with") && tokens_.is(at + 1, "ordinality")) at += 2;
    Source source;
    if (!alias(at, source)) return false;
    if (tokens_.is_mark(at, '(')) at = tokens_.behind(at);
    scope.sources.push_back(source);
    return true;
  }

  /// (a JOIN b ON ..)
  bool joined_inside(std::size_t &at, Scope &scope) {
    if (depth_ == kMostDepth) return refuse("the query is nested too deep");
    const std::size_t before = scope.sources.size();
    ++depth_, ++at;
    const bool is_read = joined(at, scope);
    --depth_;
    if (!is_read) return false;
    if (!tokens_.is_mark(at++, ')')) return not_understood("a join in parentheses");
    Source source;
    if (!alias(at, source)) return false;
    if (source.alias.kind == sql::Kind::kEnd && !tokens_.is_mark(at, '(')) return true;
    for (std::size_t i = before; i < scope.sources.size(); ++i)
      if (is_masked(scope.sources[i].table)) return refuse("a join of a table with masked columns has a name of its own");
    if (tokens_.is_mark(at, '(')) at = tokens_.behind(at);
    scope.sources.resize(before); // their names are hidden by the join's
    scope.sources.push_back(source);
    return true;
  }

  /// [AS] name
  bool alias(std::size_t &at, Source &source) {
    const bool is_said = tokens_.is(at, "as");
    at += is_said ? 1 : 0;
    if (is_said && tokens_.is_mark(at, '(')) return true; // the columns of a function
    if (is_said && !tokens_.is_name(at)) return not_understood("AS");
    const bool is_word =
        tokens_.is_join_word(at) || tokens_.is_clause(at) ||
        tokens_.is_any(at, {"with", "tablesample", "set", "using", "values", "default", "overriding", "select"});
    if (tokens_.is_name(at) && !is_word) source.alias = tokens_[at++];
    return true;
  }

  bool may_conflict_ = false; ///< what is read belongs to an INSERT

 private:
  std::size_t depth_ = 0;
};

} // namespace mask
