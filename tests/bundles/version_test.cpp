// Versions and ranges: what is read, what comes first, and what is in a range.
#include "bundle/contract_ref.hpp"
#include "matchers.hpp"

#include <graft/version.hpp>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

Version version(std::string_view text) { return *parse_version(text); }
bool takes(std::string_view range, std::string_view text) { return VersionRange::parse(range)->contains(version(text)); }

TEST(Version, SemverIsReadToTheLetter) {
  for (const char *good :
       {"0.0.0", "1.2.3", "1.0.0-alpha", "1.0.0-0.3.7", "1.0.0-x-y.z", "1.0.0+001", "10.20.30-rc.1+5114f85"})
    EXPECT_TRUE(parse_version(good)) << good;
  for (const char *bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
                          "1.2.3-a_b", "v1.2.3", " 1.2.3", "1.2.99999999999", "1.-2.3"})
    EXPECT_THAT(parse_version(bad), FailsWith(Code::kInvalid, HasSubstr("is no version; wanted MAJOR.MINOR.PATCH"))) << bad;
}

TEST(Version, PrecedenceIsSemversOwnExample) {
  const char *ordered[] = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                           "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                           "1.0.1",        "1.1.0",         "2.0.0-0",          "2.0.0"};
  for (std::size_t left = 0; left < std::size(ordered); ++left)
    for (std::size_t right = 0; right < std::size(ordered); ++right)
      EXPECT_TRUE(precedence(version(ordered[left]), version(ordered[right])) == (left <=> right))
          << ordered[left] << " " << ordered[right];
  EXPECT_TRUE(precedence(version("1.0.0+a"), version("1.0.0+b")) == 0);
  EXPECT_TRUE(precedence(version("1.0.0-99999999999999999999"), version("1.0.0-100000000000000000000")) < 0);
}

TEST(VersionRange, EachTermMustHold) {
  EXPECT_TRUE(takes(">=1.2, <2", "1.2.0"));
  EXPECT_TRUE(takes(">=1.2, <2", "1.99.7"));
  EXPECT_FALSE(takes(">=1.2, <2", "1.1.9"));
  EXPECT_FALSE(takes(">=1.2, <2", "2.0.0"));
  EXPECT_TRUE(takes("*", "0.0.1"));
  EXPECT_TRUE(takes(" *, <1 ", "0.0.1"));
}

TEST(VersionRange, EverySignMeansWhatItsReadersKnow) {
  struct Case {
    const char *range, *in, *below, *above;
  };
  for (const Case &one : {Case{"^1.2", "1.9.0", "1.1.9", "2.0.0"}, Case{"1.2", "1.2.0", "1.1.9", "2.0.0"},
                          Case{"^0.2.3", "0.2.9", "0.2.2", "0.3.0"}, Case{"^0.0.3", "0.0.3", "0.0.2", "0.0.4"},
                          Case{"^0.0", "0.0.9", nullptr, "0.1.0"}, Case{"^0", "0.9.9", nullptr, "1.0.0"},
                          Case{"~1.2.3", "1.2.9", "1.2.2", "1.3.0"}, Case{"~1.2", "1.2.9", "1.1.9", "1.3.0"},
                          Case{"~1", "1.9.9", "0.9.9", "2.0.0"}, Case{"=1.2", "1.2.9", "1.1.9", "1.3.0"},
                          Case{"=1.2.3", "1.2.3", "1.2.2", "1.2.4"}, Case{">1.2", "1.3.0", "1.2.9", nullptr},
                          Case{">1.2.3", "1.2.4", "1.2.3", nullptr}, Case{"<=1.2", "1.2.9", nullptr, "1.3.0"},
                          Case{"<=1.2.3", "1.2.3", nullptr, "1.2.4"}, Case{"= 1.2.3", "1.2.3+build", "1.2.2", "1.2.4"}}) {
    EXPECT_TRUE(takes(one.range, one.in)) << one.range;
    if (one.below != nullptr) EXPECT_FALSE(takes(one.range, one.below)) << one.range;
    if (one.above != nullptr) EXPECT_FALSE(takes(one.range, one.above)) << one.range;
  }
}

TEST(VersionRange, APreReleaseIsTakenOnlyWhereItIsAskedFor) {
  EXPECT_FALSE(takes(">=1.0", "1.5.0-beta"));
  EXPECT_FALSE(takes("<2", "2.0.0-beta"));
  EXPECT_FALSE(takes("*", "1.0.0-beta"));
  EXPECT_TRUE(takes(">=1.5.0-alpha", "1.5.0-beta"));
  EXPECT_FALSE(takes(">=1.5.0-alpha", "1.6.0-beta"));
  EXPECT_TRUE(takes(">=1.5.0-alpha", "1.6.0"));
  EXPECT_TRUE(takes("=1.5.0-rc.1", "1.5.0-rc.1"));
  EXPECT_TRUE(takes(">1.5.0-rc.1", "1.5.0-rc.2"));
  EXPECT_FALSE(takes(">1.5.0-rc.1", "1.5.0-rc.1"));
}

TEST(VersionRange, WhatIsNoneSaysWhy) {
  for (const auto &[text, why] :
       {std::pair("", "a term is empty"), std::pair(">=1,", "a term is empty"), std::pair(",", "a term is empty"),
        std::pair("1.2.3.4", "has 4 parts; a version has at most three"), std::pair("^", "is no version"),
        std::pair(">= x", "is no version"), std::pair("1.02", "is no version"), std::pair("1.2-rc", "is no version"),
        std::pair("=1.2.3+b", "build metadata"), std::pair("<4294967296", "is no version"),
        std::pair(">=2, <1", "no version satisfies"), std::pair(">1, <1", "no version satisfies"),
        std::pair("=>1", "is no version")})
    EXPECT_THAT(VersionRange::parse(text), FailsWith(Code::kInvalid, HasSubstr(why))) << text;
}

TEST(ContractRef, NameMajorAndMinor) {
  EXPECT_EQ(to_string(*parse_contract_ref("demo.greeter@1")), "demo.greeter@1.0");
  EXPECT_EQ(to_string(*parse_contract_ref("a@65535.65535")), "a@65535.65535");
  for (const char *bad : {"", "a", "@1", "a@", "a@1.", "a@.1", "a@x", "a@65536", "a@1.2.3", "a b@1", "a@-1", "a@01"})
    EXPECT_FALSE(parse_contract_ref(bad)) << bad;
}

TEST(Want, ShortFormsAreAtLeastAndRange) {
  const auto at_least = parse_want("demo.clock@1.2");
  ASSERT_THAT(at_least, Succeeds());
  EXPECT_TRUE(at_least->versions.contains(1, 2));
  EXPECT_FALSE(at_least->versions.contains(1, 1));
  EXPECT_FALSE(at_least->versions.contains(2, 2));
  EXPECT_TRUE(parse_want("zero@0.2")->versions.contains(0, 7));
  EXPECT_EQ(to_string(*parse_want("demo.clock  >=1.2, <3")), "demo.clock >=1.2, <3");
  EXPECT_EQ(parse_want("demo.clock^2")->contract, "demo.clock");
  for (const char *bad : {"", "demo.clock", ">=1", "demo clock@1", "a@1.2.3", "a@1 <2", "a >=1.2.3.4"})
    EXPECT_FALSE(parse_want(bad)) << bad;
}

} // namespace
} // namespace graft
