// Which definition does a name get, and what is said when there is none or one too many?
#include "matchers.hpp"
#include "objects.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <limits>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Links with `main_like` visible; for what must fail.
Result<std::unique_ptr<jit::Image>> try_link(jit::Linker &linker, const Artifact &artifact,
                                             std::vector<std::string> exports) {
  jit::LinkOptions options;
  options.name = "test";
  options.exports = std::move(exports);
  return linker.link(artifact, options);
}

TEST(Binding, ExportedFunctionIsCallable) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "int add(int a, int b) { return a + b; }"}}), {"add"});
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(function<int(int, int)>(*image, "add")(40, 2), 42);
}

TEST(Binding, WhatIsNotExportedIsNotFound) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "int f(void) { return 1; } int g(void) { return 2; }"}}), {"f"});
  EXPECT_EQ(image->address("g"), nullptr);
}

TEST(Binding, AnEmptyArtifactLinks) {
  auto linker = make_linker();
  EXPECT_NE(link(*linker, Artifact{}, {}), nullptr);
}

TEST(Binding, TwoFilesCallEachOther) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "int g(int); int f(int n) { return n == 0 ? 0 : 1 + g(n - 1); }"},
                              {"b.c", "int f(int); int g(int n) { return n == 0 ? 0 : 1 + f(n - 1); }"}}),
                    {"f"});
  EXPECT_EQ(function<int(int)>(*image, "f")(9), 9);
}

TEST(Binding, ProcessFunctionsAreFound) {
  auto linker = make_linker();
  auto image =
      link(*linker, artifact({{"a.c", "#include <string.h>\nunsigned long f(const char *s) { return strlen(s); }"}}), {"f"});
  EXPECT_EQ(function<unsigned long(const char *)>(*image, "f")("four"), 4u);
}

int seven() { return 7; }

TEST(Binding, GivenSymbolsWinOverTheProcess) {
  auto linker = make_linker();
  auto image = link(*linker, artifact({{"a.c", "int getpid(void); int f(void) { return getpid(); }"}}), {"f"},
                    {{"getpid", reinterpret_cast<const void *>(&seven)}});
  EXPECT_EQ(function<int()>(*image, "f")(), 7);
}

TEST(Binding, GivenDataIsShared) {
  auto linker = make_linker();
  int shared = 5;
  auto image = link(*linker, artifact({{"a.c", "extern int shared; int bump(void) { return ++shared; }"}}), {"bump"},
                    {{"shared", &shared}});
  EXPECT_EQ(function<int()>(*image, "bump")(), 6);
  EXPECT_EQ(shared, 6);
}

TEST(Binding, InlineFunctionsOfTwoFilesShareTheirStatics) {
  auto linker = make_linker();
  const std::string header = "inline int next() { static int n = 10; return n++; }\n";
  auto image = link(*linker,
                    artifact({{"a.cpp", header + "extern \"C\" int f() { return next(); }"},
                              {"b.cpp", header + "extern \"C\" int g() { return next(); }"}}),
                    {"f", "g"});
  EXPECT_EQ(function<int()>(*image, "f")(), 10);
  EXPECT_EQ(function<int()>(*image, "g")(), 11);
}

TEST(Binding, StrongDefinitionWinsOverWeakOneBeforeIt) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "__attribute__((weak)) int f(void) { return 1; } int g(void) { return f(); }"},
                              {"b.c", "int f(void) { return 2; }"}}),
                    {"g"});
  EXPECT_EQ(function<int()>(*image, "g")(), 2);
}

TEST(Binding, FirstOfTwoWeakDefinitionsWins) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "__attribute__((weak)) int f(void) { return 1; }"},
                              {"b.c", "__attribute__((weak)) int f(void) { return 2; } int g(void) { return f(); }"}}),
                    {"g"});
  EXPECT_EQ(function<int()>(*image, "g")(), 1);
}

TEST(Binding, TwoStrongDefinitionsAreRefusedWithBothFiles) {
  auto linker = make_linker();
  EXPECT_THAT(try_link(*linker,
                       artifact({{"a.cpp", "int twice(int) { return 1; }"}, {"b.cpp", "int twice(int) { return 2; }"}}), {}),
              FailsWith(Code::kInvalid, HasSubstr("symbol 'twice(int)' is defined in a.cpp and in b.cpp")));
}

