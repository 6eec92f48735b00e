// What the artifact says besides its objects: imports with their lines, content keys, text forms, and that making many of
// them does not grow the process.
#include "compile.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"
#include "temp_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace graft::test {
namespace {

using testing::HasSubstr;

Job job_in(const TempFolder &folder, const std::string &name) {
  Job result;
  result.bundle = "bundle";
  result.sources.push_back({name, std::nullopt, driver::Language::kFromName});
  result.options.working_directory = folder.path();
  return result;
}

const Import *find(const Artifact &artifact, const std::string &symbol) {
  const auto found = std::ranges::find(artifact.imports, symbol, &Import::symbol);
  return found == artifact.imports.end() ? nullptr : &*found;
}

TEST(Imports, HaveTheLineThatFirstAsksForThem) {
  const auto artifact =
      compile("a.c", "int other(int);\nextern int value;\nint f(void) {\n  return other(1)\n    + value + other(2);\n}\n");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_NE(find(*artifact, "other"), nullptr);
  EXPECT_EQ(to_string(find(*artifact, "other")->where), "a.c:4:10");
  ASSERT_NE(find(*artifact, "value"), nullptr);
  EXPECT_EQ(to_string(find(*artifact, "value")->where), "a.c:5:7");
}

TEST(Imports, OfCxxAreFoundByTheirMangledNames) {
  const auto artifact =
      compile("a.cpp", "struct s { s(int); int get() const; };\nint f() {\n  s x(1);\n  return x.get();\n}\n");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_NE(find(*artifact, "_ZNK1s3getEv"), nullptr);
  EXPECT_EQ(find(*artifact, "_ZNK1s3getEv")->where.line, 4u);
  ASSERT_NE(find(*artifact, "_ZN1sC1Ei"), nullptr);
  EXPECT_EQ(find(*artifact, "_ZN1sC1Ei")->where.line, 3u);
}

TEST(Imports, OfAnAsmLabelAndAThreadLocalHaveTheirLines) {
  const auto artifact = compile("a.c", "int f(void) __asm__(\"real_name\");\nextern _Thread_local int local;\nint g(void) "
                                       "{\n  return f() +\n    local;\n}\n");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_NE(find(*artifact, "real_name"), nullptr);
  EXPECT_EQ(find(*artifact, "real_name")->where.line, 4u);
  ASSERT_NE(find(*artifact, "__emutls_v.local"), nullptr);
  EXPECT_EQ(find(*artifact, "__emutls_v.local")->where.line, 5u);
}

TEST(Imports, ThatAreWeakSaySo) {
  const auto artifact =
      compile("a.c", "__attribute__((weak)) int maybe(void);\nint f(void) { return maybe ? maybe() : 0; }");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_NE(find(*artifact, "maybe"), nullptr);
  EXPECT_TRUE(find(*artifact, "maybe")->weak);
}

TEST(Imports, AreNotWhatAnotherFileDefines) {
  const auto artifact =
      compile(job({{"a.c", "int b(void); int a(void) { return b(); }"}, {"b.c", "int b(void) { return 1; }"}}));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).imports.empty());
}

TEST(Keys, OfASourceFollowItsHeaders) {
  const TempFolder folder;
  const auto compiler = *Compiler::create();
  folder.write("a.c", "#include \"a.h\"\nint f(void) { return VALUE; }");
  folder.write("a.h", "#define VALUE 1\n");
  const Artifact first = *compiler->compile(job_in(folder, "a.c"));
  const Artifact same = *compiler->compile(job_in(folder, "a.c"));
  folder.write("a.h", "#define VALUE 2\n");
  const Artifact other = *compiler->compile(job_in(folder, "a.c"));
  EXPECT_EQ(first.source_key, same.source_key);
  EXPECT_EQ(first.object_key, same.object_key);
  EXPECT_NE(first.source_key, other.source_key);
  EXPECT_NE(first.object_key, other.object_key);
}

TEST(Keys, OfAnObjectDoNotFollowAComment) {
  const Artifact first = *compile("a.c", "int x; // one");
  const Artifact second = *compile("a.c", "int x; // two");
  EXPECT_NE(first.source_key, second.source_key);
  EXPECT_EQ(first.object_key, second.object_key);
}

TEST(Keys, OfASourceFollowTheFlags) {
  EXPECT_NE((*compile("a.c", "int x;")).source_key, (*compile("a.c", "int x;", flags({"-DX"}))).source_key);
}

