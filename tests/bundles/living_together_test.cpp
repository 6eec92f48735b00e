// Bundles that need each other: ranges, the best of several, versions side by side, optional ones, and going together.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;

/// A bundle that answers `value` for test.number and has this manifest.
MemoryBundle number(const std::string &manifest, int value) {
  return {"unnamed", {{"graft.toml", manifest}, {"main.c", number_text(value)}}};
}

/// A bundle without providers, with this manifest.
MemoryBundle consumer(const std::string &manifest) {
  return {"unnamed", {{"graft.toml", manifest}, {"main.c", "int unused;\n"}}};
}

class LivingTogether : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime, Succeeds()); }
  int answer() { return (*runtime->bind<test_number>())->number(); }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const BundleInfo &bundle : runtime->bundles()) names.push_back(bundle.name);
    return names;
  }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(LivingTogether, TwoVersionsOfOneBundleStandSideBySide) {
  ASSERT_THAT(runtime->load(number("name = \"n\"\nversion = \"1.0.0\"\n", 1)), Succeeds());
  const auto two = runtime->load(number("name = \"n\"\nversion = \"2.0.0\"\n", 2), {.place = Place::kBeside});
  ASSERT_THAT(two, Succeeds());
  EXPECT_EQ(two->name, "n@2.0.0");
  EXPECT_EQ(answer(), 2); // of one contract version and one name, the higher bundle version
  EXPECT_THAT(runtime->unload("n@2.0.0"), Succeeds());
  EXPECT_EQ(answer(), 1);
}

TEST_F(LivingTogether, OneVersionIsNotLoadedTwice) {
  const MemoryBundle one = number("name = \"n\"\nversion = \"1.0.0\"\n", 1);
  ASSERT_THAT(runtime->load(one), Succeeds());
  EXPECT_THAT(runtime->load(one),
              FailsWith(Code::kConflict, HasSubstr("'n' is loaded already; reload it, unload it first, or")));
  EXPECT_THAT(runtime->load(one, {.place = Place::kBeside}),
              FailsWith(Code::kConflict, HasSubstr("bundle 'n' 1.0.0 is loaded already, as 'n'")));
}

