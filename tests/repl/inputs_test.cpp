// Hard inputs: what C++ has, what a session makes of it, and what became of it when it went wrong.
#include "session.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::HasSubstr;

struct Hard {
  const char *name;
  const char *inputs;
  const char *out;
};

class Inputs : public testing::TestWithParam<Hard> {};

TEST_P(Inputs, MeanWhatTheyMeanInAProgram) {
  const Outcome outcome = session(GetParam().inputs);
  EXPECT_EQ(outcome.out, GetParam().out) << outcome.err;
}

constexpr Hard kHard[] = {
    {"MacroObject", "#define N 3\nN\n#undef N\n#define N 4\nN\n", "3\n4\n"},
    {"MacroRedefine", "#define N 3\n#define N 4\nN\n", "4\n"},
    {"MacroMulti", "#define SQ(x) \\\n  ((x) * \\\n   (x))\nSQ(5)\n", "25\n"},
    {"MacroLowerNames",
     "#define value 7\n#define first 8\n#define T 9\n#define show 1\nstruct P { int a = 1; };\nP{}\nvalue\n",
     "P{a = 1}\n7\n"},
    {"MacroFieldName", "struct P { int x = 4; };\n#define x broken(\nP{}\n", "P{x = 4}\n"},
    {"Template", "template <class T> T twice(T x) { return x + x; }\ntwice(2)\ntwice(1.5)\n", "4\n3.0\n"},
    {"TemplateSpec",
     "template <class T> struct S { static int v() { return 1; } };\ntemplate <> struct S<int> { static int v() { return 2; "
     "} };\nS<char>::v()\nS<int>::v()\n",
     "1\n2\n"},
    {"VariableTemplate", "template <class T> constexpr T pi = T(3.25);\npi<float>\npi<int>\n", "3.25\n3\n"},
    {"LambdaAtStart", "[](int x) { return x + 1; }(2)\n[]{ return 1; }()\n", "3\n1\n"},
    {"GenericLambda", "auto f = [](auto a, auto b) { return a + b; };\nf(1, 2)\nf(1.5, 1)\n", "3\n2.5\n"},
    {"Binding", "struct P { int x = 1; double y = 2.5; };\nauto [a, b] = P{};\na\nb\na = 6;\na\n", "1\n2.5\n6\n"},
    {"BindingTuple",
     "#include <tuple>\nauto [p, q] = std::make_tuple(1, 'c');\np\nq\nauto [p, q] = std::make_tuple(2.5, 3);\np\nq\n",
     "1\n'c'\n2.5\n3\n"},
    {"BindingRef", "int arr[2] = {1, 2};\nauto &[l, r] = arr;\nl = 5;\narr[0]\n", "5\n"},
    {"ConceptRedefined",
     "template <class T> concept Small = sizeof(T) < 4;\ntemplate <class T> concept Small = sizeof(T) < 5;\nSmall<int>\n",
     "true\n"},
    {"Coroutine",
     "#include <coroutine>\nstruct Gen { struct promise_type { int v; Gen get_return_object() { return "
     "{std::coroutine_handle<promise_type>::from_promise(*this)}; } std::suspend_always initial_suspend() { return {}; } "
     "std::suspend_always final_suspend() noexcept { return {}; } std::suspend_always yield_value(int x) { v = x; return "
     "{}; } void return_void() {} void unhandled_exception() {} }; std::coroutine_handle<promise_type> h; int next() { "
     "h.resume(); return h.promise().v; } ~Gen() { if (h) h.destroy(); } };\nGen count() { for (int i = 1;; ++i) co_yield "
     "i; }\nGen g = count();\ng.next()\ng.next()\n",
     "1\n2\n"},
    {"TypeRedefinedLive",
     "struct P { int x = 1; int get() { return x; } };\nP p;\nstruct P { double y = 2; };\np.get()\np\nP q;\nq\n",
     "1\nP (as it was before it was redefined) {x = 1}\nP{y = 2.0}\n"},
    {"Union", "union U { int i; char c; };\nU u{65};\nu.c\nu.i\n", "'A'\n65\n"},
    {"BitField", "struct B { unsigned a : 3; int b : 5; bool c : 1; };\nB b{5, -3, true};\nb\nb.a\nb.b\nb.c\n",
     "B{a = 5, b = -3, c = true}\n5\n-3\ntrue\n"},
    {"Array2d", "int m[2][3] = {{1,2,3},{4,5,6}};\nm\nm[1]\nm[1][2]\n", "{{1, 2, 3}, {4, 5, 6}}\n{4, 5, 6}\n6\n"},
    {"ArrayUnknownBound", "int a[] = {1,2,3};\na\nextern int b[];\nint b[] = {4};\nb\n", "{1, 2, 3}\n{4}\n"},
    {"References", "int n = 1;\nint &r = n;\nr = 5;\nn\nr\nint &&rr = 7;\nrr\nconst int &c = 9;\nc\n", "5\n5\n7\n9\n"},
    {"Const", "const int k = 4;\nk\nk + 1\nint a[k];\nsizeof a\nconst char *const s = \"x\";\ns\n", "4\n5\n16\n\"x\"\n"},
    {"Volatile", "volatile int v = 3;\nv\nv = 4;\nv\nvolatile int *vp = &v;\n*vp\n", "3\n4\n4\n"},
    {"StaticLocal", "int next() { static int n = 0; return ++n; }\nnext()\nnext()\nnext()\n", "1\n2\n3\n"},
    {"StaticGlobal", "static int s = 2;\ns\nstatic int f() { return s; }\nf()\nstatic int s = 3;\ns\nf()\n", "2\n2\n3\n2\n"},
    {"AnonymousNamespace",
     "namespace { int hidden = 3; int get() { return hidden; } }\nhidden\nget()\nnamespace { int more = 1; }\nmore\n",
     "3\n3\n1\n"},
    {"Thread_local",
     "thread_local int t = 3;\nt\nt = 4;\nt\n#include <thread>\nint other = 0;\nstd::thread([] { other = t; "
     "}).join();\nother\n",
     "3\n4\n3\n"},
    {"Thread_localDyn", "int make() { return 8; }\nthread_local int t = make();\nt\n", "8\n"},
    {"Constexpr",
     "constexpr int sq(int x) { return x * x; }\nstatic_assert(sq(3) == 9);\nsq(4)\nconstexpr int n = sq(5);\nn\nint "
     "a[sq(2)];\nsizeof a\n",
     "16\n25\n16\n"},
    {"Consteval", "consteval int c(int x) { return x + 1; }\nc(3)\nconstinit int ci = c(5);\nci\n", "4\n6\n"},
    {"Using",
     "namespace a { namespace b { int x = 3; int f() { return 4; } } }\nusing a::b::x;\nx\nusing namespace "
     "a::b;\nf()\nnamespace ab = a::b;\nab::x\n",
     "3\n4\n3\n"},
    {"UsingEnum", "enum class E { one, two };\nusing enum E;\ntwo\n", "E::two\n"},
    {"NamespaceGrows",
     "namespace n { int a = 1; }\nnamespace n { int b = 2; int sum() { return a + b; } }\nn::sum()\nnamespace n { int sum() "
     "{ return 9; } }\nn::sum()\n",
     "3\n9\n"},
    {"Operator",
     "struct V { int x; };\nV operator+(V a, V b) { return {a.x + b.x}; }\nV{1} + V{2}\nbool operator==(V a, V b) { return "
     "a.x == b.x; }\nV{1} == V{1}\n",
     "V{x = 3}\ntrue\n"},
    {"OperatorRedefined",
     "struct V { int x; };\nV operator+(V a, V b) { return {a.x + b.x}; }\nV operator+(V a, V b) { return {0}; }\nV{1} + "
     "V{2}\n",
     "V{x = 0}\n"},
    {"Udl",
     "long long operator\"\"_k(unsigned long long x) { return x * 1000; }\n3_k\n#include <string>\nusing namespace "
     "std::literals;\n\"ab\"s\n",
     "3000\n\"ab\"\n"},
    {"Designated", "struct D { int a, b; const char *c = \"z\"; };\nD{.b = 2}\n", "D{a = 0, b = 2, c = \"z\"}\n"},
    {"ExternC",
     "extern \"C\" { int one() { return 1; } int two(void); }\nextern \"C\" int two() { return 2; }\none() + two()\nextern "
     "\"C\" int one() { return 5; }\none()\n",
     "3\n5\n"},
    {"InlineVar", "inline int iv = 3;\niv\niv = 4;\niv\ninline int iv = 5;\niv\n", "3\n4\n5\n"},
    {"Attributes",
     "[[nodiscard]] int nd() { return 1; }\nnd()\n[[maybe_unused]] int mu = 2;\nmu\n[[deprecated(\"old\")]] int dp() { "
     "return 3; }\n__attribute__((noinline)) int ni() { return 4; }\nni()\n",
     "1\n2\n4\n"},
    {"RawString", "const char *r = R\"(a\n(b\"\n)\";\nr\n", "\"a\\n(b\\\"\\n\"\n"},
    {"Continuation", "int lo\\\nng_name = 4;\nlong_name\n", "4\n"},
    {"IfLines", "#if 1\nint q = 1;\n#else\nint q = 2;\n#endif\nq\n", "1\n"},
    {"If0Unbalanced", "#if 0\n{ ( ' \"\n#endif\n3\n", "3\n"},
    {"Unbalanced", "}\n)\nint x = 4;\nf(1]\nx\n", "4\n"},
    {"Utf8", "int größe = 3;\ngröße\nconst char *s = \"äöü\";\ns\nint 变量 = 5; 变量\nstruct Ñ { int é = 1; }; Ñ{}\n",
     "3\n\"äöü\"\n5\nÑ{é = 1}\n"},
    {"ThrowInt", "int n = 1;\nn = 2; throw 5;\nn\n", "2\n"},
    {"ThrowClass", "struct X { int a; };\nthrow X{1};\nthrow \"text\";\nthrow nullptr;\n1\n", "1\n"},
    {"ThrowInStatic", "struct S { S() { throw 3; } };\nS s;\n1\n", "1\n"},
    {"CatchOwn", "struct X { int a; };\nint got = 0;\ntry { throw X{7}; } catch (X &x) { got = x.a; }\ngot\n", "7\n"},
    {"CrashDtor", "struct D { ~D() { __builtin_trap(); } };\nint n = 1;\n{ D d; n = 5; }\nn\n", "1\n"},
    {"CrashInit", "struct D { D() { *(volatile int *)0 = 1; } };\nD d;\n1\nd\n", "1\n"},
    {"AbortRaise",
     "#include <csignal>\n#include <cstdlib>\nint n = "
     "1;\nabort();\nraise(SIGTERM);\nraise(SIGFPE);\nraise(SIGINT);\nraise(SIGPIPE);\nn\n",
     "1\n"},
    {"UndoAll", "int a = 1;\n%undo\nint b = 2;\nstruct S { int q; };\n%undo\nstruct S { char c = 'x'; };\nS{}\nb\n",
     "S{c = 'x'}\n2\n"},
    {"FailedTemplateUse", "template <class T> T twice(T x) {return x+x;}\nint q = twice(4) + undeclared;\ntwice(4)\n",
     "8\n"},
    {"FailedLinkInline", "int missing();\ninline int q() {return 1;}\nint a = missing() + q();\nq()\n", "1\n"},
    {"Signs", "-1\n-1 // c\nint x = 1; -x\n+x\n-x;\n~x\n!x\n*&x\n(x)\n\"s\"\n-x - 1\n",
     "-1\n-1\n-1\n1\n-2\nfalse\n1\n1\n\"s\"\n-2\n"},
    {"Block",
     "{ int y = 3; (void)y; }\nfor (int i = 0; i < 2; ++i) ;\nint z = 0; while (z < 3) ++z;\nz\ndo { ++z; } while (z < "
     "10);\nz\nswitch (z) { case 10: z = 1; }\nz\n",
     "3\n10\n1\n"},
    {"GotoBlock", "int n = 0;\n{ again: if (++n < 3) goto again; }\nn\n", "3\n"},
    {"Virtual",
     "struct B { virtual int f() { return 1; } virtual ~B() = default; };\nstruct D : B { int f() override { return 2; } "
     "};\n#include <memory>\nstd::unique_ptr<B> b = std::make_unique<D>();\nb->f()\ndynamic_cast<D *>(b.get()) != nullptr\n",
     "2\ntrue\n"},
    {"KeyFunction", "struct B { virtual int f(); };\nint B::f() { return 3; }\nB b;\nb.f()\n", "3\n"},
    {"MemberOutside",
     "struct M { M(int); int get() const; static int s; int x; };\nM::M(int y) : x(y) {}\nint M::get() const { return x + "
     "s; }\nint M::s = 10;\nM(1).get()\n",
     "11\n"},
    {"Overload",
     "int f(int) { return 1; }\nint f(double) { return 2; }\nf(1)\nf(1.0)\nint f(int) { return 3; }\nf(1)\nf(1.0)\n",
     "1\n2\n3\n2\n"},
    {"DefaultArgs", "int f(int a, int b = 2) { return a + b; }\nf(1)\nint f(int a, int b = 5) { return a + b; }\nf(1)\n",
     "3\n6\n"},
    {"FnPointer", "int f(int x) { return x + 1; }\nint (*p)(int) = f;\np(1)\n&f == p\n", "2\ntrue\n"},
    {"RecursiveType", "struct N { int v; N *next; };\nN a{1, nullptr}; N b{2, &a};\nb.next->v\na\n",
     "1\nN{v = 1, next = nullptr}\n"},
    {"Atexit", "#include <cstdlib>\n#include <cstdio>\nstd::atexit([] { puts(\"bye\"); });\n1\n", "1\nbye\n"},
    {"ThisUndefined", "this\n1\n", "1\n"},
    {"Return", "return 1;\n2\n", "2\n"},
    {"ReturnInStatements",
     "if (1) return;\nfor (;;) return;\n{ return; }\nif (0) 1; else return;\nlabel: return;\n#define R return 3\nR;\n[] { return "
     "4; }()\n{ struct L { int f() { return 5; } }; L().f(); }\n2\n",
     "4\n2\n"},
    {"UndeclaredInUnbracedBody",
     "for (int i = 0; i < 3; i++) undeclared;\nint a[] = {1};\nfor (int i : a) undeclared;\nif (int i = 1; i) undeclared;\nwhile "
     "(int i = 0) undeclared;\n1\n",
     "1\n"},
    {"Deprecated",
     "[[deprecated]] int old() { return 1; }\nold()\n{ old(); }\nenum E { a [[deprecated]], b };\na\n[[deprecated]] int v = "
     "3;\nv\nstruct S { [[deprecated]] int m() { return 4; } [[deprecated]] int f = 5; };\nS{}.m()\nS{}.f\nint un() "
     "__attribute__((unavailable));\nun()\n6\n",
     "1\na\n3\n4\n5\n6\n"},
    {"PrivateInConcept",
     "class X { int m = 1; };\ntemplate <class T> concept C = requires(T t) { t.m; };\nC<X>\ntemplate <class T> auto f(T t, int) -> "
     "decltype(t.m) { return 1; }\ntemplate <class T> int f(T t, long) { return 2; }\nf(X{}, 1)\nX{}.m\n3\n",
     "false\n2\n3\n"},
    {"InitCapture", "int k = 5;\nauto cap = [q = k] { return q; };\nk = 9;\ncap()\nk = 11;\ncap()\n", "5\n5\n"},
    {"InitCaptureOwning",
     "#include <string>\nstd::string k = \"abcdefghijklmnopqrstuvwxyz\";\nauto cap = [q = k] { return q; };\nk = \"\";\ncap()\n"
     "cap()\n",
     "\"abcdefghijklmnopqrstuvwxyz\"\n\"abcdefghijklmnopqrstuvwxyz\"\n"},
    {"InitialisedOnce",
     "int k = 5;\nstatic int s = k;\nconst int c = k;\ninline int i = k;\nnamespace { int u = k; }\nstruct { int a = k; } n;\nauto "
     "[x, y] = [] { struct P { int a = k, b = 2; }; return P{}; }();\nstruct S { static inline int m = k; };\nk = 9;\ns + c + i + u + "
     "n.a + x + S::m\nk = 11;\ns + c + i + u + n.a + x + S::m\n",
     "35\n35\n"},
    {"InitialisedOnceInTemplates",
     "int k = 5;\ntemplate <class T> int v = k;\nauto l = [] {};\nv<decltype(l)>\nk = 9;\nv<decltype(l)>\nint n = v<decltype(l)> + "
     "1;\nn\n",
     "5\n5\n6\n"},
    {"TypedefStruct", "typedef struct { int a; } A;\nA a = {3}; a\ntypedef struct { int b; } A;\nA{4}\n",
     "A{a = 3}\nA{b = 4}\n"},
    {"Asm", "asm(\"nop\");\n__asm__ volatile(\"nop\");\n1\n", "1\n"},
    {"AsmWithOperands",
     "int r = 0;\nasm(\"movl $5, %0\" : \"=r\"(r));\nr\n"
     "asm volatile(\"movl $6, %0\" : \"=r\"(r) : : \"cc\");\nr\n__asm__(\"\" :: \"r\"(r));\n1\n",
     "5\n6\n1\n"},
    {"NoModule", "export module x;\n2 + 3\nmodule;\nmodule y;\nint module = 4;\nmodule\nint n = 5; n\n", "5\n4\n5\n"},
    {"AllocaVla", "int n = 3; { int a[n]; a[0] = 1; n = a[0]; }\nn\n", "1\n"},
    {"Longjmp",
     "#include <csetjmp>\nstd::jmp_buf b; int n = 0;\nif (setjmp(b) == 0) { n = 1; std::longjmp(b, 1); } else { n = 2; "
     "}\nn\n",
     "2\n"},
    {"CtorAttr", "int n = 0;\n__attribute__((constructor)) void early() { n = 5; }\nn\n", "5\n"},
    {"StaticAssertFail", "static_assert(false, \"no\");\n1\n", "1\n"},
    {"Warning", "int w() { int unused; return \"a\" == nullptr; }\n1\n", "1\n"},
    {"ErrorDirective", "#error stop here\n1\n", "1\n"},
    {"IncludeMissing", "#include \"missing.h\"\n1\n", "1\n"},
    {"DeepTemplate", "template <int N> struct R { static const int v = R<N - 1>::v; };\nR<5>::v\n1\n", "1\n"},
    {"DeductionGuide", "template <class T> struct Bx { T t; };\nBx(const char *) -> Bx<int>;\nBx<int>{3}\n",
     "Bx<int>{t = 3}\n"},
    {"Function", "#include <functional>\nstd::function<int(int)> f = [](int x) { return x * 3; };\nf(3)\n", "9\n"},
    {"NestedClassPrivate", "class O { struct I { int z = 1; }; public: I i; };\nO{}\n", "O{i = O::I{z = 1}}\n"},
    {"Flexible", "struct F { int n; int d[]; };\nsizeof(F)\n", "4\n"},
    {"Dangling", "const char *bad = (const char *)1; bad\n1\n", "1\n"},
    {"ShowThrows", "struct X {}; void graft_show(const X &) { throw 3; }\nX{}\n1\n", "1\n"},
    {"Graft_showUser", "struct X { int a; }; void graft_show(const X &x) { graft_show_int(x.a * 10); }\nX{2}\n", "20\n"},
    {"To_string",
     "#include <string>\nnamespace n { enum class E { a }; std::string to_string(E) { return \"EA\"; } }\nn::E::a\n",
     "EA\n"},
    {"UnionFields",
     "union U { int i; unsigned char c; const char *text; };\nU u{65};\nu\nstruct V { int k; union { int i; float f; }; "
     "};\nV{1, {0}}\n",
     "U{i = 65, c = 65}\nV{k = 1, i = 0, f = 0.0}\n"},
    {"LocalTypes",
     "auto made() { struct Local { int q = 2; }; return Local{}; }\nmade()\nstruct { int a = 1; } unnamed;\nunnamed\n{ "
     "struct L { int f() { return 1; } } l; l.f(); }\n1\n",
     "Local{q = 2}\n{a = 1}\n1\n"},
    {"ClassTemplateRedefinedLive",
     "template <class T> struct B { T a; };\nB<int> x{1};\ntemplate <class T> struct B { T b; T c; };\nB<int> y{1, "
     "2};\ny\nx\n",
     "B<int>{b = 1, c = 2}\nB<int>{a = 1}\n"},
    {"WideInt", "__int128 big = 1;\nbig <<= 100;\nbig\n-big\n(unsigned __int128)5\n",
     "1267650600228229401496703205376\n-1267650600228229401496703205376\n5\n"},
    {"WideCharacters", "L'b'\nu8'a'\nU'd'\n", "'b'\n'a'\n'd'\n"},
    {"Output", "#include <iostream>\nstd::cout << 1 << \"\\n\"\n2\n", "1\n2\n"},
    {"ViewOfLambda",
     "#include <ranges>\n#include <vector>\nstd::vector<int> v{1, 2};\nv | std::views::transform([](int x) { return x * 2; "
     "})\n",
     "{2, 4}\n"},
    {"PragmaOnce", "#pragma once\n1\n# pragma once\n2\n", "1\n2\n"},
    {"SignalHandler",
     "#include <csignal>\nint seen = 0;\nstd::signal(SIGUSR1, [](int) { seen = 1; });\nstd::raise(SIGUSR1);\nseen\n", "1\n"},
    {"Thread", "#include <thread>\nthread_local int t = 3;\nint other = 0;\nstd::thread([] { other = t; }).join();\nother\n",
     "3\n"},
};

