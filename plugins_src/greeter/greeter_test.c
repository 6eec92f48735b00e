/* `graft test plugins_src/greeter`: the contract, called as a host calls it. */
#include <graft/test.h>

#include "greeter.h"

struct words {
  graft_buf out;
};

static void forget(struct words *words) { graft_buf_free(&graft_self, &words->out); }

GRAFT_FIXTURE(words, 0, forget);

GRAFT_TEST_WITH(words, "greets by name") {
  const greeter *tested = GRAFT_TESTED(greeter);
  ASSERT_EQ(tested->greet(graft_str_of("world"), &self->out), GRAFT_OK);
  EXPECT_STREQ(self->out, "Hello, world!");
}

GRAFT_TEST_WITH(words, "appends to what is there") {
  const greeter *tested = GRAFT_TESTED(greeter);
  ASSERT_EQ(tested->greet(graft_str_of("a"), &self->out), GRAFT_OK);
  ASSERT_EQ(tested->greet(graft_str_of("b"), &self->out), GRAFT_OK);
  EXPECT_STREQ(self->out, "Hello, a!Hello, b!");
}

GRAFT_TEST_WITH(words, "refuses nobody") {
  const greeter *tested = GRAFT_TESTED(greeter);
  EXPECT_EQ(tested->greet(graft_str_of(""), &self->out), GRAFT_INVALID);
  EXPECT_EQ(self->out.size, 0);
}
