// What is defined again, and what an input that failed had defined: of the first the newest counts, of the second nothing.
#include "session.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Defined {
  const char *name;
  const char *inputs;
  const char *out;
};

class Redefinitions : public testing::TestWithParam<Defined> {};

TEST_P(Redefinitions, LeaveWhatWasCompiledAgainstTheOlderOne) {
  const Outcome outcome = session(GetParam().inputs);
  EXPECT_EQ(outcome.out, GetParam().out) << outcome.err;
}

constexpr Defined kAgain[] = {
    {"OfAnInlineFunctionThatNobodyCalledYet",
     "inline int f() { return 1; }\nint g() { return f(); }\ninline int f() { return 2; }\ng() * 10 + f()\n", "12\n"},
    {"OfAStaticFunctionThatNobodyCalledYet",
     "static int f() { return 1; }\nint g() { return f(); }\nstatic int f() { return 2; }\ng() * 10 + f()\n", "12\n"},
    {"OfAConstexprFunctionThatNobodyCalledYet",
     "constexpr int f() { return 1; }\nint g(int n) { return f() * n; }\nconstexpr int f() { return 2; }\ng(1) * 10 + f()\n",
     "12\n"},
    {"OfAnInlineVariableThatNobodyReadYet", "inline int v = 1;\nint g() { return v; }\ninline int v = 2;\ng() * 10 + v\n",
     "12\n"},
    {"OfOneOfTwoOverloads",
     "inline int f(int) { return 1; }\nint f(char);\nint g() { return f('c'); }\ninline int f(int) { return 2; }\n"
     "int f(char) { return 3; }\ng() * 10 + f(1)\n",
     "32\n"},
    {"InAnInlineNamespace",
     "namespace a { inline namespace v1 { int f() { return 1; } } }\nnamespace a { inline namespace v1 { int f() { return "
     "2; } } }\n"
     "a::f()\na::v1::f()\n",
     "2\n2\n"},
    {"OfAnAliasTemplate",
     "template <class T> struct A { T t; };\ntemplate <class T> using Of = A<T>;\nOf<int>{}\n"
     "template <class T> using Of = A<T *>;\nOf<int>{}\n",
     "A<int>{t = 0}\nA<int *>{t = nullptr}\n"},
};

INSTANTIATE_TEST_SUITE_P(All, Redefinitions, testing::ValuesIn(kAgain),
                         [](const auto &info) { return std::string(info.param.name); });

class FailedInputs : public testing::TestWithParam<Defined> {};

TEST_P(FailedInputs, LeaveNothing) {
  const Outcome outcome = session(GetParam().inputs);
  EXPECT_EQ(outcome.out, GetParam().out) << outcome.err;
  EXPECT_THAT(outcome.err, Not(HasSubstr("crashed")));
}

constexpr Defined kFailed[] = {
    {"OfASpecialisation",
     "template <class T> struct A { int g() { return 1; } };\ntemplate <> struct A<int> { int g() { return 2; } }; "
     "undeclared;\n"
     "A<int>().g()\n",
     "1\n"},
    {"OfASpecialisationThatIsThenMended",
     "template <class T> struct A;\nstruct K {};\ntemplate <> struct A<K> { int g() { return undeclared; } };\n"
     "template <> struct A<K> { int g() { return 3; } };\nA<K>().g()\n",
     "3\n"},
    {"OfAPartialSpecialisation",
     "template <class T> struct A { int g() { return 1; } };\ntemplate <class T> struct A<T *> { int g() { return 2; } }; "
     "undeclared;\n"
     "A<int *>().g()\ntemplate <class T> struct A<T *> { int g() { return 3; } };\nA<char *>().g()\n",
     "1\n3\n"},
    {"OfWhatAPartialSpecialisationWasUsedFor",
     "template <class T> struct A { int g() { return 1; } };\n"
     "template <class T> struct A<T *> { int g() { return 2; } }; int n = A<int *>().g() + undeclared;\nA<int *>().g()\n",
     "1\n"},
    {"ButThePartialSpecialisationThatWasThere",
     "template <class T> struct A { int g() { return 1; } };\ntemplate <class T> struct A<T *> { int g() { return 2; } };\n"
     "template <class T> struct A<T *> { int g() { return 3; } };\nA<int *>().g()\n",
     "2\n"},
    {"OfAFunctionTemplatesSpecialisation",
     "template <class T> int f(T) { return 1; }\ntemplate <> int f(int) { return 2; } undeclared;\nf(1)\n"
     "template <> int f(char) { return 2; } undeclared;\ntemplate <> int f(char) { return 3; }\nf('c')\n",
     "1\n3\n"},
    {"OfAVariableTemplatesSpecialisation",
     "template <class T> T v = 1;\ntemplate <> int v<int> = 2; undeclared;\nv<int>\ntemplate <> long v<long> = 2; "
     "undeclared;\n"
     "template <> long v<long> = 3;\nv<long>\n",
     "1\n3\n"},
    {"OfAStaticMember", "struct M { static int s; };\nint M::s = 3; undeclared;\nint M::s = 4;\nM::s\n", "4\n"},
    {"OfAClassThatWasDeclared",
     "struct F;\nF *p = nullptr;\nstruct F { int a = 1; }; undeclared;\nsizeof(F)\nstruct F { char b = 'b'; };\np = new "
     "F;\n*p\n",
     "F{b = 'b'}\n"},
    {"OfAClassTemplateThatWasDeclared",
     "template <class T> struct F;\ntemplate <class T> struct F { int a = 1; }; F<int> f; undeclared;\n"
     "template <class T> struct F { int a = 2; };\nF<int>{}\n",
     "F<int>{a = 2}\n"},
    {"OfAFunctionTemplateThatWasDeclared",
     "template <class T> int f(T);\ntemplate <class T> int f(T) { return 1; } undeclared;\n"
     "template <class T> int f(T) { return 2; }\nf(1)\n",
     "2\n"},
    {"OfAVariableTemplatesInstance", "template <class T> T v = 1;\nv<int *>\n2\nv<int>\n", "2\n1\n"},
};

