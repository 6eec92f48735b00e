// Is a second image the same program as the first, in the same memory? Compiler and linker only.
#include "two_images.hpp"

#include <atomic>
#include <thread>

namespace graft::test {
namespace {

using testing::HasSubstr;

/// `ask` before and after: each call counts on.
void expect_counting_on(TwoImages::Files files, int after_first = 1) {
  TwoImages images(std::move(files));
  EXPECT_EQ(images.function<int()>("ask")(), after_first);
  EXPECT_EQ(images.function<int()>("ask")(), after_first + 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  ASSERT_NE(images.function<int()>("ask"), images.newest<int()>("ask"));
  EXPECT_EQ(images.newest<int()>("ask")(), after_first + 2) << "the second image";
  EXPECT_EQ(images.function<int()>("ask")(), after_first + 3) << "the first image's entry";
}

TEST(TwoImages, AStaticThatIsNotKeptIsOne) { expect_counting_on({{"a.c", "static int n; int ask(void) { return ++n; }"}}); }

TEST(TwoImages, AStaticOfAFunctionIsOne) { expect_counting_on({{"a.c", "int ask(void) { static int n; return ++n; }"}}); }

TEST(TwoImages, TwoStaticsOfOneNameInOneFunctionStayTwo) {
  expect_counting_on({{"a.c", "int ask(void) { int r; { static int n = 10; r = n++; } { static int n = -10; r += n++; } "
                              "static int n; r = ++n; return r; }"}});
}

TEST(TwoImages, AGuardedStaticIsMadeOnce) {
  expect_counting_on({{"a.cpp", "int made; struct S { int n; S() : n(made++ * 100) {} };"
                                "extern \"C\" int ask() { static S s; return ++s.n; }"}});
}

TEST(TwoImages, AGuardedStaticThatOnlyTheSecondReachesIsMadeThere) {
  TwoImages images(
      {{"a.cpp", "int made; struct S { int n; S() : n(++made) {} ~S() { made = -1; } };"
                 "extern \"C\" int ask() { static S s; return s.n; } extern \"C\" int tell() { return made; }"}});
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  images.image().run_finalisers();
  EXPECT_EQ(images.function<int()>("tell")(), -1) << "its end is the first image's to run";
}

TEST(TwoImages, StateOfCodeThatNobodyCallsIsNoObstacle) {
  TwoImages images({{"a.c", "static int n; void unused(void) { static int m; ++m; ++n; } int ask(void) { return 1; }"},
                    {"b.c", "static int k; static _Thread_local int t; int *also_unused(void) { ++k; return &t; }"}});
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
}

TEST(TwoImages, AThreadLocalIsOneForEachThread) {
  TwoImages images({{"a.c", "static _Thread_local int n = 5; int ask(void) { return ++n; }"}});
  EXPECT_EQ(images.function<int()>("ask")(), 6);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 7);
  std::thread([&] { EXPECT_EQ(images.newest<int()>("ask")(), 6); }).join();
}

TEST(TwoImages, AThreadLocalWithAConstructorIsMadeOnceForEachThread) {
  TwoImages images({{"a.cpp", "#include <string>\nthread_local std::string s = \"x\";"
                              "extern \"C\" int ask() { s += \"y\"; return (int)s.size(); }"}});
  EXPECT_EQ(images.function<int()>("ask")(), 2);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 3);
  std::thread([&] { EXPECT_EQ(images.newest<int()>("ask")(), 2); }).join();
}

TEST(TwoImages, StaticsOfOneNameInTwoFilesStayTwo) {
  TwoImages images({{"a.c", "static int n = 1; int other(void); int ask(void) { return n++ * 1000 + other(); }"},
                    {"b.c", "static int n = 500; int other(void) { return n++; }"}});
  EXPECT_EQ(images.function<int()>("ask")(), 1500);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 2501);
}

struct Files {
  const char *name;
  const char *one;
  const char *two; ///< has `ask`, which counts on from 1
};

class StateOfAnotherFile : public testing::TestWithParam<Files> {};

TEST_P(StateOfAnotherFile, IsOne) { expect_counting_on({{"a.cpp", GetParam().one}, {"b.cpp", GetParam().two}}); }