INSTANTIATE_TEST_SUITE_P(Of, Inputs, testing::ValuesIn(kHard),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Members, OfWhichASecondDefinitionIsRefusedGoOnWithTheFirst) {
  const Outcome outcome = session("struct M { int get() const; };\nint M::get() const { return 1; }\n"
                                  "int M::get() const { return 2; }\nM{}.get()\n");
  EXPECT_EQ(outcome.out, "1\n");
  EXPECT_THAT(outcome.err, HasSubstr("redefinition of 'get'"));
}

TEST(Members, OfWhichADefinitionFailedCanBeDefined) {
  const Outcome outcome = session("struct M { int get() const; };\nint M::get() const { return 1; } int z = undeclared;\n"
                                  "int M::get() const { return undeclared; }\nint M::get() const { return 2; }\nM{}.get()\n");
  EXPECT_EQ(outcome.out, "2\n") << outcome.err;
}

TEST(Definitions, ThatAnInputNeededWaitOnWhenItCannotBeLinked) {
  const Outcome outcome = session("int missing();\ninline int q() { return 1; }\nint f() { return q() + 1; }\n"
                                  "int a = missing() + f();\nf()\nint missing() { return 5; }\nint a = missing() + f();\na\n");
  EXPECT_EQ(outcome.out, "2\n7\n") << outcome.err;
}

