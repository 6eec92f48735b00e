// Recursive descent over the tokens, one function per level of precedence:
//
//   sum := product (('+' | '-') product)*    product := unary (('*' | '/') unary)*    unary := '-' unary | power
//   power := atom ('^' unary)?               atom := number | name | name '(' sum (',' sum)* ')' | '(' sum ')'
#include "expression.hpp"

#include "lexer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

namespace arithmetic {
namespace {

using Tree = std::unique_ptr<const Node>;
using Arguments = std::vector<double>;

class Number : public Node {
 public:
  Number(double value, std::string text) : value_(value), text_(std::move(text)) {}
  double value() const override { return value_; }
  std::string postfix() const override { return text_; }

 private:
  double value_;
  std::string text_;
};

/// A function or an operator over its operands.
class Application : public Node {
 public:
  Application(std::string name, std::function<double(const Arguments &)> rule, std::vector<Tree> operands)
      : name_(std::move(name)), rule_(std::move(rule)), operands_(std::move(operands)) {}

  double value() const override {
    Arguments values;
    for (const Tree &operand : operands_) values.push_back(operand->value());
    return rule_(values);
  }

  std::string postfix() const override {
    std::string text;
    for (const Tree &operand : operands_) text += operand->postfix() + " ";
    return text + name_;
  }

 private:
  std::string name_;
  std::function<double(const Arguments &)> rule_;
  std::vector<Tree> operands_;
};

struct Function {
  std::size_t arity;
  std::function<double(const Arguments &)> rule;
};

const std::map<std::string, Function, std::less<>> &functions() {
  static const std::map<std::string, Function, std::less<>> known = {
      {"sqrt", {1, [](const Arguments &a) { return std::sqrt(a[0]); }}},
      {"sin", {1, [](const Arguments &a) { return std::sin(a[0]); }}},
      {"cos", {1, [](const Arguments &a) { return std::cos(a[0]); }}},
      {"ln", {1, [](const Arguments &a) { return std::log(a[0]); }}},
      {"abs", {1, [](const Arguments &a) { return std::fabs(a[0]); }}},
      {"min", {2, [](const Arguments &a) { return std::min(a[0], a[1]); }}},
      {"max", {2, [](const Arguments &a) { return std::max(a[0], a[1]); }}},
  };
  return known;
}

double apply(char sign, std::size_t column, double left, double right) {
  switch (sign) {
  case '+':
    return left + right;
  case '-':
    return left - right;
  case '*':
    return left * right;
  case '^':
    return std::pow(left, right);
  default:
    break;
  }
  if (right == 0) throw SyntaxError(column, "division by zero");
  return left / right;
}

class Parser {
 public:
  /// The limit bounds every recursion: of the parser, of the tree's evaluation and of its end.
  explicit Parser(std::string_view text) : tokens_(tokenize(text)) {
    if (tokens_.size() > kMostTokens) throw SyntaxError(tokens_[kMostTokens].column, "the expression is too long");
  }

  Tree parse_all() {
    Tree tree = sum();
    if (next().kind != Token::Kind::kEnd) throw SyntaxError(next().column, "unexpected '" + next().text + "'");
    return tree;
  }

 private:
  static constexpr std::size_t kMostTokens = 1000;

  const Token &next() const { return tokens_[at_]; }
  bool at_sign(std::string_view signs) const {
    return next().kind == Token::Kind::kSign && signs.find(next().text[0]) != std::string_view::npos;
  }
  Token take() { return tokens_[at_++]; }
  void expect(const char *sign) {
    if (!at_sign(sign)) throw SyntaxError(next().column, std::string("expected '") + sign + "' before " + next().text);
    take();
  }

  Tree binary(const Token &sign, Tree left, Tree right) {
    std::vector<Tree> operands;
    operands.push_back(std::move(left));
    operands.push_back(std::move(right));
    const auto rule = [sign = sign.text[0], column = sign.column](const Arguments &a) {
      return apply(sign, column, a[0], a[1]);
    };
    return std::make_unique<Application>(sign.text, rule, std::move(operands));
  }

  Tree sum() {
    Tree tree = product();
    while (at_sign("+-")) {
      const Token sign = take();
      tree = binary(sign, std::move(tree), product());
    }
    return tree;
  }

  Tree product() {
    Tree tree = unary();
    while (at_sign("*/")) {
      const Token sign = take();
      tree = binary(sign, std::move(tree), unary());
    }
    return tree;
  }

  Tree unary() {
    if (!at_sign("-")) return power();
    take();
    std::vector<Tree> operand;
    operand.push_back(unary());
    return std::make_unique<Application>("neg", [](const Arguments &a) { return -a[0]; }, std::move(operand));
  }

  Tree power() {
    Tree tree = atom();
    if (!at_sign("^")) return tree;
    const Token sign = take();
    return binary(sign, std::move(tree), unary());
  }

  Tree atom() {
    const Token token = take();
    if (token.kind == Token::Kind::kNumber) return std::make_unique<Number>(token.value, token.text);
    if (token.kind == Token::Kind::kName) return named(token);
    if (token.text != "(") throw SyntaxError(token.column, "expected a number, found '" + token.text + "'");
    Tree tree = sum();
    expect(")");
    return tree;
  }

  Tree named(const Token &name) {
    if (name.text == "pi") return std::make_unique<Number>(std::numbers::pi, name.text);
    if (name.text == "e") return std::make_unique<Number>(std::numbers::e, name.text);
    const auto found = functions().find(name.text);
    if (found == functions().end()) throw SyntaxError(name.column, "nothing is called '" + name.text + "'");
    expect("(");
    std::vector<Tree> operands;
    operands.push_back(sum());
    while (at_sign(",")) {
      take();
      operands.push_back(sum());
    }
    expect(")");
    const Function &function = found->second;
    if (operands.size() != function.arity)
      throw SyntaxError(name.column, name.text + " takes " + std::to_string(function.arity) + " arguments, not " +
                                         std::to_string(operands.size()));
    return std::make_unique<Application>(name.text, function.rule, std::move(operands));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

} // namespace

std::unique_ptr<const Node> parse(std::string_view text) { return Parser(text).parse_all(); }

} // namespace arithmetic
