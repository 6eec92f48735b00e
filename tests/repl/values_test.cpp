// How values are shown.
#include "session.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

struct Shown {
  const char *name;
  const char *code;
  const char *text;
};

class Values : public testing::TestWithParam<Shown> {};

TEST_P(Values, AreShownAsTheyAreWritten) {
  const Outcome outcome = session(std::string(GetParam().code) + "\n");
  EXPECT_EQ(outcome.out, std::string(GetParam().text) + "\n") << outcome.err;
}

constexpr Shown kShown[] = {
    {"Int", "-3", "-3"},
    {"Unsigned", "~0ull", "18446744073709551615"},
    {"Bool", "1 == 1", "true"},
    {"Char", "'\\n'", "'\\n'"},
    {"Double", "0.1", "0.1"},
    {"WholeDouble", "2.0", "2.0"},
    {"Float", "0.1f", "0.1"},
    {"LongDouble", "0.5L", "0.5"},
    {"Literal", "\"a\\\"b\"", "\"a\\\"b\""},
    {"Null", "nullptr", "nullptr"},
    {"NullPointer", "int *p = nullptr; p", "nullptr"},
    {"Array", "int a[3] = {1, 2, 3}; a", "{1, 2, 3}"},
    {"Enumerator", "enum class Colour { red, green }; Colour::green", "Colour::green"},
    {"EnumeratorWithoutName", "enum class Colour { red }; Colour(7)", "7"},
    {"NoBytes", "unsigned char *p = nullptr; p", "nullptr"},
    {"NoVolatileText", "volatile char *p = nullptr; p", "nullptr"},
    {"VolatileStruct", "struct V { volatile int v = 3; }; volatile V v; v", "V{v = 3}"},
    {"PlainComplex", "_Complex double z = 1.5; z", "(1.5, 0.0)"},
    {"Struct", "struct P { int x; const char *n; }; P{1, \"a\"}", "P{x = 1, n = \"a\"}"},
    {"Private", "class P { int x = 3; }; P{}", "P{x = 3}"},
    {"Base", "struct B { int b = 1; }; struct D : B { int d = 2; }; D{}", "D{B = B{b = 1}, d = 2}"},
    {"Nested", "struct A { int x; }; struct B { A a[2]; }; B{{{1}, {2}}}", "B{a = {A{x = 1}, A{x = 2}}}"},
    {"String", "#include <string>\nstd::string(\"hi\")", "\"hi\""},
    {"Vector", "#include <vector>\nstd::vector<int>{1, 2}", "{1, 2}"},
    {"VectorOfBool", "#include <vector>\nstd::vector<bool>{true, false}", "{true, false}"},
    {"VectorOfStructs", "#include <vector>\nstruct P { int x; };\nstd::vector<P>{{1}, {2}}", "{P{x = 1}, P{x = 2}}"},
    {"Map", "#include <map>\n#include <string>\nstd::map<std::string, int>{{\"a\", 1}}", "{\"a\": 1}"},
    {"Set", "#include <set>\nstd::set<int>{2, 1}", "{1, 2}"},
    {"Pair", "#include <utility>\nstd::pair<int, char>(1, 'c')", "{1, 'c'}"},
    {"Tuple", "#include <tuple>\nstd::tuple<int, bool>(1, true)", "{1, true}"},
    {"Optional", "#include <optional>\nstd::optional<int>(3)", "3"},
    {"NoOptional", "#include <optional>\nstd::optional<int>()", "nullopt"},
    {"Variant", "#include <variant>\nstd::variant<int, bool>(true)", "true"},
    {"Expected", "#include <expected>\nstd::expected<int, bool>(std::unexpected(true))", "unexpected true"},
    {"Duration", "#include <chrono>\nstd::chrono::milliseconds(20)", "20ms"},
    {"Time", "#include <chrono>\nstd::chrono::system_clock::from_time_t(0)", "1970-01-01 00:00:00 UTC"},
    {"NoUnique", "#include <memory>\nstd::unique_ptr<int>()", "nullptr"},
    {"Path", "#include <filesystem>\nstd::filesystem::path(\"/a\")", "\"/a\""},
    {"NoUtf8", "\"a\\x80\\xff \\u00e4\"", "\"a\\x80\\xff ä\""},
    {"HighChar", "(char)200", "'\\xc8'"},
    {"WideText", "L\"w\\u00e4\\U0001f600\"", "\"wä😀\""},
    {"Utf16Text", "u\"w\\u00e4\\U0001f600\"", "\"wä😀\""},
    {"Ordering", "#include <compare>\n1 <=> 2", "less"},
    {"PartialOrdering", "#include <compare>\n__builtin_nan(\"\") <=> 2.0", "unordered"},
    {"Any", "#include <any>\nstd::any(3)", "a value"},
    {"NoFunction", "#include <functional>\nstd::function<int(int)>()", "no function"},
    {"Complex", "#include <complex>\nstd::complex<double>(1, 2)", "(1,2)"},
    {"Streamed", "#include <ostream>\nstruct Q { int z; }; std::ostream &operator<<(std::ostream &o, const Q &q) { return o << \"Q\" << q.z; }\nQ{4}", "Q4"},
    {"ToString", "#include <string>\nnamespace n { struct Q { int z; }; std::string to_string(const Q &) { return \"a q\"; } }\nn::Q{4}", "a q"},
    {"Temporary", "struct H { int h = 5; ~H() {} int get() const { return h; } };\nH{}.get()", "5"},
    {"Template", "template <class T> struct V { T t; };\nV<int>{3}", "V<int>{t = 3}"},
};

