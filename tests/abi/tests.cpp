// Every form of graft/test.h in C++: compiled as in a load and as in a test.
#include <graft/test.h>
#include <vector>
#include <map>
#include <optional>
#include <stdexcept>
static int add(int a, int b) { return a + b; }
GRAFT_TEST("adds") { EXPECT_EQ(add(1, 2), 3); EXPECT_LT(-1, 1u); ASSERT_STREQ("a", std::string("a")); EXPECT_NEAR(1.0, 1.1f, 0.2); EXPECT_TRUE(add(1,1)); void *p = nullptr; EXPECT_EQ(p, nullptr); std::vector<int> v{1,2}; EXPECT_EQ(v.size(), 2); EXPECT_EQ(v, (std::vector<int>{1,2})); std::map<int,std::string> m; EXPECT_EQ(m, m); EXPECT_THROW(throw std::runtime_error("x"), std::runtime_error); EXPECT_NO_THROW(add(1,1)); EXPECT_EQ(std::optional<int>(3), 3); EXPECT_EQ(std::string("a"), "a"); if (add(1,2) == 4) FAIL("no %d", 3); SKIP("later"); }
static const struct { int in, out; } kDoubles[] = {{1, 2}, {-4, -8}};
GRAFT_TEST_EACH(kDoubles, "doubles") { EXPECT_EQ(add(param->in, param->in), param->out); }
struct box { std::vector<int> n{1}; };
GRAFT_TEST_WITH(box, "boxes") { EXPECT_EQ(self->n.size(), 1u); }
GRAFT_TEST_WITH_EACH(box, kDoubles, "both") { EXPECT_EQ(self->n.size(), 1); EXPECT_NE(param->in, 0); }
