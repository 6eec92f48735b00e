// The bundle's face. Nothing is caught here: what the parser throws becomes GRAFT_EXCEPTION with its text at the contract's
// line.
#include "calculator.h"

#include "expression.hpp"

namespace {

std::string_view view(graft_str text) { return {text.data, text.size}; }

graft_status evaluate(graft_str expression, double *result) {
  *result = arithmetic::parse(view(expression))->value();
  return GRAFT_OK;
}

graft_status explain(graft_str expression, graft_buf *out) {
  const std::string postfix = arithmetic::parse(view(expression))->postfix();
  return graft_buf_append(&graft_self, out, postfix.data(), postfix.size());
}

} // namespace

GRAFT_PROVIDE(calculator, {.evaluate = evaluate, .explain = explain});
