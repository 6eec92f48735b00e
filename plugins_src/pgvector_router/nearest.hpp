// Does a query ask for the nearest of something: a distance of pgvector's in an ORDER BY?
#pragma once

#include "sql_tokens.hpp"

namespace nearest {

inline bool is_search(std::string_view query) {
  sql::Lexer lexer(query);
  bool is_ordered = false;
  for (sql::Token before, token = lexer.next();; before = token, token = lexer.next()) {
    if (token.kind == sql::Kind::kEnd || token.kind == sql::Kind::kBroken) return false;
    is_ordered |= sql::is(before, "order") && sql::is(token, "by");
    if (is_ordered && (token.text == "<->" || token.text == "<#>" || token.text == "<=>")) return true;
  }
}

} // namespace nearest