// Strong symbols, as hand-written assembly and other languages put them into groups.
TEST(Binding, OfTwoComdatGroupsOfOneNameTheFirstIsTaken) {
  auto linker = make_linker();
  const auto grouped = [](const std::string &value) {
    return "__asm__(\".section .text.one,\\\"axG\\\",@progbits,one,comdat\\n.globl one\\n.type one,@function\\n"
           "one: movl $" +
           value + ",%eax\\n ret\\n.text\");\nint one(void);\n";
  };
  auto image = link(*linker,
                    artifact({{"a.c", grouped("1") + "int f(void) { return one(); }"},
                              {"b.c", grouped("2") + "int g(void) { return one(); }"}}),
                    {"f", "g"});
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(function<int()>(*image, "f")(), 1);
  EXPECT_EQ(function<int()>(*image, "g")(), 1);
}

TEST(Binding, StaticFunctionsOfOneNameDoNotCollide) {
  auto linker = make_linker();
  auto image =
      link(*linker,
           artifact({{"a.c", "__attribute__((noinline)) static int h(void) { return 1; } int f(void) { return h(); }"},
                     {"b.c", "__attribute__((noinline)) static int h(void) { return 2; } int g(void) { return h(); }"}}),
           {"f", "g"});
  EXPECT_EQ(function<int()>(*image, "f")() * 10 + function<int()>(*image, "g")(), 12);
}

TEST(Binding, UndefinedSymbolIsNamedWithItsPlaceAndANearMatch) {
  auto linker = make_linker();
  Artifact broken = artifact({{"a.cpp", "int compute_total(int); int compute_totals(int n) { return n; }\n"
                                        "extern \"C\" int f() { return compute_total(1); }"}});
  broken.imports.push_back({"_Z13compute_totali", {"a.cpp", 2, 31}, false});
  EXPECT_THAT(try_link(*linker, broken, {"f"}),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("a.cpp:2:31"), HasSubstr("undefined symbol 'compute_total(int)'"),
                                              HasSubstr("did you mean 'compute_totals(int)'?"))));
}

TEST(Binding, EveryUndefinedSymbolIsListed) {
  auto linker = make_linker();
  EXPECT_THAT(try_link(*linker,
                       artifact({{"a.c", "void qqq_one(void); void zzz_two(void); void f(void) { qqq_one(); zzz_two(); }"}}),
                       {"f"}),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("'qqq_one'"), HasSubstr("'zzz_two'"))));
}

TEST(Binding, ALinkAfterAFailedOneWorks) {
  auto linker = make_linker();
  EXPECT_FALSE(try_link(*linker, artifact({{"a.c", "void qqq(void); void f(void) { qqq(); }"}}), {"f"}));
  EXPECT_NE(link(*linker, artifact({{"a.c", "int f(void) { return 1; }"}}), {"f"}), nullptr);
}

TEST(Binding, UndefinedWeakSymbolIsNull) {
  auto linker = make_linker();
  auto image = link(
      *linker, artifact({{"a.c", "__attribute__((weak)) int nobody(void); int f(void) { return nobody ? nobody() : -1; }"}}),
      {"f"});
  EXPECT_EQ(function<int()>(*image, "f")(), -1);
}

TEST(Binding, CommonSymbolsOfTwoFilesAreOneObjectOfTheLargerSize) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "int table[2]; int *f(void) { return table; }"},
                              {"b.c", "int table[64]; int *g(void) { table[63] = 9; return table; }"}},
                             "-fcommon"),
                    {"f", "g"});
  EXPECT_EQ(function<int *()>(*image, "f")(), function<int *()>(*image, "g")());
  EXPECT_EQ(function<int *()>(*image, "f")()[63], 9);
}

TEST(Binding, DefinitionWinsOverCommonSymbol) {
  auto linker = make_linker();
  auto image =
      link(*linker, artifact({{"a.c", "int n; int f(void) { return n; }"}, {"b.c", "int n = 5;"}}, "-fcommon"), {"f"});
  EXPECT_EQ(function<int()>(*image, "f")(), 5);
}

TEST(Binding, RecordsOfALinkerSetFromTwoFilesAreAllThere) {
  auto linker = make_linker();
  const std::string record = "__attribute__((section(\"numbers\"), used)) static int record = ";
  auto image = link(
      *linker,
      artifact(
          {{"a.c",
            record +
                "1; extern int __start_numbers[], __stop_numbers[];\n"
                "int sum(void) { int s = 0; for (int *p = __start_numbers; p != __stop_numbers; ++p) s += *p; return s; }"},
           {"b.c", record + "20;"},
           {"c.c", record + "300;"}}),
      {"sum"});
  EXPECT_EQ(function<int()>(*image, "sum")(), 321);
}

