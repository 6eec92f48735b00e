// Bitcode: LLVM's own input, from memory and from files, checked before it is used.
#include "compile.hpp"
#include "matchers.hpp"

#include <algorithm>

namespace graft::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kIr = R"(
target triple = "x86_64-pc-linux-gnu"
declare i32 @outside(i32)
define i32 @twice(i32 %x) {
  %y = call i32 @outside(i32 %x)
  %z = add i32 %y, %y
  ret i32 %z
}
)";

/// Bitcode as a bundle would carry it, from our own compiler.
std::string bitcode_of(const std::string &name, const std::string &text) {
  Options options;
  options.bitcode = driver::Bitcode::kKeep;
  const auto artifact = compile(name, text, options);
  EXPECT_THAT(artifact, Succeeds());
  return {(*artifact).bitcode.begin(), (*artifact).bitcode.end()};
}

TEST(Bitcode, AsTextCompiles) {
  const auto artifact = compile("a.ll", kIr);
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).imports.size(), 1u);
  EXPECT_EQ((*artifact).imports[0].symbol, "outside");
}

TEST(Bitcode, AsBytesCompilesAtEveryLevel) {
  const std::string bytes = bitcode_of("a.c", "int twice(int x) { return x + x; }");
  EXPECT_EQ(bytes.substr(0, 2), "BC");
  for (unsigned level = 0; level <= 3; ++level) {
    Options options;
    options.optimise = level;
    EXPECT_THAT(compile("a.bc", bytes, options), Succeeds());
  }
}

TEST(Bitcode, OfABundleIsOneModule) {
  Options options;
  options.bitcode = driver::Bitcode::kKeep;
  const auto artifact = compile(
      job({{"a.c", "int b(void); int a(void) { return b(); }"}, {"b.cpp", "extern \"C\" int b() { return 1; }"}}, options));
  ASSERT_THAT(artifact, Succeeds());
  const auto again = compile("bundle.bc", std::string((*artifact).bitcode.begin(), (*artifact).bitcode.end()));
  ASSERT_THAT(again, Succeeds());
  EXPECT_TRUE((*again).imports.empty());
}

TEST(Bitcode, ThatIsTruncatedIsRefused) {
  const std::string bytes = bitcode_of("a.c", "int twice(int x) { return x + x; }");
  for (const std::size_t size : {bytes.size() / 4, bytes.size() / 2, bytes.size() - 64})
    EXPECT_THAT(compile("a.bc", bytes.substr(0, size)),
                FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("a.bc"), HasSubstr("bitcode"))));
}

TEST(Bitcode, OfAnotherVersionIsRefusedWithBothVersions) {
  // The identification block names an epoch, and a reader accepts its own only. The block lies within the first 64 bytes;
  // the epoch's bits are those whose change the reader answers with that word.
  const auto compiler = *Compiler::create();
  const std::string bytes = bitcode_of("a.c", "int x;");
  int other_epochs = 0;
  for (std::size_t bit = 0; bit < 64 * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto artifact = compiler->compile(job({{"a.bc", changed}}));
    if (artifact || artifact.error().message.find("epoch") == std::string::npos) continue;
    EXPECT_THAT(artifact, FailsWith(Code::kInvalid, HasSubstr("bitcode of an LLVM that is not " + driver::clang_version())));
    ++other_epochs;
  }
  EXPECT_GT(other_epochs, 0);
}

TEST(Bitcode, ThatIsNoIrIsRefusedWithItsLine) {
  EXPECT_THAT(compile("a.ll", "define i32 @f() {\n  ret i64 0\n}\n"),
              FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("a.ll:2:"), HasSubstr("not valid LLVM IR"))));
}

TEST(Bitcode, ThatTheVerifierRefusesIsRefused) {
  EXPECT_THAT(
      compile("a.ll",
              "define void @f() personality ptr null {\n  br label %a\na:\n  %x = landingpad i32 cleanup\n  ret void\n}\n"),
      FailsWith(Code::kInvalid, HasSubstr("a.ll")));
}

TEST(Bitcode, ForAnotherMachineIsRefused) {
  EXPECT_THAT(compile("a.ll", "target triple = \"aarch64-linux-gnu\"\n"), FailsWith(Code::kInvalid, HasSubstr("aarch64")));
}

TEST(Bitcode, KeepsItsProvidersAndThunksUnchecked) {
  const std::string bytes = bitcode_of("a.cpp", kGreeter + R"(
static int add(int a, int b) { if (a == b) throw 1; return a; }
GRAFT_PROVIDE(greeter, { .add = add });
)");
  const auto artifact = compile("a.bc", bytes);
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  const ProviderFacts &provider = (*artifact).facts.providers[0];
  EXPECT_EQ(provider.contract, "demo.greeter");
  EXPECT_EQ(provider.major, 1);
  EXPECT_EQ(provider.minor, 2);
  EXPECT_FALSE(provider.checked);
  EXPECT_EQ(provider.table_symbol, "graft_entries_greeter");
  EXPECT_EQ((*artifact).thunks.size(), 1u);
}

TEST(Bitcode, WithKeptVariablesOfAnotherCompilerWarnsOfEach) {
  const auto artifact = compile("a.ll", R"(
@n = internal global i32 4
@_ZN4area5countE = global i64 0
@other = global i64 0
@.keep = private constant [11 x i8] c"graft.keep\00", section "llvm.metadata"
@.else = private constant [5 x i8] c"else\00", section "llvm.metadata"
@llvm.global.annotations = appending global [3 x { ptr, ptr, ptr, i32, ptr }] [
  { ptr, ptr, ptr, i32, ptr } { ptr @n, ptr @.keep, ptr @.else, i32 2, ptr null },
  { ptr, ptr, ptr, i32, ptr } { ptr @_ZN4area5countE, ptr @.keep, ptr @.else, i32 3, ptr null },
  { ptr, ptr, ptr, i32, ptr } { ptr @other, ptr @.else, ptr @.else, i32 4, ptr null }], section "llvm.metadata"
)");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).warnings.size(), 2u);
  EXPECT_THAT((*artifact).warnings[0].message, HasSubstr("GRAFT_KEEP variable 'n' is not kept"));
  EXPECT_THAT((*artifact).warnings[1].message, HasSubstr("GRAFT_KEEP variable 'area::count' is not kept"));
}

TEST(Bitcode, AndSourceMakeOneBundle) {
  const auto artifact = compile(job({{"a.ll", kIr}, {"b.c", "int outside(int x) { return x; }"}}));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).imports.empty());
}

} // namespace
} // namespace graft::test
