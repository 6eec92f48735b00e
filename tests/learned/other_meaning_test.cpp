// What a source says behind its headers, and what it asks of its own place, counts when its headers were learned, too.
#include "learned.hpp"
#include "temp_folder.hpp"

#include <fstream>
#include <string_view>
#include <utility>

namespace graft::test {
namespace {

// The types and templates of this header are in the global namespace, where every source declares its own.
constexpr std::string_view kGlobalHeader = R"cpp(#pragma once
struct thing { int x; };
enum shade { kDark };
namespace lib { template <class T> struct box { T value; }; struct derived : thing {}; }
inline int weigh(...) { return 1; }
template <class T> int ask(const T &t) { return weigh(t); }
template <class T> concept Named = requires(T t) { number_of(t); };
template <class T> int number(const T &t) { if constexpr (Named<T>) return number_of(t); else return 1; }
inline bool operator==(const thing &, const void *) { return false; }
template <class T> int compare(const T &t) { return t == nullptr ? 5 : 1; }
)cpp";
constexpr std::string_view kGlobalRun = R"cpp(
extern "C" int run(void) {
  const thing one{};
  return ask(one) + 10 * ask(kDark) + 100 * ask(lib::box<thing>{}) + 1000 * ask(lib::derived{}) + 10000 * ask(&one) +
         100000 * number(one) + 1000000 * compare(one);
}
)cpp";

TEST(OtherMeaning, AFunctionAtGlobalScopeThatHeadersLookForIsTheOneThatCounts) {
  const TempFolder folder;
  std::ofstream(folder.path() / "global.hpp") << kGlobalHeader;
  const std::string head = "#include \"global.hpp\"\n", run(kGlobalRun);
  const std::pair<const char *, int> edits[] = {
      {"static int weigh(const thing &) { return 2; }\n", 1112112},
      {"static int weigh(shade) { return 2; }\n", 1111121},
      {"static int weigh(const lib::box<thing> &) { return 2; }\n", 1111211},
      {"static int weigh(const lib::derived &) { return 2; }\n", 1112111},
      {"static int weigh(const thing *) { return 2; }\n", 1121111},
      {"template <class T> static int weigh(const T &) { return 2; }\n", 1122222},
      {"static int weigh(int) { return 2; }\n", 1111121},
      {"struct own { own(const thing &) {} }; static int weigh(const own &) { return 2; }\n", 1112112},
      {"static int number_of(thing) { return 2; }\n", 1211111},
      {"static bool operator==(const thing &, decltype(nullptr)) { return true; }\n", 5111111},
      {"extern \"C\" { static int weigh(const thing &) { return 2; } }\n", 1112112},
      {"inline namespace own { int weigh(const thing &) { return 2; } }\n", 1112112},
      {"namespace own { static int weigh(const thing &) { return 2; } }\nusing own::weigh;\n", 1112112},
  };
  for (const auto &[edit, answer] : edits) {
    Edited file((folder.path() / "edited.cpp").string());
    file.learn(head + run);
    EXPECT_EQ(file.run(head + edit + run + "int n;\n"), answer) << edit;
  }
}

TEST(OtherMeaning, OtherFunctionsAtGlobalScopeDoNotDepart) {
  const TempFolder folder;
  std::ofstream(folder.path() / "global.hpp") << kGlobalHeader;
  const std::string head = "#include \"global.hpp\"\n", run(kGlobalRun);
  for (const char *edit :
       {"struct own { int x; }; static int weigh(const own &) { return 2; }\n",
        "template <class T> struct own {}; template <class T> int weigh(const own<T> &) { return 2; }\n",
        "static int other(const thing &) { return 2; }\n", "static int weigh(const thing &, int) { return 2; }\n",
        "static int run_it(thing *, shade) { return 2; }\n",
        "namespace own { static int weigh(const thing &) { return 2; } }\n"}) {
    Edited file((folder.path() / "edited.cpp").string());
    file.learn(head + run);
    EXPECT_EQ(file.run(head + edit + run + "int n;\n"), 1111111) << edit;
    EXPECT_EQ(file.compiler->preambles().fallbacks, 0u) << edit;
  }
}

TEST(OtherMeaning, APlaceCountsWhereAHeaderAsksForItByABuiltin) {
  const TempFolder folder;
  std::ofstream(folder.path() / "place.hpp") << "#pragma once\ninline int at(int line = __builtin_LINE(), int column = "
                                                "__builtin_COLUMN()) { return 100 * line + column; }\n";
  const std::string head = "#include \"place.hpp\"\n", run = "extern \"C\" int run(void) { return", end = " at(); }\n";
  for (const char *how : {"plain", "learned"}) {
    Edited file((folder.path() / "edited.cpp").string());
    if (std::string_view(how) == "learned") file.learn(head + run + end);
    const auto one = file.compile(head + run + end), lower = file.compile(head + "\n" + run + end),
               further = file.compile(head + run + " " + end), same = file.compile(head + run + end + "\n");
    ASSERT_TRUE(one && lower && further && same);
    EXPECT_NE(one->token_key, lower->token_key) << how;
    EXPECT_NE(one->token_key, further->token_key) << how;
    EXPECT_EQ(one->token_key, same->token_key) << how;
  }
}