INSTANTIATE_TEST_SUITE_P(
    Texts, StateOfAnotherFile,
    testing::Values(
        Files{"Variable", "int n;", "extern int n; extern \"C\" int ask() { return ++n; }"},
        Files{"ThreadLocal", "thread_local int n;", "extern thread_local int n; extern \"C\" int ask() { return ++n; }"},
        Files{"ThreadLocalWithAConstructor", "#include <string>\nthread_local std::string n(0, 'a');",
              "#include <string>\nextern thread_local std::string n;\n"
              "extern \"C\" int ask() { n += 'b'; return static_cast<int>(n.size()); }"},
        Files{"StaticOfAnInlineFunction", "inline int &n() { static int n; return n; } int first() { return n(); }",
              "inline int &n() { static int n; return n; } int first(); extern \"C\" int ask() { ++n(); return first(); }"},
        Files{"InlineVariable", "inline int n; int first() { return n; }",
              "inline int n; int first(); extern \"C\" int ask() { ++n; return first(); }"},
        Files{"StaticOfATemplate",
              "template <class T> struct S { static T n; }; template <class T> T S<T>::n;\n"
              "int first() { return S<int>::n; }",
              "template <class T> struct S { static T n; }; template <class T> T S<T>::n;\n"
              "int first(); extern \"C\" int ask() { ++S<int>::n; return first(); }"},
        Files{"ConstantThatIsWorkedOut", "int f() { return 0; } extern const int n; const int n = f(); int m; int *p = &m;",
              "extern const int n; extern int *p; extern \"C\" int ask() { return n + ++*p; }"},
        Files{"WeakVariable", "__attribute__((weak)) int n = 7;", "int n; extern \"C\" int ask() { return ++n; }"},
        Files{"ReferenceToOne", "int n; int &r = n;", "extern int &r; extern \"C\" int ask() { return ++r; }"},
        Files{"ObjectBehindAVirtualCall",
              "struct B { virtual int f() = 0; virtual ~B() = default; }; namespace { struct D : B { int n = 0;\n"
              "int f() override { return ++n; } }; } B *make_one() { static D d; return &d; }",
              "struct B { virtual int f() = 0; virtual ~B() = default; }; B *make_one(); static B *b = make_one();\n"
              "extern \"C\" int ask() { return b->f(); }"},
        Files{"PointerToAMember", "struct S { int n = 0; int f() { return ++n; } }; S s; int (S::*held)() = &S::f;",
              "struct S { int n = 0; int f() { return ++n; } }; extern S s; extern int (S::*held)();\n"
              "extern \"C\" int ask() { return held == &S::f ? (s.*held)() : -1; }"}),
    [](const auto &info) { return info.param.name; });

// Natively there would be one of each in the process, and there is: the host's.
TEST(TwoImages, WhatTheProcessHasAsWellIsReachedThere) {
  TwoImages images({{"a.cpp", "#include <locale>\n#include <regex>\n#include <string>\n"
                              "extern \"C\" int ask() { return std::regex_match(\"abd\", std::regex(\"a[bc]d\")); }"}});
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
}

constexpr const char *kShapes =
    "struct Shape { virtual int area() { return 1; } virtual ~Shape() {} };"
    "namespace { struct Square final : Shape { int side = 0; int area() override { return side * side; } }; }"
    "extern \"C\" void *make() { auto *s = new Square; s->side = 3; return static_cast<Shape *>(s); }"
    "extern \"C\" int ask(void *p) { auto *s = static_cast<Shape *>(p);"
    "  auto *q = dynamic_cast<Square *>(s); return q == nullptr ? -1 : s->area() + q->side; }"
    "extern \"C\" void tell(void *p) { delete static_cast<Shape *>(p); }";

TEST(TwoImages, AnObjectThatWasMadeBeforeIsKnownAfter) {
  TwoImages images({{"a.cpp", kShapes}});
  void *const before = images.function<void *()>("make")();
  EXPECT_EQ(images.function<int(void *)>("ask")(before), 12);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int(void *)>("ask")(before), 12);
  void *const after = images.newest<void *()>("make")();
  EXPECT_EQ(images.newest<int(void *)>("ask")(after), 12);
  images.newest<void(void *)>("tell")(before);
  images.function<void(void *)>("tell")(after);
}

// `ask` calls back; while it waits the second image takes over, and what it catches is thrown by the one or the other.
constexpr const char *kThrower = "namespace { struct Mine { int value; }; }"
                                 "extern \"C\" void wait_here();"
                                 "extern \"C\" void tell() { wait_here(); throw Mine{7}; }"
                                 "extern \"C\" int ask(void (*run)()) {"
                                 "  try { run(); } catch (const Mine &mine) { return mine.value; } return 0; }";
