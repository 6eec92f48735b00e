// Settings: what a manifest may declare, what a host may give, and when a plugin sees it.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

const SettingRules kRules = {
    {.name = "threshold", .type = SettingType::kInteger, .fallback = 10, .min = 1, .max = 100},
    {.name = "ratio", .type = SettingType::kReal, .min = 0, .max = 1},
    {.name = "mode", .type = SettingType::kText, .fallback = "soft", .choices = {"soft", "hard"}},
    {.name = "label", .type = SettingType::kText, .max = 4},
    {.name = "verbose", .type = SettingType::kFlag},
};

TEST(Settings, DefaultsFillInAndWhatHasNoneIsAbsent) {
  const auto settings = complete_settings(kRules, {{"threshold", 7}}, "b");
  ASSERT_THAT(settings, Succeeds());
  EXPECT_EQ(*settings, (Settings{{"mode", "soft"}, {"threshold", 7}}));
}

TEST(Settings, AnIntegerDoesForARealNumber) {
  EXPECT_EQ(std::get<double>(complete_settings(kRules, {{"ratio", 1}}, "b")->at("ratio")), 1.0);
}

TEST(Settings, WhatDoesNotFitIsRefusedWithBothSides) {
  const std::vector<std::pair<Settings, const char *>> wrong = {
      {{{"treshold", 7}}, "setting 'treshold' of bundle 'b' is not known; did you mean 'threshold'?"},
      {{{"threshold", "7"}}, "is the text '7'; wanted is an integer"},
      {{{"threshold", 0}}, "is 0; at least 1 is wanted"},
      {{{"threshold", 101}}, "is 101; at most 100 is wanted"},
      {{{"threshold", 7.5}}, "is the real 7.5"},
      {{{"ratio", 1.5}}, "is 1.5; at most 1 is wanted"},
      {{{"ratio", std::numeric_limits<double>::quiet_NaN()}}, "is no number"},
      {{{"mode", "medium"}}, "wanted is one of 'soft', 'hard'"},
      {{{"label", "fiver"}}, "5 bytes long; at most 4 is wanted"},
      {{{"verbose", 1}}, "is the integer 1; wanted is a flag"},
  };
  for (const auto &[given, why] : wrong)
    EXPECT_THAT(complete_settings(kRules, given, "b"), FailsWith(Code::kInvalid, HasSubstr(why)));
}

TEST(Settings, BoundsOfLargeIntegersAreExact) {
  constexpr std::int64_t kLarge = (std::int64_t{1} << 53) + 1; // which no real number is
  const SettingRules rules = {{.name = "whole", .type = SettingType::kInteger, .min = -kLarge, .max = kLarge},
                              {.name = "real", .type = SettingType::kReal, .max = kLarge}};
  EXPECT_THAT(complete_settings(rules, {{"whole", kLarge}}, "b"), Succeeds());
  EXPECT_THAT(complete_settings(rules, {{"whole", -kLarge}}, "b"), Succeeds());
  EXPECT_THAT(complete_settings(rules, {{"whole", kLarge + 1}}, "b"),
              FailsWith(Code::kInvalid, HasSubstr("is 9007199254740994; at most 9007199254740993 is wanted")));
  EXPECT_THAT(complete_settings(rules, {{"whole", -kLarge - 1}}, "b"), FailsWith(Code::kInvalid, HasSubstr("at least -90")));
  EXPECT_THAT(complete_settings(rules, {{"real", 0x1p53}}, "b"), Succeeds());
  EXPECT_THAT(complete_settings(rules, {{"real", 0x1p53 + 2}}, "b"), FailsWith(Code::kInvalid, HasSubstr("at most")));
  const SettingRule last = {.name = "last", .type = SettingType::kInteger, .max = std::numeric_limits<std::int64_t>::max()};
  EXPECT_THAT(complete_settings({last}, {{"last", std::numeric_limits<std::int64_t>::max()}}, "b"), Succeeds());
  EXPECT_THAT(check_rule({.name = "text", .type = SettingType::kText, .min = "four"}),
              FailsWith(Code::kInvalid, HasSubstr("has the bound 'four'; wanted is a number")));
}

