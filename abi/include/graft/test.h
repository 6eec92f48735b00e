/* Tests beside a plugin, in C11 or C++20, for `graft test BUNDLE`: in files named `*_test.c` or `*_test.cpp` in the bundle's folder, in
 * its folder `tests/`, or in its own sources, whose static functions they then can call.
 *
 *     GRAFT_TEST("adds") { EXPECT_EQ(add(1, 2), 3); }
 *
 *     static const struct { int in, out; } kDoubles[] = {{1, 2}, {-4, -8}};
 *     GRAFT_TEST_EACH(kDoubles, "doubles") { EXPECT_EQ(twice(param->in), param->out); }   one test each, "doubles/0", "doubles/1"
 *
 *     GRAFT_TEST("greets") {
 *       const greeter *tested = GRAFT_TESTED(greeter);      the contract as a host calls it: an exception is a status
 *       ASSERT_EQ(tested->greet(graft_str_of("you"), &out), GRAFT_OK);
 *     }
 *
 * EXPECT_ goes on behind a failure, ASSERT_ returns from the function that it stands in, which returns void. In a load none of this is
 * compiled to anything: only `graft test` defines GRAFT_TESTING. */
#ifndef GRAFT_TEST_H
#define GRAFT_TEST_H

#include "abi.h"

#ifdef GRAFT_TESTING
#include "test/record.h"
#ifdef __cplusplus
#include "test/expect.hpp"
#else
#include "test/expect.h"
#endif
#else
#include "test/nothing.h"
#endif

/* Declares a test. What follows is its body. */
#define GRAFT_TEST(name) GRAFT_TEST_PLAIN_(name, GRAFT_CAT(graft_test_, __LINE__))

/* One test for each element of an array; the body reads it through `param`. */
#define GRAFT_TEST_EACH(cases, name) GRAFT_TEST_EACH_(cases, name, GRAFT_CAT(graft_test_, __LINE__))

/* A test with a fixture, which the body reaches through `self`: in C++ an object of class `tag`, made before and destroyed behind it;
 * in C a `struct tag` of zeros. */
#define GRAFT_TEST_WITH(tag, name) GRAFT_TEST_WITH_(tag, name, GRAFT_CAT(graft_test_, __LINE__))

/* Both: `self` and `param`. */
#define GRAFT_TEST_WITH_EACH(tag, cases, name) GRAFT_TEST_WITH_EACH_(tag, cases, name, GRAFT_CAT(graft_test_, __LINE__))

/* In C, before the tests with `struct tag`: what runs before and behind each, `void set_up(struct tag *)`, or 0. A failed ASSERT_ in
 * `set_up` leaves the body out; `tear_down` runs whatever happens short of a crash. */
#ifndef __cplusplus
#define GRAFT_FIXTURE(tag, set_up, tear_down)                                                       \
  __attribute__((unused)) static void graft_set_up_##tag(void *self) {                              \
    void (*const run)(struct tag *) = (set_up);                                                     \
    if (run) run((struct tag *)self);                                                               \
  }                                                                                                 \
  __attribute__((unused)) static void graft_tear_down_##tag(void *self) {                           \
    void (*const run)(struct tag *) = (tear_down);                                                  \
    if (run) run((struct tag *)self);                                                               \
  }                                                                                                 \
  GRAFT_STATIC_ASSERT(sizeof(struct tag) > 0, "a fixture has members")
#endif

/* The contract as its provider in this bundle, or in one that it requires, answers it; pinned until the test ends. */
#define GRAFT_TESTED(tag) ((const struct tag *)graft_test_contract(&graft_contract_##tag))

