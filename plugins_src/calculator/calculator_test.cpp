// `graft test plugins_src/calculator`: the parser from inside, and the contract as a host calls it.
#include <graft/test.h>

#include "calculator.h"
#include "expression.hpp"
#include "lexer.hpp"

using arithmetic::parse;

static const struct {
  const char *text;
  double value;
} kExpressions[] = {{"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"-2 ^ 2", -4}, {"sqrt(16) - abs(-1)", 3}, {"max(1, 2)", 2}};

GRAFT_TEST_EACH(kExpressions, "computes") { EXPECT_NEAR(parse(param->text)->value(), param->value, 1e-12); }

GRAFT_TEST("explains what binds first") { EXPECT_EQ(parse("1 + 2 * 3")->postfix(), "1 2 3 * +"); }

GRAFT_TEST("says in which column it stopped") {
  EXPECT_THROW(parse("1 + "), arithmetic::SyntaxError);
  EXPECT_THROW(arithmetic::tokenize("1 $ 2"), arithmetic::SyntaxError);
}

GRAFT_TEST("an exception of the parser is a status of the contract") {
  double result = 0;
  EXPECT_EQ(GRAFT_TESTED(calculator)->evaluate(graft_str_of("1 +"), &result), GRAFT_EXCEPTION);
  EXPECT_EQ(GRAFT_TESTED(calculator)->evaluate(graft_str_of("1 + 1"), &result), GRAFT_OK);
  EXPECT_EQ(result, 2);
}