TEST_F(LivingTogether, ANameThatFitsTwoIsNeverGuessed) {
  for (const char *version : {"1.0.0", "2.0.0"})
    ASSERT_THAT(
        runtime->load(number("name = \"n\"\nversion = \"" + std::string(version) + "\"\n", 1), {.place = Place::kBeside}),
        Succeeds());
  EXPECT_THAT(runtime->unload("n"),
              FailsWith(Code::kConflict, HasSubstr("'n' could be 'n@1.0.0' or 'n@2.0.0'; name one of them")));
  EXPECT_THAT(runtime->unload("n@1.0.0"), Succeeds());
  EXPECT_THAT(runtime->unload("n"), Succeeds()); // one is left
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(LivingTogether, OneThatStandsBesideKeepsItsVersionAtAReload) {
  ASSERT_THAT(runtime->load(number("name = \"n\"\nversion = \"1.0.0\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(number("name = \"n\"\nversion = \"2.0.0\"\n", 2), {.place = Place::kBeside}), Succeeds());
  MemoryBundle changed = number("name = \"n\"\nversion = \"2.0.0\"\n", 22);
  changed.name = "n@2.0.0";
  EXPECT_THAT(runtime->reload(changed), Succeeds());
  EXPECT_EQ(answer(), 22);
  MemoryBundle third = number("name = \"n\"\nversion = \"3.0.0\"\n", 3);
  third.name = "n@2.0.0";
  EXPECT_THAT(
      runtime->reload(third),
      FailsWith(Code::kConflict, HasSubstr("stands beside others under its version, and its text is now version 3.0.0")));
  MemoryBundle same = number("name = \"n\"\nversion = \"2.0.0\"\n", 5);
  same.name = "n";
  EXPECT_THAT(runtime->reload(same),
              FailsWith(Code::kConflict, HasSubstr("would become version 2.0.0, which is loaded as 'n@2.0.0'")));
}

TEST_F(LivingTogether, PriorityDecidesBetweenEqualVersions) {
  ASSERT_THAT(runtime->load(number("name = \"a\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(number("name = \"b\"\npriority = 5\n", 2)), Succeeds());
  EXPECT_EQ(answer(), 2);
}

TEST_F(LivingTogether, FindAndBindTakeARange) {
  ASSERT_THAT(runtime->load(number("name = \"a\"\n", 7)), Succeeds());
  EXPECT_THAT(runtime->find("test.number", *VersionRange::parse(">=1, <2")), Succeeds());
  EXPECT_THAT(
      runtime->find("test.number", *VersionRange::parse(">=1.1")),
      FailsWith(Code::kIncompatible,
                HasSubstr("is provided as test.number@1.0 of bundle 'a' 0.0.0, and test.number >=1.1 is asked for")));
  const auto bound = runtime->bind<test_number>(*VersionRange::parse("^1"));
  ASSERT_THAT(bound, Succeeds());
  EXPECT_EQ((*bound)->number(), 7);
}

TEST_F(LivingTogether, AnUnmetRequirementNamesWhoNeedsWhat) {
  EXPECT_THAT(
      runtime->load(consumer("name = \"c\"\nrequires = [\"test.number ^1\"]\n")),
      FailsWith(Code::kNotFound,
                HasSubstr("graft.toml:2:13: bundle 'c' requires test.number ^1: contract 'test.number' has no provider")));
  ASSERT_THAT(runtime->load(number("name = \"p\"\nversion = \"1.4.0\"\n", 1)), Succeeds());
  EXPECT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [\"test.number >=1.1\"]\n")),
              FailsWith(Code::kIncompatible, HasSubstr("is provided as test.number@1.0 of bundle 'p' 1.4.0")));
  EXPECT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [{ bundle = \"p\", bundle_version = \"^2\" }]\n")),
              FailsWith(Code::kIncompatible, HasSubstr("requires bundle 'p' ^2: it is loaded as version 1.4.0")));
  EXPECT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [{ bundle = \"q\" }]\n")),
              FailsWith(Code::kNotFound, HasSubstr("no bundle of that name is loaded")));
  EXPECT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [{ bundle = \"p\", bundle_version = \"~1.4\" }]\n")),
              Succeeds());
}

