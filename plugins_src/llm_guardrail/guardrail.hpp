// What a query of a program that writes its own SQL may do. Decided over tokens, so that comments, line breaks, quotes and
// letters' case change nothing, and statement by statement, so that a harmless first one hides no second.
#pragma once

#include "sql_tokens.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace guardrail {

inline constexpr std::array<std::string_view, 4> kTenantTables = {"users", "orders", "events", "messages"};
inline constexpr std::array<std::string_view, 2> kLargeTables = {"events", "messages"};
inline constexpr std::size_t kMostTokens = 4096;
inline constexpr std::size_t kMostDepth = 64;

/// Why a query is blocked; null: it is not.
using Verdict = const char *;

/// One pass over one query. Nothing is allocated.
class Query {
 public:
  explicit Query(std::string_view text) : lexer_(text) {}

  Verdict check() {
    scopes_[0] = {};
    for (std::size_t count = 0;; ++count) {
      if (count == kMostTokens) return "the query is too long to be looked through";
      next();
      if (token_.kind == sql::Kind::kBroken) return "a text or comment has no end";
      if (token_.kind == sql::Kind::kEscaped) return "a name is written in escapes";
      if (token_.kind == sql::Kind::kEnd || token_.is_mark(';')) {
        if (const Verdict verdict = end_statement()) return verdict;
        if (token_.kind == sql::Kind::kEnd) return nullptr;
        continue;
      }
      if (const Verdict verdict = look()) return verdict;
    }
  }

 private:
  enum class Head : std::uint8_t { kNone, kSelect, kInsert, kUpdate, kDelete };
  enum class Wants : std::uint8_t { kNothing, kTable };

  /// What stands between one pair of parentheses, or outside of all: at most one SELECT, INSERT, UPDATE or DELETE at a time.
  /// Each answers for the tables that it names itself, also those in a join in parentheses, which has no head of its own.
  struct Scope {
    Head head = Head::kNone;
    Wants wants = Wants::kNothing;
    bool in_list = false;   ///< of tables after FROM: a comma leads to the next
    bool in_filter = false; ///< of WHERE, or of a join's ON
    bool has_where = false;
    bool has_filter = false; ///< more in WHERE than what always holds
    bool has_limit = false;
    bool is_large = false;     ///< reads a table that a LIMIT is wanted for
    bool needs_tenant = false; ///< reads or writes a table of several tenants, and not in a query inside
    bool has_tenant = false;
    bool has_outer_join = false; ///< whose ON does not filter all rows; which ON is whose is not looked into
  };

  Scope &scope() { return scopes_[depth_]; }

  void next() {
    const bool is_label = is_keyword_ && sql::is(token_, "as");
    last_ = token_;
    token_ = lexer_.next();
    is_keyword_ = token_.kind == sql::Kind::kWord && !is_label && !last_.is_mark('.'); // `u.limit`, AS limit: names
  }

  Verdict look() {
    if (token_.is_mark('(')) return open();
    if (token_.is_mark(')')) return close();
    note_tenant();
    if (last_.kind == sql::Kind::kEnd || last_.is_mark(';')) first_ = token_;
    if (is_head()) return begin();
    Scope &here = scope();
    if (here.wants == Wants::kTable) return take_table();
    if (token_.is_mark(',') && here.in_list) here.wants = Wants::kTable;
    if (token_.kind != sql::Kind::kWord) return note_filter();
    return take_keyword();
  }

  Verdict open() {
    if (depth_ + 1 == kMostDepth) return "the query is nested too deep";
    const Wants wants = std::exchange(scope().wants, Wants::kNothing); // in the place of a table: a query, or joined tables
    scopes_[++depth_] = {.wants = wants};
    return nullptr;
  }

  Verdict close() {
    if (depth_ == 0) return "a parenthesis closes that none opens";
    const Verdict verdict = end_scope();
    --depth_;
    return verdict;
  }

  /// Whether a statement may begin here. A SELECT may anywhere: the word is reserved.
  bool may_begin() const {
    if (last_.kind == sql::Kind::kEnd || last_.is_mark(';') || last_.is_mark('(') || last_.is_mark(')')) return true;
    if (sql::is(last_, "as")) return sql::is(first_, "prepare") || sql::is(first_, "create");
    return sql::is(last_, "explain") || sql::is(last_, "analyze") || sql::is(last_, "verbose");
  }

  bool is_head() const {
    if (sql::is(token_, "select")) return !last_.is_mark('.');
    if (token_.kind != sql::Kind::kWord || !may_begin()) return false;
    for (const std::string_view word :
         {"insert", "update", "delete", "drop", "truncate", "execute", "call", "copy", "table", "merge"})
      if (sql::same(token_.text, word)) return true;
    return sql::is(token_, "do") && !last_.is_mark(')'); // ON CONFLICT (...) DO
  }

  Verdict begin() {
    if (sql::is(token_, "drop")) return "DROP is not for programs that write their own SQL";
    if (sql::is(token_, "truncate")) return "TRUNCATE is not for programs that write their own SQL";
    for (const std::string_view hidden : {"do", "execute", "call"})
      if (sql::is(token_, hidden)) return "what the statement runs is not to be seen";
    if (sql::is(token_, "copy")) return "COPY reads or writes a whole table";
    if (sql::is(token_, "merge")) return "MERGE changes rows without a WHERE";
    // An INSERT that names no tenant_id leaves it to the query whose rows it takes.
    const bool is_inherited = scope().head == Head::kInsert && scope().needs_tenant && !scope().has_tenant;
    scope().needs_tenant &= !is_inherited;
    const Verdict verdict = end_scope(); // of what stood before in these parentheses: the other side of a UNION, a WITH
    scope() = {.needs_tenant = is_inherited};
    if (sql::is(token_, "select")) scope().head = Head::kSelect;
    if (sql::is(token_, "table")) scope().head = Head::kSelect, scope().wants = Wants::kTable;
    if (sql::is(token_, "insert")) scope().head = Head::kInsert;
    if (sql::is(token_, "delete")) scope().head = Head::kDelete;
    if (sql::is(token_, "update")) scope().head = Head::kUpdate, scope().wants = Wants::kTable;
    return verdict;
  }

