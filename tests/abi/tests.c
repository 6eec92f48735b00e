/* Every form of graft/test.h in C: compiled as in a load and as in a test. */
#include <graft/test.h>
static int add(int a, int b) { return a + b; }
GRAFT_TEST("adds") { EXPECT_EQ(add(1, 2), 3); EXPECT_LT(-1, 1u); ASSERT_STREQ("a", "a"); EXPECT_NEAR(1.0, 1.1f, 0.2); EXPECT_TRUE(add(1,1)); void *p = 0; EXPECT_EQ(p, NULL); if (add(1,2) == 4) FAIL("no %d", 3); SKIP("later"); }
static const struct { int in, out; } kDoubles[] = {{1, 2}, {-4, -8}};
GRAFT_TEST_EACH(kDoubles, "doubles") { EXPECT_EQ(add(param->in, param->in), param->out); }
struct box { int *n; int reserved, other; };
static void set_up(struct box *b) { b->reserved = 1; }
GRAFT_FIXTURE(box, set_up, 0);
GRAFT_TEST_WITH(box, "boxes") { EXPECT_EQ(self->reserved, 1); }
GRAFT_TEST_WITH_EACH(box, kDoubles, "both") { EXPECT_EQ(self->reserved, 1); EXPECT_NE(param->in, 0); }
