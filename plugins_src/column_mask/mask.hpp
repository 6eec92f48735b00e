// Columns that not everybody may see: what a query selects of them goes through a function. names.hpp says what becomes of
// each name, reader.hpp where it stands; here is what a statement is, and what it changes.
//
// A whole row (`*`, `u.*`, the table's own name, TABLE u) has every column in it: `*` is spelled out where the columns are
// known, all else is refused, and so is each statement that names a masked table and is not understood.
#pragma once

#include "reader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mask {

struct Outcome {
  enum class What { kUnchanged, kRewritten, kRefused } what = What::kUnchanged;
  std::string text; ///< the query, or why it is refused
};

class Rewriter final : private Reader {
 public:
  using Reader::Reader;

  Outcome run() {
    if (!mentions_a_table(query_)) return {};
    if (!tokens_.read(query_)) return refused("a text, name or comment of the query cannot be read to its end");
    for (std::size_t at = 0; at < tokens_.size();)
      if (!statement(at)) return refused(std::move(why_));
    std::string text = rewritten();
    return text.empty() ? Outcome() : Outcome{Outcome::What::kRewritten, std::move(text)};
  }

 private:
  static Outcome refused(std::string why) { return {Outcome::What::kRefused, std::move(why)}; }

  bool mentions_a_table(std::string_view text) const {
    for (const Rule &rule : rules_)
      for (std::size_t at = 0; at + rule.table.size() <= text.size(); ++at)
        if (sql::same(text.substr(at, rule.table.size()), rule.table)) return true;
    return text.find("U&") != text.npos || text.find("u&") != text.npos;
  }

  /// One, with the ';' behind it.
  bool statement(std::size_t &at) {
    std::size_t end = at;
    bool is_touched = false, may_hide = false; // a name; a text that may be run
    for (; end < tokens_.size() && !tokens_.is_mark(end, ';');
         end = tokens_.is_mark(end, '(') ? tokens_.behind(end) : end + 1)
      if (tokens_.is_mark(end, ')')) return refuse("a parenthesis of the query closes that none opens");
    for (std::size_t i = at; i < end; ++i) {
      is_touched |= is_masked(tokens_[i]);
      may_hide |= tokens_[i].kind == sql::Kind::kText && mentions_a_table(tokens_[i].text);
    }
    const std::size_t begin = begin_of_query(at, end);
    const bool shows_nothing = tokens_.is_any(
        at, {"begin", "start",      "commit",   "end",  "rollback", "abort",   "savepoint", "release", "set",     "reset",
             "show",  "drop",       "truncate", "lock", "analyze",  "vacuum",  "grant",     "revoke",  "comment", "execute",
             "call",  "deallocate", "fetch",    "move", "close",    "discard", "listen",    "notify"});
    at = end + 1;
    if (begin == end) return shows_nothing || !(is_touched || may_hide) || not_understood("a statement of this kind");
    if (!is_touched) return true;
    std::size_t read = begin;
    if (!body(read, Scope(), Place::kOutput)) return false;
    return read == end || not_understood("the end of the query");
  }

  /// The first token of the query that a statement is or has; `end`: none that can be looked through.
  std::size_t begin_of_query(std::size_t at, std::size_t end) {
    while (tokens_.is(at, "explain")) {
      ++at;
      if (tokens_.is_mark(at, '(') && !begins_query(at)) at = tokens_.behind(at);
      while (tokens_.is_any(at, {"analyze", "verbose"})) ++at;
    }
    std::string_view leads;
    if (tokens_.is(at, "prepare") || creates_from_query(at)) leads = "as";
    if (tokens_.is(at, "declare")) leads = "for";
    if (!leads.empty()) {
      while (at < end && !tokens_.is(at, leads)) at = tokens_.is_mark(at, '(') ? tokens_.behind(at) : at + 1;
      tokens_.allow_keyword(++at);
    }
    return at < end && (begins_query(at) || tokens_.is_any(at, {"insert", "update", "delete"})) ? at : end;
  }

  /// CREATE ... TABLE or VIEW.
  bool creates_from_query(std::size_t at) const {
    if (!tokens_.is(at++, "create")) return false;
    while (tokens_.is_any(
        at, {"or", "replace", "global", "local", "temp", "temporary", "unlogged", "recursive", "materialized"}))
      ++at;
    return tokens_.is_any(at, {"table", "view"});
  }

  bool change(std::size_t &at, const Scope &outer, Place place) override {
    if (tokens_.is(at, "insert")) return insert(at, outer, place);
    if (tokens_.is(at, "update")) return update(at, outer, place);
    if (tokens_.is(at, "delete")) return remove(at, outer, place);
    return not_understood("MERGE");
  }

