/* What test.h means in a load: functions that nobody calls and nobody emits, so that tests in a bundle's own sources cost nothing but
 * their parsing, and cannot rot. */
#ifndef GRAFT_TEST_NOTHING_H
#define GRAFT_TEST_NOTHING_H

#include "../abi/contract.h"

__attribute__((format(printf, 3, 4))) static inline void graft_test_fail(const char *file, uint32_t line, const char *format, ...) {
  (void)file, (void)line, (void)format;
}
__attribute__((format(printf, 3, 4))) static inline void graft_test_skip(const char *file, uint32_t line, const char *format, ...) {
  (void)file, (void)line, (void)format;
}
static inline const void *graft_test_contract(const graft_contract_info *contract) { return contract; }

#ifdef __cplusplus
#define GRAFT_TEST_SELF_(tag) tag *self
#else
#define GRAFT_TEST_SELF_(tag) struct tag *self
#endif

#define GRAFT_TEST_UNUSED_ __attribute__((unused))
#define GRAFT_TEST_PLAIN_(name, id) GRAFT_TEST_UNUSED_ static void id(void)
/* The array is used, as it would be. */
#define GRAFT_TEST_CASES_(cases, id)                                                                \
  GRAFT_TEST_UNUSED_ static const void *GRAFT_CAT(id, _cases)(void) { return (cases); }
#define GRAFT_TEST_EACH_(cases, name, id)                                                           \
  GRAFT_TEST_CASES_(cases, id)                                                                      \
  GRAFT_TEST_UNUSED_ static void id(GRAFT_TEST_UNUSED_ __typeof__(&(cases)[0]) param)
#define GRAFT_TEST_WITH_(tag, name, id) GRAFT_TEST_UNUSED_ static void id(GRAFT_TEST_UNUSED_ GRAFT_TEST_SELF_(tag))
#define GRAFT_TEST_WITH_EACH_(tag, cases, name, id)                                                 \
  GRAFT_TEST_CASES_(cases, id)                                                                      \
  GRAFT_TEST_UNUSED_ static void id(GRAFT_TEST_UNUSED_ GRAFT_TEST_SELF_(tag),                       \
                                    GRAFT_TEST_UNUSED_ __typeof__(&(cases)[0]) param)

#define GRAFT_EXPECT_(operation, a, b, a_text, b_text, otherwise) ((void)(a), (void)(b))
#define GRAFT_EXPECT_BOOL_(expected, a, text, otherwise) ((void)(a))
#define GRAFT_EXPECT_TEXT_(operation, a, b, a_text, b_text, otherwise) ((void)(a), (void)(b))
#define GRAFT_EXPECT_NEAR_(a, b, most, a_text, b_text, otherwise) ((void)(a), (void)(b), (void)(most))
#define GRAFT_EXPECT_THROW_(statement, type, text, type_text, otherwise)                            \
  do {                                                                                              \
    statement;                                                                                      \
  } while (0)
#define GRAFT_EXPECT_NO_THROW_(statement, text, otherwise)                                          \
  do {                                                                                              \
    statement;                                                                                      \
  } while (0)

#endif
