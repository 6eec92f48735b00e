// Values whose bytes are not all theirs, or more than a register has: padding, unnamed bit-fields, wide and short numbers.
#include "state.hpp"

namespace graft {
namespace {

using test::c_text;
using test::cxx_text;
using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

class Layout : public test::State {};

TEST_F(Layout, AnUnnamedBitFieldHoldsNothing) {
  load(c_text("GRAFT_KEEP static struct { int a; int x : 3; int : 0; } s = {1, 2};", "s.x"));
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static struct { int n; int x : 3; int : 0; int fresh; } s = {9, 0, 1234};",
                                     "s.x * 10000 + s.fresh")),
              Succeeds());
  EXPECT_EQ(call(), 21234);
}

TEST_F(Layout, AFieldInTheBasesPaddingHasItsInitialValue) {
  const std::string base = "struct base { base() {} int a = 1; char c = 2; };\n";
  load(cxx_text(base + "struct state : base { char d = 3; };\nGRAFT_KEEP state s;\n", "(s.a = 7, s.c = 8, s.d = 9)"));
  call();
  ASSERT_THAT(runtime->reload(cxx_text(base + "struct state : base { char d = 3; char fresh = 4; };\nGRAFT_KEEP state s;\n",
                                       "s.a * 1000 + s.c * 100 + s.d * 10 + s.fresh")),
              Succeeds());
  EXPECT_EQ(call(), 7894);
}

TEST_F(Layout, AnEmptyMemberLiesOverOthersAndCopiesNothing) {
  const std::string empty = "struct empty {};\n";
  load(cxx_text(empty + "struct state { int a = 1; [[no_unique_address]] empty e; };\nGRAFT_KEEP state s;\n", "s.a = 7"));
  call();
  ASSERT_THAT(runtime->reload(cxx_text(empty + "struct state { int fresh = 4; int a = 1; [[no_unique_address]] empty e; };\n"
                                               "GRAFT_KEEP state s;\n",
                                       "s.a * 10 + s.fresh")),
              Succeeds());
  EXPECT_EQ(call(), 74);
}

TEST_F(Layout, IntegersOf128BitsMoveAndWiden) {
  load(c_text("GRAFT_KEEP static struct { __int128 wide; long narrow; unsigned long word; } s;",
              "(s.wide = ((__int128)-5 << 64) + 6, s.narrow = -7, s.word = ~0ul, 0)"));
  call();
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static struct { int fresh; __int128 wide, narrow, word; } s;",
                                     "(s.wide == ((__int128)-5 << 64) + 6) + (s.narrow == -7) * 10 +"
                                     " (s.word == ~0ul) * 100")),
              Succeeds());
  EXPECT_EQ(call(), 111);
}

TEST_F(Layout, ASignallingNanStaysOne) {
  load(c_text("GRAFT_KEEP static struct { union { float f; } u; float f; } s;\n",
              "(*(volatile unsigned *)&s.f = 0x7fa00001u, 0)"));
  call();
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static struct { int fresh; float f; } s;",
                                     "*(volatile unsigned *)&s.f == 0x7fa00001u")),
              Succeeds());
  EXPECT_EQ(call(), 1);
}

TEST_F(Layout, ShortFloatsAreOfTheirOwnTypes) {
  load(c_text("GRAFT_KEEP static _Float16 a = 1.5f16;\nGRAFT_KEEP static __bf16 b;", "(int)(float)(a * 2)"));
  EXPECT_EQ(call(), 3);
  const auto refuses = [&](const std::string &text, const std::string &what) {
    EXPECT_THAT(runtime->reload(c_text(text, "0")), FailsWith(Code::kIncompatible, HasSubstr(what)));
  };
  refuses("GRAFT_KEEP static double a;", "'_Float16'");
  refuses("GRAFT_KEEP static __bf16 a;", "'_Float16'");
  refuses("GRAFT_KEEP static _Float16 b;", "'__bf16'");
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static struct { int fresh; } n;\nGRAFT_KEEP static _Float16 a;",
                                     "(int)(float)(a * 4)")),
              Succeeds());
  EXPECT_EQ(call(), 6);
}

TEST_F(Layout, AFunctionOfAnotherCallingConventionIsOfAnotherType) {
  load(c_text("GRAFT_KEEP static int (*f)(int);", "f == 0"));
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static int (__attribute__((ms_abi)) *f)(int);", "f == 0")),
              FailsWith(Code::kIncompatible, HasSubstr("ms_abi")));
}

TEST_F(Layout, AStructThatIsDefinedBelowThePointerToItIsWatched) {
  const auto version = [](const std::string &fields, const std::string &answer) {
    return c_text("#include <stdlib.h>\nstruct node;\nstruct list { struct node *first; };\n"
                  "GRAFT_KEEP static struct list list;\nstruct node { " + fields + " struct node *next; };",
                  "(list.first ? 0 : (list.first = calloc(1, sizeof *list.first)) != 0) + " + answer);
  };
  load(version("int n;", "1"));
  EXPECT_EQ(call(), 2);
  EXPECT_THAT(runtime->reload(version("int n; int more[8];", "1")),
              FailsWith(Code::kIncompatible, HasSubstr("'list.first'")));
  ASSERT_THAT(runtime->reload(version("int n;", "(free(list.first), 5)")), Succeeds());
  EXPECT_EQ(call(), 5);
}

} // namespace
} // namespace graft
