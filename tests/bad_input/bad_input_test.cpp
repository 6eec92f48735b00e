// One test per way to be wrong. Each asserts the code and the sentence, and that what was loaded before still answers.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::shipped;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class BadInput : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(text("before", number_text(42))), Succeeds());
  }
  void TearDown() override {
    auto bound = runtime->bind<test_number>();
    ASSERT_THAT(bound, Succeeds());
    EXPECT_EQ(bound->number(), 42);
    EXPECT_EQ(runtime->bundles().size(), 1u);
  }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(BadInput, AMissingPathIsNamed) {
  EXPECT_THAT(runtime->load("/nowhere/at/all"), FailsWith(Code::kNotFound, HasSubstr("/nowhere/at/all")));
}

TEST_F(BadInput, AFolderWithoutSourcesSaysWhatItLooksFor) {
  EXPECT_THAT(runtime->load(shipped("bad/empty")), FailsWith(Code::kInvalid, AllOf(HasSubstr("bad/empty"), HasSubstr(".c"))));
}

TEST_F(BadInput, AnUnreadableFileIsNamedWithTheReason) {
  const test::TempFolder folder;
  const auto file = folder.write("secret.c", number_text(1));
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/proc/self/mem", file); // unreadable at offset 0, for root too
  EXPECT_THAT(runtime->load(folder.path()), FailsWith(Code::kInvalid, HasSubstr("secret.c")));
}

TEST_F(BadInput, AnUnreadableFileIsRefusedForItsPermissions) {
  const test::TempFolder folder;
  const auto file = folder.write("secret.c", number_text(1));
  chmod(file.c_str(), 0);
  if (access(file.c_str(), R_OK) == 0) { // root reads everything: what it cannot read is a folder of that name
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    EXPECT_FALSE(runtime->load(file));
    return;
  }
  EXPECT_THAT(runtime->load(folder.path()), FailsWith(Code::kInvalid, AllOf(HasSubstr("secret.c"), HasSubstr("ermission"))));
}

TEST_F(BadInput, AFileThatIsFarTooLargeIsNotRead) {
  const test::TempFolder folder;
  const auto file = folder.write("huge.c", number_text(1));
  std::filesystem::resize_file(file, 3'000'000'000); // sparse
  EXPECT_THAT(runtime->load(folder.path()), FailsWith(Code::kInvalid, AllOf(HasSubstr("huge.c"), HasSubstr("at most"))));
}

TEST_F(BadInput, AReloadOfWhatIsNotLoadedSaysSo) {
  EXPECT_THAT(runtime->reload("stranger"), FailsWith(Code::kNotFound, HasSubstr("no bundle 'stranger' is loaded")));
}

TEST_F(BadInput, ABundleThatProvidesNothingSaysHowToProvide) {
  EXPECT_THAT(runtime->load(shipped("bad/no_provider")), FailsWith(Code::kInvalid, HasSubstr("GRAFT_PROVIDE")));
}

TEST_F(BadInput, ASyntaxErrorHasItsPlaceAndTheCompilersWords) {
  const auto result = runtime->load(shipped("bad/syntax_error"));
  EXPECT_THAT(result, FailsWith(Code::kInvalid, ContainsRegex("thing\\.c:[0-9]+:[0-9]+")));
  ASSERT_FALSE(result.error().diagnostics.empty());
  EXPECT_FALSE(result.error().diagnostics.front().snippet.empty());
}

TEST_F(BadInput, AnUndefinedSymbolIsNamedWithItsFileAndANearMatch) {
  EXPECT_THAT(runtime->load(shipped("bad/undefined_symbol")), FailsWith(Code::kInvalid, AllOf(HasSubstr("undefined"), HasSubstr("thing.c"))));
}

TEST_F(BadInput, AnUndefinedSymbolOffersTheNearestName) {
  const std::string typo = number_text(1) + "int seed_value(void) { return 3; }\nint seed_valeu(void);\n"
                                            "int use(void); int use(void) { return seed_valeu(); }\n";
  EXPECT_THAT(runtime->load(text("typo", typo)),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("'seed_valeu'"), HasSubstr("'seed_value'"), HasSubstr("main.c:7:39"))));
}

TEST_F(BadInput, ADuplicateSymbolNamesBothFiles) {
  EXPECT_THAT(runtime->load(shipped("bad/duplicate_symbol")), FailsWith(Code::kInvalid, AllOf(HasSubstr("seed.c"), HasSubstr("thing.c"))));
}

TEST_F(BadInput, AVersionThatNobodyProvidesIsNamedWithItsManifestLine) {
  EXPECT_THAT(runtime->load(shipped("bad/wrong_version")),
              FailsWith(AnyOf(Code::kNotFound, Code::kIncompatible), AllOf(HasSubstr("requires"), HasSubstr("graft.toml:"))));
}