/* Numbers, enumerators and pointers are compared as what they are: -1 is less than 1u. In C++ whatever has the operator. */
#define EXPECT_EQ(a, b) GRAFT_EXPECT_(GRAFT_TEST_EQ, a, b, #a, #b, (void)0)
#define EXPECT_NE(a, b) GRAFT_EXPECT_(GRAFT_TEST_NE, a, b, #a, #b, (void)0)
#define EXPECT_LT(a, b) GRAFT_EXPECT_(GRAFT_TEST_LT, a, b, #a, #b, (void)0)
#define EXPECT_LE(a, b) GRAFT_EXPECT_(GRAFT_TEST_LE, a, b, #a, #b, (void)0)
#define EXPECT_GT(a, b) GRAFT_EXPECT_(GRAFT_TEST_GT, a, b, #a, #b, (void)0)
#define EXPECT_GE(a, b) GRAFT_EXPECT_(GRAFT_TEST_GE, a, b, #a, #b, (void)0)
#define ASSERT_EQ(a, b) GRAFT_EXPECT_(GRAFT_TEST_EQ, a, b, #a, #b, return)
#define ASSERT_NE(a, b) GRAFT_EXPECT_(GRAFT_TEST_NE, a, b, #a, #b, return)
#define ASSERT_LT(a, b) GRAFT_EXPECT_(GRAFT_TEST_LT, a, b, #a, #b, return)
#define ASSERT_LE(a, b) GRAFT_EXPECT_(GRAFT_TEST_LE, a, b, #a, #b, return)
#define ASSERT_GT(a, b) GRAFT_EXPECT_(GRAFT_TEST_GT, a, b, #a, #b, return)
#define ASSERT_GE(a, b) GRAFT_EXPECT_(GRAFT_TEST_GE, a, b, #a, #b, return)

#define EXPECT_TRUE(a) GRAFT_EXPECT_BOOL_(1, a, #a, (void)0)
#define EXPECT_FALSE(a) GRAFT_EXPECT_BOOL_(0, a, #a, (void)0)
#define ASSERT_TRUE(a) GRAFT_EXPECT_BOOL_(1, a, #a, return)
#define ASSERT_FALSE(a) GRAFT_EXPECT_BOOL_(0, a, #a, return)

/* Text: terminated strings, `graft_str`, `graft_buf`, in any mixture; in C++ whatever is a std::string_view, too. */
#define EXPECT_STREQ(a, b) GRAFT_EXPECT_TEXT_(GRAFT_TEST_EQ, a, b, #a, #b, (void)0)
#define EXPECT_STRNE(a, b) GRAFT_EXPECT_TEXT_(GRAFT_TEST_NE, a, b, #a, #b, (void)0)
#define ASSERT_STREQ(a, b) GRAFT_EXPECT_TEXT_(GRAFT_TEST_EQ, a, b, #a, #b, return)
#define ASSERT_STRNE(a, b) GRAFT_EXPECT_TEXT_(GRAFT_TEST_NE, a, b, #a, #b, return)

/* Real numbers that differ by no more than `most`. */
#define EXPECT_NEAR(a, b, most) GRAFT_EXPECT_NEAR_(a, b, most, #a, #b, (void)0)
#define ASSERT_NEAR(a, b, most) GRAFT_EXPECT_NEAR_(a, b, most, #a, #b, return)

#ifdef __cplusplus
#define EXPECT_THROW(statement, type) GRAFT_EXPECT_THROW_(statement, type, #statement, #type, (void)0)
#define ASSERT_THROW(statement, type) GRAFT_EXPECT_THROW_(statement, type, #statement, #type, return)
#define EXPECT_NO_THROW(statement) GRAFT_EXPECT_NO_THROW_(statement, #statement, (void)0)
#define ASSERT_NO_THROW(statement) GRAFT_EXPECT_NO_THROW_(statement, #statement, return)
#endif

/* A failure, or a reason not to go on, in printf's words. Both return. */
#define FAIL(...) GRAFT_TEST_LEAVE_(graft_test_fail(__FILE__, __LINE__, __VA_ARGS__))
#define SKIP(...) GRAFT_TEST_LEAVE_(graft_test_skip(__FILE__, __LINE__, __VA_ARGS__))
#define GRAFT_TEST_LEAVE_(said)                                                                     \
  do {                                                                                              \
    said;                                                                                           \
    return;                                                                                         \
  } while (0)

#endif