TEST(Binding, BuiltinsOfTheCompilerAreLinkedIn) {
  auto linker = make_linker();
  auto image =
      link(*linker,
           artifact({{"a.c", "int f(__int128 a, __int128 b) { __int128 r; return __builtin_mul_overflow(a, b, &r); }\n"
                             "int g(void) { __builtin_cpu_init(); return __builtin_cpu_supports(\"sse2\") != 0; }"}}),
           {"f", "g"});
  EXPECT_EQ(function<int(__int128, __int128)>(*image, "f")(1, 2), 0);
  EXPECT_EQ(function<int()>(*image, "g")(), 1);
}

// The C library has it in its static part only.
TEST(Binding, TheLocalNameOfAStackProtectorsFailureIsTheCLibrarysFunction) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "void __stack_chk_fail(void), __stack_chk_fail_local(void);\n"
                                      "void *f(void) { return __stack_chk_fail; }\n"
                                      "void *g(void) { return __stack_chk_fail_local; }"}}),
                    {"f", "g"});
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(function<void *()>(*image, "f")(), function<void *()>(*image, "g")());
}

TEST(Binding, WideAtomicsComeFromLibatomic) {
  auto linker = make_linker();
  auto image = link(*linker,
                    artifact({{"a.c", "struct wide { long a, b, c; }; _Atomic struct wide w;\n"
                                      "long f(void) { struct wide v = {1, 2, 3}; w = v; return w.c; }"}}),
                    {"f"});
  EXPECT_EQ(function<long()>(*image, "f")(), 3);
}

// A plugin's copy of a header's singleton is the host's, as it would be in a shared library.
TEST(Binding, WeakDataThatTheProcessHasTooIsTheProcesss) {
  auto linker = make_linker();
  auto image =
      link(*linker, artifact({{"a.c", "__attribute__((weak)) int opterr = 77; int *f(void) { return &opterr; }"}}), {"f"});
  EXPECT_EQ(function<int *()>(*image, "f")(), &::opterr);
}

/// A function that calls down a chain of weak ones of each hundred up to `length`.
Artifact weak_chain(int length) {
  std::string text = "template <int N> __attribute__((noinline)) int chain(int n) { return n + chain<N - 1>(n) / 2; }\n"
                     "template <> int chain<0>(int n) { return n; }\nextern \"C\" int f(int n) { return ";
  for (int i = 100; i <= length; i += 100) text += "chain<" + std::to_string(i) + ">(n) + ";
  return artifact({{"a.cpp", text + "0; }"}}, "-ftemplate-depth=5000");
}

/// What linking it takes of this thread's processor time, in seconds; the least of a few times.
double link_seconds(jit::Linker &linker, const Artifact &chain) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < 3; ++round) {
    const double start = now();
    auto image = link(linker, chain, {"f"});
    least = std::min(least, now() - start);
    EXPECT_NE(function<int(int)>(*image, "f")(1), 0);
  }
  return least;
}

// Visible, they would take seconds: ORC's emission is super-quadratic in symbols that depend on each other, so that five times
// as many would take 25 times as long at least.
TEST(Binding, AChainOfFiveTimesAsManyWeakFunctionsTakesAboutFiveTimesAsLong) {
  auto linker = make_linker();
  const double few = link_seconds(*linker, weak_chain(300));
  EXPECT_LT(link_seconds(*linker, weak_chain(1500)), 18 * few);
}

TEST(Binding, PlacesOfALaidOutProgramAreRefusedWithASentence) {
  auto linker = make_linker();
  for (const std::string name : {"end", "etext", "edata", "_end", "__bss_start"}) {
    EXPECT_THAT(
        try_link(*linker, artifact({{"a.c", "extern char " + name + "; char *f(void) { return &" + name + "; }"}}), {"f"}),
        FailsWith(Code::kUnsupported, HasSubstr("symbol '" + name + "' marks a place in a program")));
  }
}

TEST(Binding, AMissingLibraryIsNamed) {
  auto linker = make_linker();
  jit::LinkOptions options;
  options.name = "test";
  options.libraries = {"libnobody-has-this.so"};
  EXPECT_THAT(linker->link(Artifact{}, options), FailsWith(Code::kNotFound, HasSubstr("libnobody-has-this.so")));
}

TEST(Binding, LibrariesAreSearched) {
  auto linker = make_linker();
  jit::LinkOptions options;
  options.name = "test";
  options.libraries = {"libm.so.6"};
  options.exports = {"f"};
  auto image = linker->link(artifact({{"a.c", "double lgamma(double); double f(double x) { return lgamma(x); }"}}), options);
  ASSERT_THAT(image, Succeeds());
  EXPECT_EQ(function<double(double)>(**image, "f")(1.0), 0.0);
}

} // namespace
} // namespace graft::test
