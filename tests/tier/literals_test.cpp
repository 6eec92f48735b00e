// Is a literal of the first image the second's, too? Who kept its address before compares it afterwards.
#include "two_images.hpp"

namespace graft::test {
namespace {

/// `ask` says 1 in the first image, from both entries afterwards, and in the second.
void expect_one(TwoImages::Files files) {
  TwoImages images(std::move(files));
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1) << "the second image";
  EXPECT_EQ(images.function<int()>("ask")(), 1) << "the first image's entry";
}

TEST(Literals, ThatAFunctionReturnsAreOne) {
  expect_one({{"a.c", "static const char *kept; static const char *kind(void) { return \"circle\"; }\n"
                      "int ask(void) { if (!kept) kept = kind(); return kept == kind(); }"}});
}

TEST(Literals, ThatNameStatesAreOne) {
  expect_one({{"a.c", "static const char *const idle = \"idle\", *const busy = \"busy\"; static const char *now;\n"
                      "int ask(void) { if (!now) now = idle; return now == idle && now != busy; }"}});
}

TEST(Literals, OfAConstantExpressionAreOne) {
  expect_one({{"a.cpp", "constexpr const char *none = \"\"; static const char *kept = none;\n"
                        "extern \"C\" int ask() { return kept == none; }"}});
}

TEST(Literals, InATableAreOne) {
  expect_one(
      {{"a.cpp", "enum kind { a, b }; static const char *name(kind k) { static const char *const all[] = {\"a\", \"b\"}; "
                 "return all[k]; }\nstatic const char *kept; extern \"C\" int ask() { if (!kept) kept = name(b); return "
                 "kept == name(b) && kept != name(a); }"}});
}

TEST(Literals, OfWideCharactersAreOne) {
  expect_one(
      {{"a.cpp", "static const char32_t *kept; extern \"C\" int ask() { const char32_t *now = U\"wide\"; if (!kept) kept = "
                 "now; return kept == now; }"}});
}

TEST(Literals, AFunctionsNameIsOne) {
  expect_one({{"a.c", "static const char *kept; int ask(void) { if (!kept) kept = __func__; return kept == __func__; }"}});
}

TEST(Literals, AreStillSeenThrough) {
  TwoImages images({{"a.c", "#include <string.h>\nint ask(void) { return (int)strlen(\"four\"); }"}});
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 4);
}

} // namespace
} // namespace graft::test