TEST(Settings, ARequiredOneMustBeGiven) {
  const SettingRules rules = {{.name = "key", .type = SettingType::kText, .need = SettingNeed::kRequired}};
  EXPECT_THAT(complete_settings(rules, {}, "b"),
              FailsWith(Code::kInvalid, HasSubstr("setting 'key' of bundle 'b' is required and was not given")));
  EXPECT_THAT(complete_settings(rules, {{"key", "x"}}, "b"), Succeeds());
}

const std::string kManifest = R"(name = "governor"
[config.threshold]
type = "integer"
default = 10
min = 1
max = 1000000
[config.twice]
type = "integer"
default = 20
)";

/// Answers its threshold, as its settings were when it was asked; -1 where two settings that change together do not fit.
const std::string kGovernor = test::kNumberContract + R"(#include <graft/service/config.h>
static graft_service service;
graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  (void)context;
  return GRAFT_SERVICE(host, graft_config, &service);
}
static int32_t answer(void) {
  const graft_config *config = (const graft_config *)service.table;
  void *settings;
  int64_t threshold = -2, twice = -2;
  if (config->open(service.self, &settings, 0) != GRAFT_OK) return -3;
  config->get_integer(service.self, settings, (graft_str){"threshold", 9}, &threshold);
  config->get_integer(service.self, settings, (graft_str){"twice", 5}, &twice);
  config->close(service.self, settings);
  return twice == 2 * threshold ? (int32_t)threshold : -1;
}
GRAFT_PROVIDE(number, {.number = answer})
)";

MemoryBundle governor(const std::string &manifest = kManifest, const std::string &code = kGovernor) {
  return {"governor", {{"graft.toml", manifest}, {"main.c", code}}};
}

TEST(Settings, APluginReadsItsDefaultsThenWhatTheHostGave) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  ASSERT_THAT(runtime->load(governor()), Succeeds());
  const auto bound = *runtime->bind<test_number>();
  EXPECT_EQ(bound->number(), 10);
  ASSERT_THAT(runtime->set_settings("governor", {{"threshold", 7}, {"twice", 14}}), Succeeds());
  EXPECT_EQ(bound->number(), 7);
  EXPECT_EQ(runtime->bundles()[0].generation, 1u);
}

TEST(Settings, WhatTheManifestDoesNotAllowChangesNothing) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  ASSERT_THAT(runtime->load(governor()), Succeeds());
  EXPECT_THAT(runtime->set_settings("governor", {{"threshold", 0}, {"twice", 0}}),
              FailsWith(Code::kInvalid, HasSubstr("at least 1 is wanted")));
  EXPECT_THAT(runtime->set_settings("governor", {{"treshold", 1}}),
              FailsWith(Code::kInvalid, HasSubstr("did you mean 'threshold'")));
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 10);
}

TEST(Settings, ChangesAreSeenWholeByThoseWhoReadMeanwhile) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  ASSERT_THAT(runtime->load(governor()), Succeeds());
  std::atomic<bool> is_done{false};
  std::atomic<int> torn{0}, seen{0};
  std::jthread reader([&] {
    const auto bound = *runtime->bind<test_number>();
    while (!is_done.load(std::memory_order_acquire)) { // pairs with the store below
      if (bound->number() < 0) torn.fetch_add(1, std::memory_order_relaxed);
      seen.fetch_add(1, std::memory_order_relaxed);
    }
  });
  for (int value = 1; value <= 2000 || seen.load(std::memory_order_relaxed) < 100; ++value)
    ASSERT_THAT(runtime->set_settings("governor", {{"threshold", value}, {"twice", 2 * value}}), Succeeds());
  is_done.store(true, std::memory_order_release); // pairs with the reader's load
  reader.join();
  EXPECT_EQ(torn.load(std::memory_order_relaxed), 0);
}