INSTANTIATE_TEST_SUITE_P(Of, Values, testing::ValuesIn(kShown), [](const auto &info) { return std::string(info.param.name); });

TEST(ValuesOfC, AreShownFieldByField) {
  const Outcome outcome = session("struct P { int x; char n[4]; double *d; };\nstruct P p = {1, \"ab\", 0}; p\nenum E { one, two };\nenum E e = two; e\n1.5f\n\"text\"\n", {"--c"});
  EXPECT_EQ(outcome.out, "struct P{x = 1, n = \"ab\", d = nullptr}\ntwo\n1.5\n\"text\"\n") << outcome.err;
}

TEST(ValuesOfC, AreShownByTheirOwnTypes) {
  const Outcome outcome = session("struct F { float f; long double l; _Complex double z; };\n"
                                  "struct F f = {1.1f, 0.1L, 2.0}; f\n"
                                  "_Complex float z = 3.0f; z\n"
                                  "unsigned char *bytes = 0; bytes\nu8\"x\"[0]\n",
                                  {"--c"});
  EXPECT_EQ(outcome.out, "struct F{f = 1.1, l = 0.1, z = (2.0, 0.0)}\n(3.0, 0.0)\nnullptr\n'x'\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(ValuesOfC23, AreShown) {
  EXPECT_EQ(session("nullptr\ntrue\n", {"--c", "--std", "c23"}).out, "nullptr\ntrue\n");
}

TEST(TypesOfSizes, AreThoseThatTheyStandFor) {
  EXPECT_EQ(session("sizeof(int)\n", {"--types"}).out, "(unsigned long) 4\n");
}

TEST(ValuesWithTypes, SayThem) { EXPECT_EQ(session("1.5f\n", {"--types"}).out, "(float) 1.5\n"); }

TEST(TypesOfValues, AreThoseThatAPersonWrites) {
  const Outcome outcome = session("#include <string>\n#include <vector>\nstd::vector<int> v{1};\nv[0]\nstd::string(\"a\").substr(0)\n"
                                  "std::vector<std::string>(1)[0]\nusing I = int;\nI(3)\n%type v[0]\n%type v.begin()\n",
                                  {"--types"});
  EXPECT_EQ(outcome.out, "(int) 1\n(std::string) \"a\"\n(std::string) \"\"\n(I) 3\nint &\nstd::vector<int>::iterator\n") << outcome.err;
}

TEST(CyclesOfPointers, AreShownToADepth) {
  const Outcome outcome = session("#include <memory>\nstruct N { std::shared_ptr<N> next; };\nauto a = std::make_shared<N>(); a->next = a;\n"
                                  "a\na->next = nullptr;\n");
  EXPECT_THAT(outcome.out, testing::HasSubstr("-> ...}}"));
  EXPECT_EQ(outcome.err, "");
}

TEST(OwnShows, PrintOrReturnText) {
  const Outcome outcome = session("#include <cstdio>\n#include <iostream>\n#include <string>\n#include <vector>\n"
                                  "struct A {}; std::string graft_show(const A &) { return \"an A\"; }\nA{}\n"
                                  "struct B {}; const char *graft_show(const B &) { return \"a B\"; }\nB{}\n"
                                  "struct C {}; void graft_show(const C &) { std::puts(\"a C\"); }\nC{}\n"
                                  "struct D {}; void graft_show(const D &) { std::cout << \"a D\"; }\nstd::vector<D>(2)\n"
                                  "struct E {}; void graft_show(const E &) { throw 1; }\nE{}\nstd::cout << \"seen\\n\";\n",
                                  {"--types"});
  EXPECT_EQ(outcome.out, "(A) an A\n(B) a B\n(C) a C\n(std::vector<D>) {a D, a D}\nseen\n") << outcome.err;
}

TEST(OwnShows, CountFromThenOn) {
  const Outcome outcome = session("#include <vector>\nstruct X { int a = 1; };\nX{}\nstd::vector<X>(1)\n"
                                  "const char *graft_show(const X &) { return \"an X\"; }\nX{}\nstd::vector<X>(1)\n"
                                  "const char *graft_show(const X &) { return \"X!\"; } X{}\nX{} + undeclared\n"
                                  "const char *graft_show(const X &) { return undeclared; } X{}\nX{}\nstruct Y { X x; };\nY{}\n");
  EXPECT_EQ(outcome.out, "X{a = 1}\n{X{a = 1}}\nan X\n{an X}\nX!\nX!\nY{x = X!}\n") << outcome.err;
}

TEST(LongRanges, AreCutShortAndSayHowLongTheyAre) {
  EXPECT_THAT(session("#include <vector>\nstd::vector<int>(1000, 7)\n").out, testing::EndsWith("7, ... 1000 in all}\n"));
}

TEST(RangesWithoutAnEnd, AreCutShort) {
  const Outcome outcome = session("#include <ranges>\nstd::views::iota(1)\n"
                                  "std::views::iota(1) | std::views::filter([](int n) { return n % 2 == 0; })\n");
  EXPECT_THAT(outcome.out, testing::HasSubstr(", 99, 100, ...}\n{2, 4, "));
  EXPECT_THAT(outcome.out, testing::EndsWith(", 200, ...}\n"));
}

TEST(Streams, AreNotShown) {
  const Outcome outcome = session("#include <iostream>\n#include <string>\nstd::string s;\nstd::getline(std::cin, s)\n"
                                  "std::cin >> s\nstd::cout << \"a\\n\"\n");
  EXPECT_EQ(outcome.out, "a\n");
}

} // namespace
} // namespace graft::test