TEST(Keys, DoNotTellWhetherTheAbiWasParsedOrPrecompiled) {
  for (const char *name : {"a.c", "a.cpp"}) {
    const auto compiler = *Compiler::create();
    const Job greeter = job({{name, "// The preamble is made at the second compile.\n" + kGreeter + R"(
static graft_status greet(graft_str name, graft_buf *out) { return graft_buf_append(&graft_self, out, name.data, name.size); }
GRAFT_PROVIDE(greeter, { .greet = greet });
)"}});
    const Artifact plain = *compiler->compile(greeter);
    for (int i = 0; i < 3; ++i) {
      const Artifact precompiled = *compiler->compile(greeter);
      EXPECT_EQ(plain.source_key, precompiled.source_key);
      EXPECT_EQ(plain.object_key, precompiled.object_key);
      EXPECT_EQ(plain.facts.contracts[0].functions[0].fingerprint, precompiled.facts.contracts[0].functions[0].fingerprint);
      EXPECT_EQ(plain.facts.headers.size(), precompiled.facts.headers.size());
      EXPECT_EQ(to_string(plain.imports[0].where), to_string(precompiled.imports[0].where));
    }
  }
}

class Precompiled : public testing::TestWithParam<std::vector<std::string>> {};
TEST_P(Precompiled, AbiCompilesToTheSameUnderTheseFlags) {
  for (const char *name : {"a.c", "a.cpp"}) {
    const auto compiler = *Compiler::create();
    const Job greeter =
        job({{name, kGreeter + "static int add(int a, int b) { return a + b; }\nGRAFT_PROVIDE(greeter, { .add = add });\n"}},
            flags(GetParam()));
    const auto plain = compiler->compile(greeter);
    const auto making = compiler->compile(greeter);
    const auto using_it = compiler->compile(greeter);
    ASSERT_THAT(plain, Succeeds());
    ASSERT_THAT(making, Succeeds());
    ASSERT_THAT(using_it, Succeeds());
    EXPECT_EQ((*plain).object_key, (*using_it).object_key);
    EXPECT_EQ(render((*plain).warnings), render((*using_it).warnings));
  }
}
INSTANTIATE_TEST_SUITE_P(Files, Precompiled,
                         testing::Values(std::vector<std::string>{"-O2"}, std::vector<std::string>{"-Wall", "-Wextra"},
                                         std::vector<std::string>{"-D_GNU_SOURCE", "-DX=1"},
                                         std::vector<std::string>{"-include", "stdint.h"},
                                         std::vector<std::string>{"-fsanitize=undefined"},
                                         std::vector<std::string>{"-mno-avx"},
                                         std::vector<std::string>{"-std=c23", "-std=c++20"}));

TEST(Files, ThatArePrecompiledCompileWithDebugInformation) {
  const auto compiler = *Compiler::create();
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(compiler->compile(job({{"a.c", kGreeter}, {"b.cpp", kGreeter}}, flags({"-g"}))), Succeeds());
}

TEST(Files, AreReadAnewEachTime) {
  const TempFolder folder;
  const auto compiler = *Compiler::create();
  for (const std::string value : {"1", "22", "333"}) {
    folder.write("a.h", "#define VALUE " + value + "\n");
    folder.write("a.c", "#include \"a.h\"\n_Static_assert(VALUE == " + value + ", \"stale\");");
    EXPECT_THAT(compiler->compile(job_in(folder, "a.c")), Succeeds());
  }
}

TEST(Files, IncludeWhatLiesBesideThem) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "sub");
  folder.write("sub/a.h", "#define VALUE 1\n");
  folder.write("sub/a.c", "#include \"a.h\"\nint f(void) { return VALUE; }");
  EXPECT_THAT(compile(job_in(folder, "sub/a.c")), Succeeds());
}

TEST(Files, RelativeIncludeDirsAreRelativeToTheWorkingDirectory) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "include");
  folder.write("include/a.h", "#define VALUE 1\n");
  folder.write("a.c", "#include <a.h>\nint f(void) { return VALUE; }");
  Job relative = job_in(folder, "a.c");
  relative.options.include_dirs = {"include"};
  EXPECT_THAT(compile(relative), Succeeds());
}

TEST(Text, OfAJobIsIrOrAssemblyBehindEachFilesName) {
  const auto compiler = *Compiler::create();
  const Job two = job({{"a.c", "int f(void) { return 1; }"}, {"b.c", "int g(void) { return 2; }"}});
  const auto ir = compiler->emit(two, driver::Text::kIr);
  ASSERT_THAT(ir, Succeeds());
  EXPECT_THAT(*ir,
              testing::AllOf(testing::StartsWith("; a.c\n"), HasSubstr("\n; b.c\n"), HasSubstr("define"), HasSubstr("@g(")));
  const auto assembly = compiler->emit(two, driver::Text::kAssembly);
  ASSERT_THAT(assembly, Succeeds());
  EXPECT_THAT(*assembly, testing::AllOf(testing::StartsWith("# a.c\n"), HasSubstr("f:"), HasSubstr("retq")));
}

TEST(Environment, IsCompleteHere) {
  const auto needed = driver::requirements();
  EXPECT_EQ(needed.size(), 3u);
  for (const driver::Requirement &requirement : needed) {
    EXPECT_TRUE(requirement.present) << requirement.what;
    EXPECT_FALSE(requirement.remedy.empty());
  }
  EXPECT_THAT(driver::clang_version(), testing::StartsWith("22."));
}

TEST(Environment, ThatLacksTheResourceHeadersIsNamedWithItsRemedy) {
  const TempFolder folder;
  setenv("GRAFT_RESOURCE_DIR", folder.path().c_str(), 1);
  EXPECT_FALSE(driver::requirements()[0].present);
  EXPECT_THAT(compile("a.c", "#include <stddef.h>\n", flags({"-nostdinc"})),
              FailsWith(Code::kEnvironment, HasSubstr("libclang-common-22-dev")));
  unsetenv("GRAFT_RESOURCE_DIR");
}

std::size_t resident_pages() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident;
}

TEST(Memory, StaysFlatOverFiveHundredCompiles) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer keeps what was freed, so the resident set says nothing";
  const auto compiler = *Compiler::create();
  const auto compile_some = [&](int count) {
    for (int i = 0; i < count; ++i) ASSERT_THAT(compiler->compile(job({{"a.c", kGreeter}})), Succeeds());
  };
  compile_some(50);
  const std::size_t before = resident_pages();
  compile_some(500);
  EXPECT_LT(resident_pages(), before + 2048) << "8 MiB more after 500 compiles";
}

} // namespace
} // namespace graft::test
