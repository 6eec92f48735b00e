#include "lexer.hpp"

#include <cctype>
#include <charconv>

namespace arithmetic {
namespace {

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool continues_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)); }
bool starts_number(char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '.'; }

} // namespace

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    Token token;
    token.column = at + 1;
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
      continue;
    }
    if (starts_number(c)) {
      const auto [end, failure] = std::from_chars(text.data() + at, text.data() + text.size(), token.value);
      if (failure != std::errc{}) throw SyntaxError(token.column, "no number");
      token.kind = Token::Kind::kNumber;
      token.text = text.substr(at, static_cast<std::size_t>(end - text.data()) - at);
    } else if (starts_name(c)) {
      std::size_t end = at;
      while (end < text.size() && continues_name(text[end])) ++end;
      token.kind = Token::Kind::kName;
      token.text = text.substr(at, end - at);
    } else if (std::string_view("+-*/^(),").find(c) != std::string_view::npos) {
      token.kind = Token::Kind::kSign;
      token.text = c;
    } else {
      throw SyntaxError(token.column, std::string("unexpected '") + c + "'");
    }
    at += token.text.size();
    tokens.push_back(std::move(token));
  }
  tokens.push_back({Token::Kind::kEnd, "the end", 0, text.size() + 1});
  return tokens;
}

} // namespace arithmetic