INSTANTIATE_TEST_SUITE_P(All, FailedInputs, testing::ValuesIn(kFailed),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Main, IsDefinedAgain) {
  EXPECT_EQ(session("int main() { return 4; }\nmain()\nint main() { return 5; }\nmain()\n").out, "4\n5\n");
}

TEST(UnnamedNamespaces, AreEnteredAgain) {
  const std::string first = "namespace { int n = 3; int f() { return n; } struct S { int a = 1; }; }\nf()\n";
  const Outcome outcome = session(first + "namespace { int n = 4; } int g() { return n; } undeclared;\nn\n" + first +
                                  "namespace { int n = 4; int f() { return n + 10; } struct S { int b = 1; }; int h = f(); }\n"
                                  "f()\nn\nh\nS{}\n");
  EXPECT_EQ(outcome.out, "3\n3\n3\n14\n4\n14\n(anonymous namespace)::S{b = 1}\n") << outcome.err;
}

TEST(FailedInstances, FailAgainWithTheSameWords) {
  const Outcome outcome =
      session("template <class T> struct A { int f() { return T::nope; } };\nA<int>().f()\n1\nA<int>().f()\n"
              "template <class T> int g(T t) { return t.x; }\ng(1)\n2\ng(1)\n");
  EXPECT_EQ(outcome.out, "1\n2\n");
  const std::string member = "no members", field = "member reference base type";
  EXPECT_NE(outcome.err.find(member), outcome.err.rfind(member)) << outcome.err;
  EXPECT_NE(outcome.err.find(field), outcome.err.rfind(field)) << outcome.err;
  EXPECT_THAT(outcome.err, Not(testing::AnyOf(HasSubstr("crashed"), HasSubstr("warning"))));
}

TEST(TypesOfC23, AreDefinedAgain) {
  const Outcome outcome = session("struct S { int a; } s = {1};\nstruct S { int a, b; } t = {.b = 2}; t\ns\n"
                                  "enum E { A };\n"
                                  "enum E { B, C };\n(enum E)1\n",
                                  {"--c", "--std", "c23"});
  EXPECT_EQ(outcome.out, "struct S{a = 0, b = 2}\nstruct S (as it was before it was redefined) {a = 1}\nC\n") << outcome.err;
}

TEST(UndefinedInstances, AreMadeOnceTheirTemplateIsDefined) {
  const Outcome outcome =
      session("template <class T> int f(T);\nf(1)\ntemplate <class T> int f(T) { return 2; }\nf(1)\n"
              "template <class T> struct A { int g(); };\nA<int>().g()\ntemplate <class T> int A<T>::g() { return 3; }\n"
              "A<int>().g()\n");
  EXPECT_EQ(outcome.out, "2\n3\n") << outcome.err;
}

} // namespace
} // namespace graft::test