TEST(OtherMeaning, AMacroThatAHeaderPushedIsPoppedBehindTheHead) {
  const TempFolder folder;
  std::ofstream(folder.path() / "begin.h") << "#define VALUE 1\n#pragma push_macro(\"VALUE\")\n"
                                              "#undef VALUE\n#define VALUE 2\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text = "#include \"begin.h\"\nint between = VALUE;\n#pragma pop_macro(\"VALUE\")\n"
                           "extern \"C\" int run(void) { return 10 * between + VALUE; }\n";
  file.learn(text);
  EXPECT_EQ(file.run(text + "int n;\n"), 21);
}

TEST(OtherMeaning, AVisibilityThatAHeaderPushedIsPoppedBehindTheHead) {
  const TempFolder folder;
  std::ofstream(folder.path() / "begin.h") << "#pragma GCC visibility push(default)\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text = "#include \"begin.h\"\n#pragma GCC visibility pop\nextern \"C\" int run(void) { return 3; }\n";
  file.learn(text);
  EXPECT_EQ(file.run(text + "int n;\n"), 3);
}

// What headers say, what a source says of it behind them, and the answer before and after.
struct Said {
  const char *name, *header, *run, *edit;
  int before, after;
};

void PrintTo(const Said &said, std::ostream *out) { *out << said.name; }

class OtherMeaningOf : public testing::TestWithParam<Said> {};

TEST_P(OtherMeaningOf, WhatHeadersLookForIsWhatCounts) {
  const TempFolder folder;
  std::ofstream(folder.path() / "said.hpp") << "#pragma once\n" << GetParam().header;
  const std::string head = "#include \"said.hpp\"\n";
  const std::string run = std::string("extern \"C\" int run(void) { return ") + GetParam().run + "; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  file.learn(head + run);
  EXPECT_EQ(file.run(head + run + "int n;\n"), GetParam().before);
  for (const char *more : {"", "int n;\n"}) {
    file.learn(head + GetParam().edit + run + more);
    EXPECT_EQ(file.run(head + GetParam().edit + run + more + "int m;\n"), GetParam().after);
  }
}

const Said kSaid[] = {
    {"TheBeginningOfARange",
     "struct A {};\nstruct any { template <class T> any(T) {} };\ninline int a[3] = {1, 2, 3};\n"
     "inline int *begin(any) { return a; }\ninline int *end(any) { return a + 3; }\n"
     "template <class T> int sum(T t) { int s = 0; for (int i : t) s += i; return s; }\n",
     "sum(A{})", "template <class T> int *begin(T) { return a + 2; }\n", 6, 3},
    {"ThePartsOfAnObject",
     "#include <tuple>\nstruct D {};\nstruct any { template <class T> any(T) {} };\n"
     "template <> struct std::tuple_size<D> { static constexpr int value = 2; };\n"
     "template <std::size_t I> struct std::tuple_element<I, D> { using type = int; };\n"
     "template <std::size_t I> int get(any) { return 1 + I; }\n"
     "template <class T> int sum(T t) { auto [a, b] = t; return a + b; }\n",
     "sum(D{})", "namespace own { template <std::size_t I> int get(D) { return 10 + I; } }\nusing own::get;\n", 3, 21},
    {"AnOperatorThatIsNamedHere",
     "struct A { operator int() const { return 4; } };\ntemplate <class T> int twice(T t) { return t << 1; }\n",
     "twice(A{})", "namespace own { inline int operator<<(A, int) { return 5; } }\nusing own::operator<<;\n", 8, 5},
    {"AGuide",
     "template <class T> struct W { T t; W(T t) : t(t) {} W(char, int) : t() {} };\n"
     "template <class T> int size(T t) { return sizeof(W(t)); }\n",
     "size('a')", "W(char) -> W<long>;\n", 1, 8},
};

INSTANTIATE_TEST_SUITE_P(Sources, OtherMeaningOf, testing::ValuesIn(kSaid),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(OtherMeaning, LinesThatAHeadNumbersAnewGoOnBehindIt) {
  const TempFolder folder;
  std::ofstream(folder.path() / "a.h") << "#pragma once\ninline int three() { return 3; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text =
      "#include \"a.h\"\n#line 70 \"other.c\"\nextern \"C\" int run(void) { return __LINE__ + three(); }\n";
  file.learn(text);
  EXPECT_EQ(file.run(text + "int n;\n"), 73);
}

TEST(OtherMeaning, ADirectiveBehindACommentIsOneBehindTheHead) {
  const TempFolder folder;
  std::ofstream(folder.path() / "a.h") << "#pragma once\ninline int three() { return 3; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text =
      "#include \"a.h\"\n/* how many */ #define MANY 4\nextern \"C\" int run(void) { return MANY * three(); }\n";
  file.learn(text);
  EXPECT_EQ(file.run(text + "int n;\n"), 12);
}

TEST(OtherMeaning, ACounterGoesOnBehindTheHead) {
  const TempFolder folder;
  std::ofstream(folder.path() / "counter.hpp") << "#pragma once\ninline int first() { return __COUNTER__; }\n";
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text = "#include \"counter.hpp\"\nextern \"C\" int run(void) { return 10 * first() + __COUNTER__; }\n";
  file.learn(text);
  EXPECT_EQ(file.run(text + "int n;\n"), 1);
}

} // namespace
} // namespace graft::test