  /// What INSERT, UPDATE and DELETE change; RETURNING may say OLD and NEW of it.
  bool target(std::size_t &at, Scope &scope) {
    if (!table(at, scope)) return false;
    const Source first = scope.sources[0];
    scope.sources.clear();
    return add_target(first, scope), true;
  }

  static void add_target(const Source &source, Scope &scope) {
    static constexpr std::string_view kSecondNames[] = {"old", "new"};
    scope.sources.push_back(source);
    for (const std::string_view name : kSecondNames)
      scope.sources.push_back({source.table, {sql::Kind::kWord, name, 0}, /*is_second_name=*/true});
  }

  bool returning(std::size_t &at, const Scope &scope) {
    if (!tokens_.is(at, "returning")) return tokens_.is_end(at) || not_understood("the end of the query");
    const std::size_t first = ++at;
    if (tokens_.is(at, "with")) return not_understood("RETURNING WITH");
    while (!tokens_.is_end(at)) at = tokens_.is_mark(at, '(') ? tokens_.behind(at) : at + 1;
    return list({first, at}, scope);
  }

  bool insert(std::size_t &at, const Scope &outer, Place place) {
    Scope scope{&outer, place};
    at = last_part(at + 2);
    Source source{tokens_[at], tokens_[at]};
    ++at;
    if (tokens_.is(at, "as") && !alias(at, source)) return false;
    add_target(source, scope);
    if (tokens_.is_mark(at, '(') && !begins_query(at)) at = tokens_.behind(at); // the columns
    may_conflict_ = true;
    if (!walk(at, outer, place, Until::kClauses)) return false;
    while (tokens_.is_any(at, {"union", "intersect", "except"}))
      if (++at, !walk(at, outer, place, Until::kClauses)) return false;
    may_conflict_ = false;
    if (tokens_.is_conflict(at)) {
      at += 2;
      while (!tokens_.is(at, "do")) { // which of them: (column) WHERE ..
        if (tokens_.is_end(at)) return not_understood("ON CONFLICT");
        if (!step(at, scope, Place::kFilter, nullptr)) return false;
      }
      ++at;
      if (tokens_.is(at, "nothing"))
        ++at;
      else if (!tokens_.is(at, "update") || !tokens_.is(at + 1, "set"))
        return not_understood("ON CONFLICT");
      else if (++at, !assignments(at, scope) || !where(at, scope))
        return false;
    }
    return returning(at, scope);
  }

  bool update(std::size_t &at, const Scope &outer, Place place) {
    Scope scope{&outer, place};
    ++at;
    if (!target(at, scope)) return false;
    if (!tokens_.is(at, "set")) return not_understood("UPDATE");
    const std::size_t set = at;
    while (!tokens_.is_end(at) && !tokens_.is_from(at) && !tokens_.is_any(at, {"where", "returning"}))
      at = tokens_.is_mark(at, '(') ? tokens_.behind(at) : at + 1;
    if (tokens_.is_from(at) && !from(at, scope)) return false;
    std::size_t assigned = set;
    return assignments(assigned, scope) && where(at, scope) && returning(at, scope);
  }

  bool remove(std::size_t &at, const Scope &outer, Place place) {
    Scope scope{&outer, place};
    at += 2;
    if (!target(at, scope)) return false;
    if (tokens_.is(at, "using") && !from(at, scope)) return false;
    return where(at, scope) && returning(at, scope);
  }

  bool where(std::size_t &at, const Scope &scope) {
    return !tokens_.is(at, "where") || walk(at, scope, Place::kFilter, Until::kClauses);
  }

  /// SET a = .., (b, c) = ..: what is left of the '=' is not read.
  bool assignments(std::size_t &at, const Scope &scope) {
    do {
      for (++at; tokens_[at].kind != sql::Kind::kOperator || tokens_[at].text[0] != '=';) {
        if (tokens_.is_end(at)) return not_understood("SET");
        at = tokens_.is_mark(at, '(') ? tokens_.behind(at) : at + 1;
      }
      ++at;
      if (!walk(at, scope, Place::kAssigned, Until::kAssigning)) return false;
    } while (tokens_.is_mark(at, ','));
    return true;
  }
};

inline Outcome apply(std::string_view query, const std::vector<Rule> &rules, const std::vector<Columns> &columns = {}) {
  return Rewriter(query, rules, columns).run();
}

} // namespace mask