TEST_F(LivingTogether, AnOptionalRequirementMayBeUnmetAndHoldsNobody) {
  const MemoryBundle optional =
      consumer("name = \"c\"\nrequires = [{ contract = \"test.number\", version = \"^1\", optional = true }]\n");
  EXPECT_THAT(runtime->load(optional), Succeeds());
  EXPECT_THAT(runtime->unload("c"), Succeeds());
  ASSERT_THAT(runtime->load(number("name = \"p\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(optional), Succeeds());
  EXPECT_THAT(runtime->unload("p"), Succeeds());
}

TEST_F(LivingTogether, ARequiredHostContractIsRefusedWhereThereIsNone) {
  EXPECT_THAT(runtime->load(consumer("name = \"c\"\nhost_requires = [\"host.log@1\"]\nrequires = []\n")),
              testing::Not(Succeeds()));
  EXPECT_THAT(
      runtime->load(number("name = \"c\"\nhost_requires = [\"host.log@1\"]\n", 1)),
      FailsWith(Code::kNotFound,
                HasSubstr("graft.toml:2:18: bundle 'c' requires host.log@1: the host offers no contract of that name")));
  EXPECT_THAT(runtime->load(number("name = \"c\"\nhost_requires = [{ contract = \"host.log\", optional = true }]\n", 1)),
              Succeeds());
}

TEST_F(LivingTogether, CompatibilityDecidesAboutAProviderOfAnotherVersion) {
  std::string said;
  for (const Compatibility mode : {Compatibility::kWarn, Compatibility::kSilent}) {
    said.clear();
    auto lenient = Runtime::create({.compatibility = mode, .log = [&](LogLevel level, std::string_view line) {
                                      if (level == LogLevel::kWarn) said += line;
                                    }});
    ASSERT_THAT(lenient->load(number("name = \"p\"\n", 1)), Succeeds());
    EXPECT_THAT(lenient->load(consumer("name = \"c\"\nrequires = [\"test.number@1.3\"]\n")), Succeeds());
    EXPECT_EQ(said.find("requires test.number") != said.npos, mode == Compatibility::kWarn);
    EXPECT_THAT(lenient->load(consumer("name = \"d\"\nrequires = [\"test.absent@1\"]\n")),
                FailsWith(Code::kNotFound, HasSubstr("test.absent")));
  }
}

TEST_F(LivingTogether, AnUnloadIsRefusedWithTheSortedNamesOfWhoRequiresIt) {
  ASSERT_THAT(runtime->load(number("name = \"p\"\n", 1)), Succeeds());
  for (const char *name : {"zeta", "alpha"})
    ASSERT_THAT(runtime->load(consumer("name = \"" + std::string(name) + "\"\nrequires = [\"test.number@1\"]\n")),
                Succeeds());
  int unloading = 0;
  runtime->listen([&](const Event &event) { unloading += event.phase == Phase::kUnloading; });
  EXPECT_THAT(runtime->unload("p"),
              FailsWith(Code::kConflict, HasSubstr("bundle 'p' is required by 'alpha', 'zeta'; unload those first")));
  EXPECT_EQ(unloading, 0);
  EXPECT_EQ(runtime->bundles().back().needs, std::vector<std::string>{"p"});
}

TEST_F(LivingTogether, ACascadeUnloadsDependentsFirst) {
  ASSERT_THAT(runtime->load(number("name = \"p\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [\"test.number@1\"]\n")), Succeeds());
  ASSERT_THAT(runtime->load(consumer("name = \"d\"\nrequires = [{ bundle = \"c\" }]\n")), Succeeds());
  ASSERT_THAT(runtime->load(consumer("name = \"e\"\nrequires = []\nhooks = []\npriority = 1\n")), testing::Not(Succeeds()));
  std::vector<std::string> told;
  runtime->listen([&](const Event &event) { told.emplace_back(event.bundle); });
  EXPECT_THAT(runtime->unload("p", Dependents::kUnload), Succeeds());
  EXPECT_THAT(told, ElementsAre("d", "c", "p"));
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(LivingTogether, ACascadeSurvivesACycle) {
  ASSERT_THAT(runtime->load(number("name = \"p\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [\"test.number@1\"]\n")), Succeeds());
  MemoryBundle cyclic = number("name = \"p\"\nrequires = [{ bundle = \"c\" }]\n", 1);
  cyclic.name = "p";
  ASSERT_THAT(runtime->reload(cyclic), Succeeds());
  EXPECT_THAT(runtime->unload("p"), FailsWith(Code::kConflict, HasSubstr("'c'")));
  EXPECT_THAT(runtime->unload("c"), FailsWith(Code::kConflict, HasSubstr("'p'")));
  EXPECT_THAT(runtime->unload("c", Dependents::kUnload), Succeeds());
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(LivingTogether, AReloadMustGoOnMeetingWhatOthersRequire) {
  ASSERT_THAT(runtime->load(number("name = \"p\"\nversion = \"1.0.0\"\n", 1)), Succeeds());
  ASSERT_THAT(runtime->load(consumer("name = \"c\"\nrequires = [{ bundle = \"p\", bundle_version = \"<2\" }]\n")),
              Succeeds());
  MemoryBundle next = number("name = \"p\"\nversion = \"2.0.0\"\n", 2);
  next.name = "p";
  EXPECT_THAT(
      runtime->reload(next),
      FailsWith(Code::kIncompatible, HasSubstr("bundle 'p' is now version 2.0.0, and bundle 'c' requires bundle 'p' <2")));
  EXPECT_EQ(answer(), 1);
}

} // namespace
} // namespace graft
