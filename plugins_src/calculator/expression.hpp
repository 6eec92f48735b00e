// An expression as a tree of nodes, each of which can be computed and printed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace arithmetic {

class Node {
 public:
  virtual ~Node() = default;
  virtual double value() const = 0;
  /// Reverse Polish notation, its parts separated by blanks.
  virtual std::string postfix() const = 0;
};

/// Throws SyntaxError.
std::unique_ptr<const Node> parse(std::string_view text);

} // namespace arithmetic
