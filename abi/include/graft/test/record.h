/* How a test is found and run: one record a test, in a linker set; the functions that expectations call, which driver.inc defines; and the
 * contract that `graft test` calls. Authors include test.h. */
#ifndef GRAFT_TEST_RECORD_H
#define GRAFT_TEST_RECORD_H

#include "../abi/contract.h"

GRAFT_C_BEGIN

typedef struct graft_test_record {
  uint32_t struct_size;
  uint32_t line;
  const char *file;
  const char *name;
  void (*run)(void *self, const void *param);
  void (*set_up)(void *self);    /* or null */
  void (*tear_down)(void *self); /* or null */
  size_t self_size;              /* of the fixture; 0: none */
  const void *cases;             /* null: one test, without a parameter */
  size_t case_size;
  size_t case_count;
} graft_test_record;

typedef enum graft_test_operation {
  GRAFT_TEST_EQ = 0,
  GRAFT_TEST_NE = 1,
  GRAFT_TEST_LT = 2,
  GRAFT_TEST_LE = 3,
  GRAFT_TEST_GT = 4,
  GRAFT_TEST_GE = 5
} graft_test_operation;

typedef enum graft_test_kind {
  GRAFT_TEST_SIGNED = 0,
  GRAFT_TEST_UNSIGNED = 1,
  GRAFT_TEST_BOOL = 2,
  GRAFT_TEST_CHARACTER = 3,
  GRAFT_TEST_REAL = 4,
  GRAFT_TEST_POINTER = 5,
  GRAFT_TEST_CHARACTERS = 6 /* a pointer whose text is shown */
} graft_test_kind;

/* A value to compare and to show. `bits` are an integer's, sign-extended, or a pointer's. */
typedef struct graft_test_value {
  uint32_t kind;
  uint32_t reserved;
  uint64_t bits;
  double real;
} graft_test_value;

/* Where an expectation stands and what it says. */
typedef struct graft_test_site {
  const char *file;
  const char *a_text;
  const char *b_text;
  uint32_t line;
  uint32_t operation; /* a graft_test_operation */
} graft_test_site;

/* What expectations call: each returns whether they hold, and reports when not. [any thread] */
int graft_test_compare(const graft_test_site *site, graft_test_value a, graft_test_value b);
int graft_test_compare_text(const graft_test_site *site, graft_str a, graft_str b);
int graft_test_near(const graft_test_site *site, double a, double b, double most);
int graft_test_bool(const graft_test_site *site, int expected, int actual);
/* A comparison that did not hold, of values that the caller wrote down. */
void graft_test_differs(const graft_test_site *site, const char *a, const char *b);
__attribute__((format(printf, 3, 4))) void graft_test_fail(const char *file, uint32_t line, const char *format, ...);
__attribute__((format(printf, 3, 4))) void graft_test_skip(const char *file, uint32_t line, const char *format, ...);
const void *graft_test_contract(const graft_contract_info *contract);

/* Who hears of failures. Texts are borrowed during the call. [any thread] */
typedef struct graft_test_reporter {
  uint32_t struct_size;
  uint32_t reserved;
  void *context;
  void (*failed)(void *context, const char *file, uint32_t line, const char *text);
  void (*skipped)(void *context, const char *file, uint32_t line, const char *text);
} graft_test_reporter;

typedef struct graft_test_info {
  uint32_t struct_size;
  uint32_t line;
  const char *name;
  const char *file;
  uint64_t cases; /* 0: one test, without a parameter */
} graft_test_info;

/* A line of code in a function that nobody calls, so that it is in no image. */
typedef struct graft_test_line {
  const char *file;
  uint64_t line;
} graft_test_line;

/* How often something ran, and the address behind the call that counted it. [any thread, atomically] */
typedef struct graft_test_count {
  uint64_t count;
  uintptr_t counted_at; /* 0: it did not run */
} graft_test_count;

/* Which places of the code there are: the block that begins at `blocks[2 * i]`, the first of its function where `blocks[2 * i + 1]` is
 * odd. And which of them ran, in another order: a linker orders each table as it likes. All zero without coverage. */
typedef struct graft_test_coverage {
  uint32_t struct_size;
  uint32_t reserved;
  const uintptr_t *blocks;
  uint64_t block_count;
  const graft_test_count *counts;
  uint64_t count;
  const graft_test_line *uncalled;
  uint64_t uncalled_count;
} graft_test_coverage;

GRAFT_C_END

GRAFT_CONTRACT(graft_tests, "graft.tests", 1, 0) {
  uint64_t (*count)(void);
  void (*describe)(uint64_t index, graft_test_info *info);
  /* Runs one case of a test; the reporter is borrowed until it returns. What the test throws is the call's error. */
  graft_status (*run)(uint64_t index, uint64_t number, const graft_test_reporter *reporter);
  void (*coverage)(graft_test_coverage *coverage);
};