TwoImages *waiting = nullptr;
void tier_up_here() {
  if (waiting != nullptr) EXPECT_THAT(std::exchange(waiting, nullptr)->tier_up(), Succeeds());
}

TEST(TwoImages, AnExceptionThatAnOldFrameThrowsIsCaughtByNewCode) {
  TwoImages images({{"a.cpp", kThrower}}, {{"wait_here", reinterpret_cast<const void *>(&tier_up_here)}});
  auto *const old_tell = images.function<void()>("tell");
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int(void (*)())>("ask")(old_tell), 7);
  EXPECT_EQ(images.function<int(void (*)())>("ask")(images.newest<void()>("tell")), 7);
}

TEST(TwoImages, AFrameThatWasInsideGoesOnInTheOldCode) {
  TwoImages images({{"a.cpp", kThrower}}, {{"wait_here", reinterpret_cast<const void *>(&tier_up_here)}});
  waiting = &images;
  EXPECT_EQ(images.function<int(void (*)())>("ask")(images.function<void()>("tell")), 7);
  EXPECT_EQ(waiting, nullptr);
}

int constructed = 0, destroyed = 0;
void construct() { ++constructed; }
void destroy() { ++destroyed; }

TEST(TwoImages, ConstructorsAndDestructorsRunOnce) {
  constructed = destroyed = 0;
  {
    TwoImages images(
        {{"a.cpp", "extern \"C\" void construct(); extern \"C\" void destroy();"
                   "struct S { int n = 4; S() { construct(); } ~S() { destroy(); } }; static S s;"
                   "__attribute__((constructor)) static void first() { construct(); }"
                   "__attribute__((destructor)) static void last() { destroy(); }"
                   "extern \"C\" int ask() { return s.n++; }"}},
        {{"construct", reinterpret_cast<const void *>(&construct)}, {"destroy", reinterpret_cast<const void *>(&destroy)}});
    EXPECT_EQ(images.function<int()>("ask")(), 4);
    ASSERT_THAT(images.tier_up(), Succeeds());
    EXPECT_EQ(images.newest<int()>("ask")(), 5);
    EXPECT_EQ(constructed, 2);
  }
  EXPECT_EQ(constructed, 2);
  EXPECT_EQ(destroyed, 2);
}

TEST(TwoImages, ComputedJumpsThatStayInTheirFunctionAreTaken) {
  TwoImages images(
      {{"a.c", "int ask(const unsigned char *p) { static const void *const at[] = {&&add, &&sub, &&end}; int n = 0;"
               "goto *at[*p++]; add: n += 10; goto *at[*p++]; sub: n -= 3; goto *at[*p++]; end: return n; }"}});
  ASSERT_THAT(images.tier_up(), Succeeds());
  const unsigned char code[] = {0, 0, 1, 2};
  EXPECT_EQ(images.newest<int(const unsigned char *)>("ask")(code), 17);
}

TEST(TwoImages, LambdasAreToldApartByTheirPlaces) {
  TwoImages images({{"a.cpp", "#include <functional>\n"
                              "static auto one = [] { static int n = 100; return ++n; };\n"
                              "static auto two = [] { static int n = 200; return ++n; };\n"
                              "static std::function<int()> held[] = {two, one};\n"
                              "extern \"C\" int ask() { return one() * 1000 + two(); }\n"
                              "extern \"C\" int other(int i) { return held[i](); }"}});
  EXPECT_EQ(images.function<int()>("ask")(), 101201);
  EXPECT_EQ(images.function<int(int)>("other")(0), 202);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 102203);
  EXPECT_EQ(images.newest<int(int)>("other")(0), 204);
  EXPECT_EQ(images.function<int(int)>("other")(1), 103);
}

constexpr const char *kCoroutine = R"(#include <coroutine>
struct Counter {
  struct promise_type {
    int value = 0;
    Counter get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int next) { value = next; return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};
static Counter count(int from) { int seen[20] = {}; for (int i = 0;; ++i) { seen[i % 20] += from; co_yield from + i + seen[i % 20]; } }
extern "C" void *make() { return count(10).handle.address(); }
extern "C" int ask(void *at) {
  auto handle = std::coroutine_handle<Counter::promise_type>::from_address(at);
  const int value = handle.promise().value; handle.resume(); return value;
}
extern "C" void tell(void *at) { std::coroutine_handle<>::from_address(at).destroy(); }
)";