  Verdict take_keyword() {
    if (!is_keyword_) return note_filter();
    Scope &here = scope();
    here.has_outer_join |= begins_outer_join();
    for (const std::string_view word : {"from", "join", "into", "using"})
      if (sql::is(token_, word)) {
        here.wants = Wants::kTable;
        here.in_list |= sql::same(word, "from") || sql::same(word, "using");
        return nullptr;
      }
    for (const std::string_view word :
         {"where", "group", "order", "having", "limit", "offset", "fetch", "set", "returning", "window", "for", "values"})
      if (sql::is(token_, word)) here.in_list = here.in_filter = false;
    if (sql::is(token_, "on")) here.in_filter = here.head != Head::kInsert && !here.has_outer_join;
    if (sql::is(token_, "where")) {
      here.has_where = here.in_filter = true;
      return nullptr;
    }
    if (sql::is(token_, "limit") || sql::is(token_, "fetch")) {
      here.has_limit = true;
      return nullptr;
    }
    if (sql::is(last_, "limit") && (sql::is(token_, "all") || sql::is(token_, "null"))) here.has_limit = false;
    return note_filter();
  }

  /// LEFT [OUTER] JOIN; left(..) is a function.
  bool begins_outer_join() const {
    if (!sql::is(token_, "left") && !sql::is(token_, "right") && !sql::is(token_, "full")) return false;
    sql::Lexer ahead = lexer_;
    const sql::Token behind = ahead.next();
    return sql::is(behind, "join") || sql::is(behind, "outer");
  }

  /// The scope whose statement this belongs to: the innermost that has one.
  Scope &owner() {
    std::size_t depth = depth_;
    while (depth > 0 && scopes_[depth].head == Head::kNone) --depth;
    return scopes_[depth];
  }

  /// A WHERE of nothing but constants holds for all rows or for none: a name in it is a filter.
  Verdict note_filter() {
    Scope &here = owner();
    if (!here.has_where || !here.in_filter || !sql::is_name(token_)) return nullptr;
    for (const std::string_view constant : {"true", "false", "null", "not", "or", "and", "is"})
      if (sql::is(token_, constant)) return nullptr;
    here.has_filter = true;
    return nullptr;
  }

  /// The name after FROM and its like: the last part of `a.b.c`, whose quotes and case do not matter.
  Verdict take_table() {
    Scope &here = scope();
    if (sql::is(token_, "only") || sql::is(token_, "lateral") || token_.is_mark('.')) return nullptr;
    if (!sql::is_name(token_)) return here.wants = Wants::kNothing, look_again();
    const sql::Token name = token_;
    sql::Lexer ahead = lexer_;
    if (ahead.next().is_mark('.')) return nullptr; // a schema
    here.wants = Wants::kNothing;
    for (const std::string_view table : kTenantTables) owner().needs_tenant |= sql::names(name, table);
    for (const std::string_view table : kLargeTables) owner().is_large |= sql::names(name, table);
    return nullptr;
  }
  Verdict look_again() { return token_.kind == sql::Kind::kWord ? take_keyword() : note_filter(); }

  /// tenant_id that rows are filtered by; in an INSERT, any.
  void note_tenant() {
    if (!sql::names(token_, "tenant_id")) return;
    Scope &here = owner();
    sql::Lexer ahead = lexer_;
    const sql::Token behind = ahead.next();
    const bool is_compared = behind.text == "=" || sql::is(behind, "in") || last_.text == "=";
    here.has_tenant |= here.head == Head::kInsert || (is_filtering() && is_compared);
  }

  /// In a WHERE or ON of the statement that this belongs to, or in an ON of a join in parentheses that it reads.
  bool is_filtering() const {
    std::size_t depth = depth_;
    while (depth > 0 && !scopes_[depth].in_filter && scopes_[depth].head == Head::kNone) --depth;
    return scopes_[depth].in_filter;
  }

  Verdict end_scope() {
    const Scope &here = scope();
    if (here.head == Head::kDelete && !(here.has_where && here.has_filter)) return "DELETE without a WHERE that filters";
    if (here.head == Head::kUpdate && !(here.has_where && here.has_filter)) return "UPDATE without a WHERE that filters";
    if (here.head == Head::kSelect && here.is_large) {
      bool has_limit = here.has_limit;
      for (std::size_t depth = 0; depth < depth_; ++depth) has_limit |= scopes_[depth].has_limit;
      if (!has_limit) return "SELECT from a large table without LIMIT";
    }
    if (here.needs_tenant && !here.has_tenant) return "a table of several tenants is used without tenant_id";
    return nullptr;
  }

  Verdict end_statement() {
    if (depth_ != 0) return "a parenthesis is not closed";
    if (const Verdict verdict = end_scope()) return verdict;
    scopes_[0] = {};
    return nullptr;
  }

  sql::Lexer lexer_;
  sql::Token token_{}, last_{}, first_{};
  std::size_t depth_ = 0;
  std::array<Scope, kMostDepth> scopes_{};
  bool is_keyword_ = false; ///< the token may be one
};

inline Verdict check(std::string_view query) { return Query(query).check(); }

} // namespace guardrail
