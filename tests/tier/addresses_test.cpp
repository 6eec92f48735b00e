// Is a function or a constant of the first image at one address in both? Who holds it compares it afterwards.
#include "two_images.hpp"

#include <cstdlib>

namespace graft::test {
namespace {

TEST(OneAddress, IsAFunctions) {
  TwoImages images({{"a.cpp", "static int f(int x) { return x + 1; } static int (*held)(int) = f;"
                              "typedef int (*F)(int); extern \"C\" F make() { return f; }"
                              "extern \"C\" int ask() { F g = f; return held == g && g == make() && *g == f; }"}});
  void *const before = images.function<void *()>("make")();
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
  EXPECT_EQ(images.newest<void *()>("make")(), before);
  EXPECT_EQ(reinterpret_cast<int (*)(int)>(before)(41), 42);
  EXPECT_EQ(*static_cast<const unsigned char *>(before), 0xe9) << "a jump to the second image, for who holds the address";
}

TEST(OneAddress, IsThatOfWhatWasChosenAtLoad) {
  TwoImages images({{"a.c", "static int picked; static int f(int n, double x) { return n + picked + (x > 1); }\n"
                            "static void *pick(void) { ++picked; return f; }\n"
                            "int chosen(int, double) __attribute__((ifunc(\"pick\"))); int (*held)(int, double) = chosen;"},
                    {"b.c", "int chosen(int, double); extern int (*held)(int, double); void *make(void) { return chosen; }\n"
                            "__attribute__((target_clones(\"avx2\", \"default\"))) int g(int n) { return 2 * n; }\n"
                            "int (*kept)(int) = g;\n"
                            "int ask(void) { return held == chosen && kept == g ? kept(chosen(40, 2)) : 0; }"}});
  void *const before = images.function<void *()>("make")();
  EXPECT_EQ(images.function<int()>("ask")(), 84);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 84);
  EXPECT_EQ(images.newest<void *()>("make")(), before);
}

TEST(OneAddress, IsAFunctionsOfAnotherFile) {
  TwoImages images({{"a.c", "int f(int x) { return x + 1; } int (*held)(int) = f; void *make(void) { return f; }"},
                    {"b.c", "int f(int); extern int (*held)(int); int ask(void) { return held == f && f(1) == 2; }\n"
                            "void *other(void) { return f; }"}});
  void *const before = images.function<void *()>("other")();
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
  EXPECT_EQ(images.newest<void *()>("make")(), before);
  EXPECT_EQ(images.newest<void *()>("other")(), before);
}

TEST(OneAddress, IsAConstantsOfAnotherFile) {
  TwoImages images(
      {{"a.c", "const int table[3] = {1, 2, 3}; const int *held = table; void *make(void) { return (void *)table; }"},
       {"b.c", "extern const int table[3]; extern const int *held;\n"
               "int ask(void) { return held == table ? table[2] : 0; }"}});
  void *const before = images.function<void *()>("make")();
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 3);
  EXPECT_EQ(images.newest<void *()>("make")(), before);
}

TEST(OneAddress, IsAFunctionsOfTheProcess) {
  TwoImages images(
      {{"a.c", "#include <stdlib.h>\nextern int nowhere(void) __attribute__((weak)); void *(*held)(size_t) = malloc;\n"
               "int ask(void) { return held == malloc && nowhere == 0; } void *make(void) { return malloc; }"}});
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
  EXPECT_EQ(images.newest<void *()>("make")(), reinterpret_cast<void *>(&std::malloc));
}

TEST(OneAddress, IsAConstants) {
  TwoImages images({{"a.c", "static const int table[4] = {1, 2, 3, 4}; const void *make(void) { return table; }"
                            "int ask(void) { return table[2]; }"}});
  const void *const before = images.function<const void *()>("make")();
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<const void *()>("make")(), before);
  EXPECT_EQ(images.newest<int()>("ask")(), 3);
}

} // namespace
} // namespace graft::test
