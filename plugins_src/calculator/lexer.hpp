// Text to tokens. A token knows its column, so that errors can say where.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace arithmetic {

/// What is wrong with an expression, and in which column (from 1).
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(std::size_t column, const std::string &what)
      : std::runtime_error("column " + std::to_string(column) + ": " + what) {}
};

struct Token {
  enum class Kind { kNumber, kName, kSign, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;
  double value = 0;
  std::size_t column = 1;
};

/// The tokens of `text`, the last of them kEnd. Throws SyntaxError.
std::vector<Token> tokenize(std::string_view text);

} // namespace arithmetic