TEST(TwoImages, CoroutinesGoOnInTheImageThatTheyBeganIn) {
  TwoImages images({{"a.cpp", kCoroutine}});
  void *const before = images.function<void *()>("make")();
  EXPECT_EQ(images.function<int(void *)>("ask")(before), 20);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int(void *)>("ask")(before), 21);
  void *const after = images.newest<void *()>("make")();
  EXPECT_EQ(images.newest<int(void *)>("ask")(after), 20);
  EXPECT_EQ(images.function<int(void *)>("ask")(after), 21);
  EXPECT_EQ(images.newest<int(void *)>("ask")(before), 22);
  images.newest<void(void *)>("tell")(before);
  images.newest<void(void *)>("tell")(after);
}

struct Refused {
  const char *name;
  const char *text;
  const char *reason;
};

class RefusedText : public testing::TestWithParam<Refused> {};

TEST_P(RefusedText, IsRefusedWithItsReasonAndTheFirstGoesOn) {
  TwoImages images({{"a.c", GetParam().text}});
  EXPECT_THAT(images.tier_up(), FailsWith(testing::_, HasSubstr(GetParam().reason)));
  EXPECT_EQ(images.function<int()>("ask")(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RefusedText,
    testing::Values(Refused{"AssemblyAtFileScope", "__asm__(\".text\\n\"); int ask(void) { return 1; }",
                            "assembly outside of functions"},
                    Refused{"LabelsInAVariable", "int ask(void) { static void *at[] = {&&a}; goto *at[0]; a: return 1; }",
                            "holds addresses of labels"},
                    Refused{"TheTime", "int ask(void) { return sizeof __TIME__ > 1; }",
                            "would differ from the first because of __TIME__"},
                    Refused{"LabelsThatLeave",
                            "void *kept; int ask(void) { kept = &&a; if (kept == 0) return 0; goto *kept; a: return 1; }",
                            "addresses of labels leave 'ask'"},
                    Refused{"EdgesOfASection",
                            "__attribute__((section(\"things\"), used)) static const int one = 1;"
                            "extern const int __start_things[]; int ask(void) { return __start_things[0]; }",
                            "is the edge of a section"},
                    Refused{"UnnamedVariables", "int *a = (int[]){1}; int *b = (int[]){2}; int ask(void) { return a[0]; }",
                            "a variable has no name"},
                    Refused{"AnotherNameForAVariable",
                            "int n = 1; extern int m __attribute__((alias(\"n\"))); int ask(void) { return m; }",
                            "is another name for a variable"}),
    [](const auto &info) { return info.param.name; });

TEST(TwoImages, TextsThatDifferAreNotMatched) {
  TwoImages images({{"a.c", "static int n; int ask(void) { return ++n; }"}});
  EXPECT_THAT(images.tier_up({{"a.c", "static long n; int ask(void) { return (int)++n; }"}}),
              FailsWith(Code::kUnsupported, HasSubstr("'n' of a.c has 4 bytes in the first image, and 8 in the second")));
  EXPECT_EQ(images.function<int()>("ask")(), 1);
}

TEST(TwoImages, AVariableThatTheFirstImageHasNotIsRefused) {
  TwoImages images({{"a.c", "static int n; int ask(void) { return ++n; }"}});
  EXPECT_THAT(images.tier_up({{"a.c", "static int m; int ask(void) { return ++m; }"}}),
              FailsWith(Code::kUnsupported, HasSubstr("'m' of a.c is not in the first image")));
}

TEST(TwoImages, AllCodeGoesOnWhileItIsLedAway) {
  TwoImages images(
      {{"a.c", "static _Atomic int n; static int add(int by) { return n += by; } int (*volatile held)(int) = add;"
               "int ask(void) { return held(1); } int tell(void) { return n; }"}});
  auto *const ask = images.function<int()>("ask");
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000 || !stop.load(std::memory_order_relaxed); ++n)
        ask(), calls.fetch_add(1, std::memory_order_relaxed);
    });
  EXPECT_THAT(images.tier_up(), Succeeds());
  stop.store(true, std::memory_order_relaxed);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(images.newest<int()>("tell")(), calls.load());
}

TEST(TwoImages, ACancelledCompileEnds) {
  std::atomic<bool> cancelled{true};
  driver::Job job;
  job.bundle = "tier";
  job.sources.push_back({"a.cpp", "#include <string>\nstd::string s;", driver::Language::kFromName});
  job.options.role = driver::Role::kSecond;
  job.options.optimise = 2;
  job.cancelled = &cancelled;
  EXPECT_THAT((*driver::Compiler::create())->compile(job), FailsWith(Code::kSuperseded, HasSubstr("was cancelled")));
}

} // namespace
} // namespace graft::test