TEST(NamesOfC, EndWithTheirScope) {
  const Outcome outcome = session("int a = 5;\nint f(int a) {\n#include \"nowhere.h\"\nreturn a; }\na\n"
                                  "int f(void) { int a = 1; { int a = 2; (void)a; } return a; }\nf()\n"
                                  "int g(int a) { for (int i = 0; i < 3; ++i) ; int i = a; for (int i = 0; i < 2; ++i) ; return i; }\ng(7)\n"
                                  "{ int a = 9; { int a = 3; } a = 2; }\n{ a = 6; }\na\nint (*p)(int a) = g;\nint undo(int a) { return "
                                  "undeclared; }\na\n",
                                  {"--c"});
  EXPECT_EQ(outcome.out, "5\n1\n7\n6\n6\n") << outcome.err;
}

TEST(LongInputs, AreReadOnce) {
  std::string row = "int a[] = {";
  for (int i = 0; i < 500'000; ++i) row += "1,";
  EXPECT_EQ(session(row + "1};\nsizeof a / sizeof *a\n").out, "500001\n");
  std::string function = "int f() {\nint n = 0;\n";
  for (int i = 0; i < 10'000; ++i) function += "n += 1;\n";
  EXPECT_EQ(session(function + "return n;\n}\nf()\n").out, "10000\n");
}

TEST(NullBytes, AreWhitespaceWithAWarning) {
  const Outcome outcome = session(std::string("int a = 1;\0\na\n", 14));
  EXPECT_EQ(outcome.out, "1\n");
  EXPECT_THAT(outcome.err, HasSubstr("null character ignored"));
}

TEST(EndlessRecursion, FailsTheInput) {
  const Outcome outcome =
      session("int n = 1;\nint deep(int x) { volatile char b[1000]; b[0] = x; return deep(x + 1) + b[0]; }\ndeep(0)\nn\n");
  EXPECT_EQ(outcome.out, "1\n");
  EXPECT_THAT(outcome.err, HasSubstr("stdin:3: error: the input ran out of stack"));
}

TEST(Statements, KeepWhatAnInputThatFailedHadInstantiated) {
  EXPECT_EQ(session("template <class T> T twice(T x) { return x + x; }\nint q = twice(4) + undeclared;\ntwice(4)\n").out,
            "8\n");
}

} // namespace
} // namespace graft::test