TEST_F(BadInput, AManifestThatPromisesAnotherVersionIsRefused) {
  EXPECT_THAT(runtime->load(shipped("bad/promised_version")), FailsWith(Code::kIncompatible, HasSubstr("@")));
}

TEST_F(BadInput, AHostThatNeedsANewerMinorIsRefusedByName) {
  EXPECT_THAT(runtime->bind<test_number>(7), FailsWith(Code::kIncompatible, AllOf(HasSubstr("test.number@1.0"), HasSubstr("test.number@1.7"))));
}

TEST_F(BadInput, TwoProvidersOfOneContractAreBothShown) {
  EXPECT_THAT(runtime->load(shipped("bad/two_providers")),
              FailsWith(AnyOf(Code::kConflict, Code::kInvalid), AllOf(HasSubstr("first.c"), HasSubstr("second.c"))));
}

TEST_F(BadInput, AMalformedManifestHasLineAndColumn) {
  EXPECT_THAT(runtime->load(shipped("bad/malformed_manifest")), FailsWith(Code::kInvalid, ContainsRegex("graft\\.toml:[0-9]+:[0-9]+")));
}

TEST_F(BadInput, AnUnknownKeyDeepInAManifestGetsTheNearestKnownOne) {
  EXPECT_THAT(runtime->load(shipped("bad/unknown_key")),
              FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:15: unknown key 'contrct' in an element of 'requires'; did you mean 'contract'?")));
}

TEST_F(BadInput, ARangeThatIsNoneSaysWhichPartAndHowItIsWritten) {
  EXPECT_THAT(runtime->load(shipped("bad/bad_range")),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("graft.toml:2:13"), HasSubstr("'1.2.3.4' has 4 parts"), HasSubstr("wanted such as"))));
  EXPECT_THAT(runtime->load(shipped("bad/empty_range")), FailsWith(Code::kInvalid, HasSubstr("no version satisfies all of it")));
}

TEST_F(BadInput, AContractThatTheHostDoesNotOfferIsNamed) {
  EXPECT_THAT(runtime->load(shipped("bad/needs_host")),
              FailsWith(Code::kNotFound, AllOf(HasSubstr("graft.toml:2:18"), HasSubstr("bundle 'needs_host' requires host.nowhere"))));
}

TEST_F(BadInput, AFolderOfContractsThatIsNotThereIsNamed) {
  EXPECT_THAT(runtime->load(shipped("bad/missing_folder")),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("graft.toml:2:14"), HasSubstr("'../no_such_folder', which is no folder"))));
}

TEST_F(BadInput, AnIncludeThatDoesNotExistIsNamed) {
  EXPECT_THAT(runtime->load(shipped("bad/missing_include")), FailsWith(Code::kInvalid, HasSubstr("file not found")));
}

TEST_F(BadInput, TruncatedBitcodeIsRefused) {
  EXPECT_THAT(runtime->load(shipped("bad/truncated_bitcode")), FailsWith(Code::kInvalid, HasSubstr("thing.bc")));
}

TEST_F(BadInput, BitcodeOfAnotherVersionIsRefused) {
  EXPECT_THAT(runtime->load(shipped("bad/other_bitcode")), FailsWith(Code::kInvalid, HasSubstr("thing.bc")));
}

TEST_F(BadInput, RandomBytesAreASyntaxErrorAndNotACrash) {
  EXPECT_THAT(runtime->load(shipped("bad/random_bytes")), FailsWith(Code::kInvalid, HasSubstr("noise.c")));
}

TEST_F(BadInput, AThrowingInitialiserIsAnErrorWithItsWords) {
  EXPECT_THAT(runtime->load(shipped("bad/throwing_initialiser")), FailsWith(Code::kException, HasSubstr("threw")));
}

TEST_F(BadInput, ASecondLoadOfTheSameNameIsAConflict) {
  EXPECT_THAT(runtime->load(text("before", number_text(1))), FailsWith(Code::kConflict, HasSubstr("'before' is loaded already")));
}

TEST_F(BadInput, ForeignBitcodeIsRefusedUnlessTheHostAllowsIt) {
  EXPECT_THAT(runtime->load(shipped("checksum")), FailsWith(Code::kRefused, HasSubstr("allow")));
}

TEST_F(BadInput, AFileOfAnUnknownKindIsRefused) {
  const test::TempFolder folder;
  EXPECT_THAT(runtime->load(folder.write("thing.rs", "fn main() {}")), FailsWith(Code::kInvalid, HasSubstr("thing.rs")));
}

TEST_F(BadInput, UnloadingWhatIsNotLoadedIsNotFound) {
  EXPECT_THAT(runtime->unload("stranger"), FailsWith(Code::kNotFound, HasSubstr("'stranger'")));
}

} // namespace
} // namespace graft