/* The record of test `id`, whose function `id_run` is declared. */
#define GRAFT_TEST_RECORD_(id, name, set_up, tear_down, self_size, cases, case_size, count)         \
  static const graft_test_record GRAFT_CAT(id, _record) = {                                         \
      sizeof(graft_test_record), __LINE__,  __FILE__, "" name, GRAFT_CAT(id, _run), set_up, tear_down, \
      self_size,                 cases, case_size, count};                                          \
  __attribute__((used, section("graft_tests"))) static const graft_test_record *const GRAFT_CAT(id, _entry) = \
      &GRAFT_CAT(id, _record);

/* It stands in the line of the test that it calls. Only Clang counts, and knows the word. */
#ifdef __clang__
#define GRAFT_TEST_UNCOUNTED_ __attribute__((no_sanitize("coverage")))
#else
#define GRAFT_TEST_UNCOUNTED_
#endif
#define GRAFT_TEST_RUN_(id)                                                                         \
  GRAFT_TEST_UNCOUNTED_ static void GRAFT_CAT(id, _run)(void *graft_test_self, const void *graft_test_param)
#define GRAFT_TEST_IGNORE_ (void)graft_test_self, (void)graft_test_param
#define GRAFT_TEST_PARAM_(cases) __attribute__((unused)) __typeof__(&(cases)[0]) param

#define GRAFT_TEST_PLAIN_(name, id)                                                                 \
  static void id(void);                                                                             \
  GRAFT_TEST_RUN_(id) { GRAFT_TEST_IGNORE_, id(); }                                                 \
  GRAFT_TEST_RECORD_(id, name, NULL, NULL, 0, NULL, 0, 0)                                           \
  static void id(void)

#define GRAFT_TEST_EACH_(cases, name, id)                                                           \
  static void id(__typeof__(&(cases)[0]) param);                                                    \
  GRAFT_TEST_RUN_(id) { GRAFT_TEST_IGNORE_, id((__typeof__(&(cases)[0]))graft_test_param); }        \
  GRAFT_TEST_RECORD_(id, name, NULL, NULL, 0, (cases), sizeof((cases)[0]), sizeof(cases) / sizeof((cases)[0])) \
  static void id(GRAFT_TEST_PARAM_(cases))

#ifdef __cplusplus
#define GRAFT_TEST_SELF_(tag) tag
#define GRAFT_TEST_SET_UP_(tag) graft::testing::make<tag>
#define GRAFT_TEST_TEAR_DOWN_(tag) graft::testing::destroy<tag>
#else
#define GRAFT_TEST_SELF_(tag) struct tag
#define GRAFT_TEST_SET_UP_(tag) graft_set_up_##tag
#define GRAFT_TEST_TEAR_DOWN_(tag) graft_tear_down_##tag
#endif

#define GRAFT_TEST_WITH_(tag, name, id)                                                             \
  static void id(GRAFT_TEST_SELF_(tag) *self);                                                      \
  GRAFT_TEST_RUN_(id) { GRAFT_TEST_IGNORE_, id((GRAFT_TEST_SELF_(tag) *)graft_test_self); }         \
  GRAFT_TEST_RECORD_(id, name, GRAFT_TEST_SET_UP_(tag), GRAFT_TEST_TEAR_DOWN_(tag), sizeof(GRAFT_TEST_SELF_(tag)), NULL, 0, 0) \
  static void id(__attribute__((unused)) GRAFT_TEST_SELF_(tag) *self)

#define GRAFT_TEST_WITH_EACH_(tag, cases, name, id)                                                 \
  static void id(GRAFT_TEST_SELF_(tag) *self, __typeof__(&(cases)[0]) param);                       \
  GRAFT_TEST_RUN_(id) {                                                                             \
    id((GRAFT_TEST_SELF_(tag) *)graft_test_self, (__typeof__(&(cases)[0]))graft_test_param);        \
  }                                                                                                 \
  GRAFT_TEST_RECORD_(id, name, GRAFT_TEST_SET_UP_(tag), GRAFT_TEST_TEAR_DOWN_(tag), sizeof(GRAFT_TEST_SELF_(tag)), (cases), \
                     sizeof((cases)[0]), sizeof(cases) / sizeof((cases)[0]))                        \
  static void id(__attribute__((unused)) GRAFT_TEST_SELF_(tag) *self, GRAFT_TEST_PARAM_(cases))

/* A failed expectation leaves by `otherwise`. */
#define GRAFT_EXPECT_BOOL_(expected, a, text, otherwise)                                            \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, text, "", __LINE__, GRAFT_TEST_EQ};          \
    if (!graft_test_bool(&graft_test_here, expected, (a) ? 1 : 0)) otherwise;                       \
  } while (0)
#define GRAFT_EXPECT_NEAR_(a, b, most, a_text, b_text, otherwise)                                   \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, a_text, b_text, __LINE__, GRAFT_TEST_EQ};    \
    if (!graft_test_near(&graft_test_here, (double)(a), (double)(b), (double)(most))) otherwise;    \
  } while (0)

#endif
