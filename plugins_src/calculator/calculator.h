/* Arithmetic as text. Declared in C, so that hosts and plugins in either language may use it. */
#ifndef DEMO_CALCULATOR_H
#define DEMO_CALCULATOR_H

#include <graft/abi.h>

GRAFT_CONTRACT(calculator, "demo.calculator", 1, 0) {
  /* Evaluates `expression`: + - * / ^, parentheses, unary minus, pi and e, sqrt sin cos ln abs min max. What cannot be read or
   * computed is GRAFT_EXCEPTION, and the error's text says in which column. */
  graft_status (*evaluate)(graft_str expression, double *result);
  /* Appends the expression in reverse Polish notation to `out`. */
  graft_status (*explain)(graft_str expression, graft_buf *out);
};

#endif