TEST(Settings, WhatWasGivenBeforeALoadIsHeldAgainstTheManifestThen) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  ASSERT_THAT(runtime->set_settings("governor", {{"threshold", 0}}), Succeeds());
  EXPECT_THAT(runtime->load(governor()),
              FailsWith(Code::kInvalid, HasSubstr("setting 'threshold' of bundle 'governor' is 0; at least 1 is wanted")));
  ASSERT_THAT(runtime->set_settings("governor", {{"threshold", 3}, {"twice", 6}}), Succeeds());
  ASSERT_THAT(runtime->load(governor()), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 3);
}

TEST(Settings, ARequiredSettingThatNobodyGaveRefusesTheLoad) {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(governor("name = \"governor\"\n[config.threshold]\ntype = \"integer\"\nrequired = true\n")),
              FailsWith(Code::kInvalid, HasSubstr("is required and was not given")));
}

TEST(Settings, AReloadWhoseSettingsDoNotFitLeavesTheOldVersionLive) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  ASSERT_THAT(runtime->set_settings("governor", {{"threshold", 500}, {"twice", 1000}}), Succeeds());
  ASSERT_THAT(runtime->load(governor()), Succeeds());
  std::string narrow = kManifest;
  narrow.replace(narrow.find("1000000"), 7, "100");
  EXPECT_THAT(runtime->reload(governor(narrow)), FailsWith(Code::kInvalid, HasSubstr("is 500; at most 100 is wanted")));
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 500);
  EXPECT_THAT(runtime->set_settings("governor", {{"threshold", 600}, {"twice", 1200}}), Succeeds());
}

TEST(Settings, AHostDeclaresThoseOfABundleWithoutAManifest) {
  auto runtime = Runtime::create();
  ServicesConfig services;
  services.setting_rules["governor"] = {{.name = "threshold", .type = SettingType::kInteger, .fallback = 4},
                                        {.name = "twice", .type = SettingType::kInteger, .fallback = 8}};
  ASSERT_THAT(runtime->offer_services(std::move(services)), Succeeds());
  ASSERT_THAT(runtime->load(test::text("governor", kGovernor)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 4);
}

TEST(Settings, AManifestThatMakesNoSenseIsRefusedAtItsLine) {
  const std::vector<std::pair<const char *, const char *>> wrong = {
      {"config = 3", "'config' is an integer; wanted a table"},
      {"[config]\nx = 3", "setting 'x' is an integer; wanted a table"},
      {"[config.x]\ndefault = 3", "setting 'x' has no 'type'"},
      {"[config.x]\ntype = \"number\"", "number"},
      {"[config.x]\ntype = \"integer\"\ndefalt = 3", "did you mean 'default'"},
      {"[config.x]\ntype = \"integer\"\ndefault = \"3\"", "has a default that is the text '3'"},
      {"[config.x]\ntype = \"integer\"\nmin = 5\nmax = 4", "which nothing is"},
      {"[config.x]\ntype = \"integer\"\nmin = \"5\"", "'min' is a string; wanted a number"},
      {"[config.x]\ntype = \"integer\"\nchoices = [\"5\"]", "which only a text has"},
      {"[config.x]\ntype = \"flag\"\nmin = 1", "is a flag and has a range"},
      {"[config.x]\ntype = \"integer\"\ndefault = []", "wanted a flag, a number or a text"},
  };
  auto runtime = Runtime::create();
  for (const auto &[manifest, why] : wrong)
    EXPECT_THAT(runtime->load(governor(std::string("name = \"governor\"\n") + manifest)),
                FailsWith(Code::kInvalid, HasSubstr(why)))
        << manifest;
}

} // namespace
} // namespace graft
