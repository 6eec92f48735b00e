/* Expectations in C: values of any scalar type, by _Generic. Authors include test.h. */
#ifndef GRAFT_TEST_EXPECT_H
#define GRAFT_TEST_EXPECT_H
#ifndef __cplusplus /* which has expect.hpp */

#include "../abi/util.h"
#include "record.h"

static inline graft_test_value graft_test_of_kind(uint32_t kind, uint64_t bits, double real) {
  graft_test_value value = {kind, 0, bits, real};
  return value;
}
static inline graft_test_value graft_test_of_bool(_Bool value) { return graft_test_of_kind(GRAFT_TEST_BOOL, value, 0); }
static inline graft_test_value graft_test_of_character(char value) {
  return graft_test_of_kind(GRAFT_TEST_CHARACTER, (uint64_t)(int64_t)value, 0);
}
static inline graft_test_value graft_test_of_signed(long long value) {
  return graft_test_of_kind(GRAFT_TEST_SIGNED, (uint64_t)value, 0);
}
static inline graft_test_value graft_test_of_unsigned(unsigned long long value) {
  return graft_test_of_kind(GRAFT_TEST_UNSIGNED, value, 0);
}
static inline graft_test_value graft_test_of_real(double value) { return graft_test_of_kind(GRAFT_TEST_REAL, 0, value); }
static inline graft_test_value graft_test_of_pointer(const volatile void *value) {
  return graft_test_of_kind(GRAFT_TEST_POINTER, (uint64_t)(uintptr_t)value, 0);
}
static inline graft_test_value graft_test_of_characters(const char *value) {
  return graft_test_of_kind(GRAFT_TEST_CHARACTERS, (uint64_t)(uintptr_t)value, 0);
}
static inline graft_str graft_test_text_of_buf(graft_buf value) { return (graft_str){value.data, value.size}; }
static inline graft_str graft_test_text_of_str(graft_str value) { return value; }

#define GRAFT_TEST_VALUE_(value)                                                                    \
  _Generic((value),                                                                                 \
      _Bool: graft_test_of_bool,                                                                    \
      char: graft_test_of_character,                                                                \
      signed char: graft_test_of_signed,                                                            \
      short: graft_test_of_signed,                                                                  \
      int: graft_test_of_signed,                                                                    \
      long: graft_test_of_signed,                                                                   \
      long long: graft_test_of_signed,                                                              \
      unsigned char: graft_test_of_unsigned,                                                        \
      unsigned short: graft_test_of_unsigned,                                                       \
      unsigned int: graft_test_of_unsigned,                                                         \
      unsigned long: graft_test_of_unsigned,                                                        \
      unsigned long long: graft_test_of_unsigned,                                                   \
      float: graft_test_of_real,                                                                    \
      double: graft_test_of_real,                                                                   \
      long double: graft_test_of_real,                                                              \
      char *: graft_test_of_characters,                                                             \
      const char *: graft_test_of_characters,                                                       \
      default: graft_test_of_pointer)(value)
#define GRAFT_TEST_TEXT_(value)                                                                     \
  _Generic((value), graft_str: graft_test_text_of_str, graft_buf: graft_test_text_of_buf, default: graft_str_of)(value)

#define GRAFT_EXPECT_(operation, a, b, a_text, b_text, otherwise)                                   \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, a_text, b_text, __LINE__, operation};        \
    if (!graft_test_compare(&graft_test_here, GRAFT_TEST_VALUE_(a), GRAFT_TEST_VALUE_(b))) otherwise; \
  } while (0)
#define GRAFT_EXPECT_TEXT_(operation, a, b, a_text, b_text, otherwise)                              \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, a_text, b_text, __LINE__, operation};        \
    if (!graft_test_compare_text(&graft_test_here, GRAFT_TEST_TEXT_(a), GRAFT_TEST_TEXT_(b))) otherwise; \
  } while (0)

#endif
#endif
