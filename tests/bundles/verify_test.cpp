// Does the code do what the manifest says?
#include "bundle/verify.hpp"
#include "matchers.hpp"

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

ProviderFacts provider(const std::string &contract, std::uint16_t major, std::uint16_t minor, std::uint32_t line) {
  ProviderFacts facts;
  facts.contract = contract;
  facts.major = major;
  facts.minor = minor;
  facts.checked = true;
  facts.where = {"a.c", line, 1};
  return facts;
}

Artifact artifact(std::vector<ProviderFacts> providers) {
  Artifact made;
  made.facts.providers = std::move(providers);
  return made;
}

Manifest manifest(const std::string &rest) { return *parse_manifest("name = \"b\"\n" + rest, "graft.toml"); }

Result<void> verify(const std::string &rest, std::vector<ProviderFacts> providers) {
  return verify_artifact(manifest(rest), artifact(std::move(providers)), Unchecked::kRefuse);
}

TEST(Verify, ListAndCodeThatAgreePass) {
  EXPECT_THAT(verify("provides = [\"a.b@1\"]\n", {provider("a.b", 1, 4, 3)}), Succeeds());
  EXPECT_THAT(verify("provides = [\"a.b@1.4\"]\n", {provider("a.b", 1, 4, 3)}), Succeeds());
  EXPECT_THAT(verify("", {provider("a.b", 1, 4, 3)}), Succeeds());
}

TEST(Verify, WhatIsListedAndNotProvidedIsIncompatible) {
  EXPECT_THAT(verify("provides = [\"a.c@1\"]\n", {provider("a.b", 1, 0, 3)}),
              FailsWith(Code::kIncompatible, HasSubstr("did you mean 'a.b'?")));
  EXPECT_THAT(
      verify("provides = [\"a.b@2.0\"]\n", {provider("a.b", 1, 0, 3)}),
      FailsWith(
          Code::kIncompatible,
          HasSubstr("graft.toml:2:13: the manifest says that bundle 'b' provides a.b@2.0, its code provides a.b@1.0")));
  EXPECT_THAT(verify("provides = [\"a.b@1.5\"]\n", {provider("a.b", 1, 4, 3)}),
              FailsWith(Code::kIncompatible, HasSubstr("a.b@1.4")));
}

TEST(Verify, WhatIsProvidedAndNotListedIsIncompatible) {
  EXPECT_THAT(
      verify("provides = [\"a.b@1\"]\n", {provider("a.b", 1, 0, 3), provider("x.y", 1, 0, 9)}),
      FailsWith(Code::kIncompatible, HasSubstr("a.c:9:1: bundle 'b' provides x.y@1.0, its manifest does not list it")));
  EXPECT_EQ(verify("provides = []\n", {provider("a.b", 1, 0, 3)}).code(), Code::kIncompatible);
}

TEST(Verify, OneContractProvidedTwiceNamesBothPlaces) {
  EXPECT_THAT(verify("", {provider("a.b", 1, 0, 3), provider("a.b", 1, 2, 8)}),
              FailsWith(Code::kConflict, HasSubstr("a.c:8:1: bundle 'b' provides a.b@1.2 twice; the first is at a.c:3:1")));
  EXPECT_THAT(verify("", {provider("a.b", 1, 0, 3), provider("a.b", 2, 0, 8)}), Succeeds());
}

TEST(Verify, APolicyForAVariableThatNobodyKeepsIsRefused) {
  Artifact keeps = artifact({provider("a.b", 1, 0, 3)});
  KeptFacts &count = keeps.facts.kept.emplace_back();
  count.name = "count";
  count.qualified = "game::count";
  const auto verify_state = [&](const std::string &state) {
    return verify_artifact(manifest("state = { default = \"keep\", " + state + " }\n"), keeps, Unchecked::kRefuse);
  };
  EXPECT_THAT(verify_state("count = \"reset\""), Succeeds());
  EXPECT_THAT(verify_state("\"game::count\" = \"reset\""), Succeeds());
  EXPECT_THAT(verify_state("coumt = \"reset\""),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("'coumt'"), HasSubstr("did you mean 'count'?"))));
}

TEST(Verify, NothingToOfferIsRefusedWithTheWayOut) {
  EXPECT_THAT(verify("", {}), FailsWith(Code::kInvalid, HasSubstr("has no provider; add GRAFT_PROVIDE")));
  EXPECT_THAT(verify("requires = [\"a.b@1\"]\n", {}), Succeeds());
  Artifact starts;
  starts.facts.defines_init = true;
  EXPECT_THAT(verify_artifact(manifest(""), starts, Unchecked::kRefuse), Succeeds());
  Artifact program;
  program.facts.defines_main = true;
  EXPECT_THAT(verify_artifact(manifest(""), program, Unchecked::kRefuse),
              FailsWith(Code::kInvalid, HasSubstr("graft exec")));
}

TEST(Verify, UncheckedCodeNeedsTheHostsLeave) {
  ProviderFacts foreign = provider("a.b", 1, 0, 0);
  foreign.checked = false;
  EXPECT_THAT(verify("", {foreign}), FailsWith(Code::kRefused, HasSubstr("allow unchecked")));
  EXPECT_THAT(verify_artifact(manifest(""), artifact({foreign}), Unchecked::kAllow), Succeeds());
}

} // namespace
} // namespace graft
