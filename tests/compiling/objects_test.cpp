// Objects: what comes out is ELF for this machine, whatever the language, standard and level.
#include "compile.hpp"
#include "matchers.hpp"

#include <elf.h>

#include <atomic>
#include <cstring>
#include <thread>

namespace graft::test {
namespace {

using testing::HasSubstr;

MATCHER(IsElfObject, "") {
  if (arg.bytes.size() < sizeof(Elf64_Ehdr)) return false;
  Elf64_Ehdr header;
  std::memcpy(&header, arg.bytes.data(), sizeof header);
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_REL && header.e_machine == EM_X86_64;
}

TEST(Objects, AreRelocatableElfForC) {
  const auto artifact = compile("a.c", "int add(int a, int b) { return a + b; }");
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_THAT((*artifact).objects, testing::ElementsAre(IsElfObject()));
  EXPECT_EQ((*artifact).objects[0].source, "a.c");
}

TEST(Objects, AreRelocatableElfForCxxWithTheStandardLibrary) {
  const auto artifact =
      compile("a.cpp", "#include <string>\n#include <vector>\nstd::vector<std::string> f() { return {\"a\"}; }");
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_THAT((*artifact).objects, testing::ElementsAre(IsElfObject()));
}

class CStandard : public testing::TestWithParam<const char *> {};
TEST_P(CStandard, Compiles) {
  Options options;
  options.c_standard = GetParam();
  EXPECT_THAT(compile("a.c", "#include <graft/abi.h>\n_Static_assert(sizeof(graft_str) == 16, \"\");", options), Succeeds());
}
INSTANTIATE_TEST_SUITE_P(Objects, CStandard, testing::Values("c11", "c17", "c23", "gnu11", "gnu17", "gnu23"));

class CxxStandard : public testing::TestWithParam<const char *> {};
TEST_P(CxxStandard, Compiles) {
  Options options;
  options.cxx_standard = GetParam();
  EXPECT_THAT(compile("a.cpp", "#include <graft/abi.h>\nstatic_assert(sizeof(graft_str) == 16);", options), Succeeds());
}
INSTANTIATE_TEST_SUITE_P(Objects, CxxStandard, testing::Values("c++17", "c++20", "c++23", "gnu++20", "gnu++23"));

class Level : public testing::TestWithParam<unsigned> {};
TEST_P(Level, Compiles) {
  Options options;
  options.optimise = GetParam();
  const auto artifact = compile("a.c", "#ifdef __OPTIMIZE__\nint yes;\n#else\nint no;\n#endif", options);
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_THAT((*artifact).objects, testing::ElementsAre(IsElfObject()));
}
INSTANTIATE_TEST_SUITE_P(Objects, Level, testing::Values(0u, 1u, 2u, 3u));

TEST(Objects, AStandardInTheFlagsSpeaksToItsOwnLanguageOnly) {
  EXPECT_THAT(compile(job({{"a.c", "_Static_assert(__STDC_VERSION__ == 202311L, \"\");"},
                           {"b.cpp", "static_assert(__cplusplus == 202002L);"}},
                          flags({"-std=c23", "-std=c++20"}))),
              Succeeds());
}

TEST(Objects, DefinesUndefinesAndIncludesComeFromTheFlags) {
  EXPECT_THAT(compile("a.c", "#ifdef GONE\n#error\n#endif\nuint32_t f(void) { return VALUE; }",
                      flags({"-DVALUE=7", "-DGONE", "-UGONE", "-include", "stdint.h"})),
              Succeeds());
}

TEST(Objects, OfTwoFlagsTheLaterWins) {
  Options options = flags({"-DV=1", "-UV", "-DV=2", "-O0", "-O2"});
  EXPECT_THAT(compile("a.c", "#if V != 2 || !defined __OPTIMIZE__\n#error\n#endif", options), Succeeds());
}

TEST(Objects, AnUnknownFlagIsRefusedByName) {
  EXPECT_THAT(compile("a.c", "int x;", flags({"-frobnicate"})), FailsWith(Code::kInvalid, HasSubstr("-frobnicate")));
}

TEST(Objects, AFlagThatMakesClangPrintIsRefused) {
  for (const char *flag : {"-v", "-E", "--version", "-print-search-dirs"})
    EXPECT_THAT(compile("a.c", "int x;", flags({flag})), FailsWith(Code::kInvalid, HasSubstr(flag)));
}

TEST(Objects, AFlagThatIsAFileNameIsRefused) {
  EXPECT_THAT(compile("a.c", "int x;", flags({"other.c"})), FailsWith(Code::kInvalid, HasSubstr("flags")));
}

TEST(Objects, TheWorkIsTimed) {
  Options options;
  options.optimise = 2;
  const auto artifact = compile("a.c", "int add(int a, int b) { return a + b; }", options);
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_GT((*artifact).times.front_end_ns, 0u);
  EXPECT_GT((*artifact).times.optimise_ns, 0u);
  EXPECT_GT((*artifact).times.emit_ns, 0u);
}

TEST(Objects, AScriptsFirstLineIsBlankAndKeepsItsNumber) {
  EXPECT_THAT(compile("a.c", "#!/usr/bin/env -S graft exec\n_Static_assert(__LINE__ == 2, \"\");\nint x;"), Succeeds());
}

TEST(Objects, ThreadLocalsAreEmulated) {
  const auto artifact = compile("a.c", "_Thread_local int counter; int *f(void) { return &counter; }");
  ASSERT_THAT(artifact, Succeeds());
  std::vector<std::string> symbols;
  for (const Import &import : (*artifact).imports) symbols.push_back(import.symbol);
  EXPECT_THAT(symbols, testing::ElementsAre("__emutls_get_address"));
}

TEST(Objects, AnIfuncIsLoweredToCallsThroughAPointer) {
  const auto text =
      Compiler::create()->emit(job({{"a.c", "static int one(void) { return 1; }\nstatic void *pick(void) { return one; }\n"
                                            "int f(void) __attribute__((ifunc(\"pick\")));\nint g(void) { return f(); }"}}),
                               driver::Text::kIr);
  ASSERT_THAT(text, Succeeds());
  EXPECT_THAT(*text, testing::Not(HasSubstr(" ifunc ")));
}

TEST(Objects, EightFilesCompileSideBySideFromFourThreads) {
  const auto compiler = *Compiler::create();
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 8; ++i) {
    const std::string number = std::to_string(i);
    files.push_back(
        {"f" + number + (i % 2 ? ".cpp" : ".c"), kGreeter + "int f" + number + "(void) { return " + number + "; }"});
  }
  std::atomic<int> good{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      const auto artifact = compiler->compile(job(files));
      if (artifact && (*artifact).objects.size() == 8 && (*artifact).objects[7].source == "f7.cpp") ++good;
    });
  threads.clear();
  EXPECT_EQ(good, 4);
}

TEST(Objects, AJobWithoutSourcesIsRefused) {
  EXPECT_THAT(compile(job({})), FailsWith(Code::kInvalid, HasSubstr("no sources")));
}

TEST(Objects, ANameWithoutALanguageIsRefused) {
  EXPECT_THAT(compile("a.txt", "int x;"), FailsWith(Code::kInvalid, HasSubstr("cannot tell the language of 'a.txt'")));
}

TEST(Objects, AFileThatIsNotThereIsNotFound) {
  Job missing;
  missing.sources.push_back({"no/such/file.c", std::nullopt, driver::Language::kFromName});
  EXPECT_THAT(compile(missing), FailsWith(Code::kNotFound, HasSubstr("no/such/file.c")));
}

} // namespace
} // namespace graft::test
