// Is a bundle in the state that its host, its code and its settings put it in?
#include "hooks.hpp"

GRAFT_CONTRACT(teller, "test.teller", 1, 0) { void (*tell)(void *self); };

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::leaves;
using test::number_text;
using test::part;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;

class Lifecycle : public test::Hooked {};

TEST_F(Lifecycle, ABundleIsLoadingWhileItsInitialiserRunsAndRunningThen) {
  static Runtime *host = nullptr;
  static BundleState seen = BundleState::kFailed;
  host = runtime.get();
  seen = BundleState::kFailed;
  static const teller table{.tell = [](void *) { seen = host->statuses().front().state; }};
  int object = 0;
  ASSERT_THAT(runtime->offer(table, {.user_data = &object}), Succeeds());
  load(text("b", "#include <graft/abi.h>\nGRAFT_CONTRACT(teller, \"test.teller\", 1, 0) { void (*tell)(void *self); };\n"
                 "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
                 "  graft_service teller_of = {sizeof teller_of};\n  (void)context;\n"
                 "  if (GRAFT_SERVICE(host, teller, &teller_of) != GRAFT_OK) return GRAFT_INVALID;\n"
                 "  ((const teller *)teller_of.table)->tell(teller_of.self);\n"
                 "  host->give_back(host, &teller_of);\n  return GRAFT_OK;\n}\n"));
  EXPECT_EQ(seen, BundleState::kLoading);
  EXPECT_EQ(state_of("b"), BundleState::kRunning);
}

TEST_F(Lifecycle, ALoadThatFailsIsKnownWithItsErrorUntilOneWorks) {
  EXPECT_THAT(runtime->load(text("b", "no C at all")), testing::Not(Succeeds()));
  ASSERT_EQ(runtime->statuses().size(), 1u);
  EXPECT_EQ(runtime->statuses().front().state, BundleState::kFailed);
  EXPECT_THAT(runtime->statuses().front().error, HasSubstr("main.c"));
  load(text("b", number_text(1)));
  EXPECT_EQ(state_of("b"), BundleState::kRunning);
  EXPECT_THAT(runtime->statuses().front().error, IsEmpty());
}

TEST_F(Lifecycle, ABundleIsUnloadingWhenThatIsTold) {
  load(text("b", number_text(1)));
  BundleState told = BundleState::kFailed;
  runtime->listen([&](const Event &event) {
    if (event.phase == Phase::kUnloading) told = state_of("b");
  });
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_EQ(told, BundleState::kUnloading);
  EXPECT_THAT(runtime->statuses(), IsEmpty());
}

TEST_F(Lifecycle, APausedBundleIsInNoHookAndItsContractsAnswer) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b")));
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->pause("a"), Succeeds());
  EXPECT_EQ(trail(), "b");
  EXPECT_EQ(state_of("a"), BundleState::kPaused);
  EXPECT_THAT(runtime->find("test.before_save", 1), Succeeds());
  ASSERT_THAT(runtime->reload(part("a", "before_save", leaves("A"))), Succeeds());
  EXPECT_EQ(trail(), "b");
  ASSERT_THAT(runtime->resume("a"), Succeeds());
  EXPECT_EQ(trail(), "Ab");
}

TEST_F(Lifecycle, AHookWhoseBundlesAreAllPausedIsIdle) {
  load(part("a", "before_save", leaves("a")));
  auto saving = runtime->hook<before_save>();
  ASSERT_FALSE(saving->is_idle());
  ASSERT_THAT(runtime->pause("a"), Succeeds());
  EXPECT_TRUE(saving->is_idle());
}

TEST_F(Lifecycle, ADisabledBundleStaysSoWhateverIsLoaded) {
  ASSERT_THAT(runtime->configure("a", {.enabled = Enabled::kNo}), Succeeds());
  load(part("a", "before_save", leaves("a")));
  EXPECT_EQ(state_of("a"), BundleState::kDisabled);
  EXPECT_EQ(trail(), "");
  ASSERT_THAT(runtime->unload("a"), Succeeds());
  load(part("a", "before_save", leaves("a")));
  EXPECT_EQ(trail(), "");
  EXPECT_THAT(runtime->resume("a"), FailsWith(Code::kConflict, HasSubstr("bundle 'a' is disabled")));
  ASSERT_THAT(runtime->configure("a", {}), Succeeds());
  EXPECT_EQ(trail(), "a");
}

TEST_F(Lifecycle, SettingsOfTheHostGoBeforeTheManifestAtOnce) {
  load(part("a", "before_save", leaves("a"), "priority = 5"));
  load(part("b", "before_save", leaves("b")));
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->configure("b", {.priority = 6, .on_failure = HookFailure::kFailClosed, .error_budget = 7}),
              Succeeds());
  EXPECT_EQ(trail(), "ba");
  EXPECT_EQ(part_of("b").on_failure, HookFailure::kFailClosed);
  EXPECT_EQ(part_of("b").error_budget, 7u);
  ASSERT_THAT(runtime->configure("b", {}), Succeeds());
  EXPECT_EQ(trail(), "ab");
}

TEST_F(Lifecycle, ALimitThatNoCallCanKeepIsRefused) {
  EXPECT_THAT(runtime->configure("b", {.call_limit = -5ms}), FailsWith(Code::kInvalid, HasSubstr("-5 ms")));
  EXPECT_THAT(runtime->configure("b", {.call_limit = std::chrono::milliseconds::max()}), FailsWith(Code::kInvalid, HasSubstr("limit")));
  Config config;
  config.hooks.chain_limits["test.hook"] = -1ms;
  EXPECT_THAT(Runtime::create(std::move(config)), FailsWith(Code::kInvalid, HasSubstr("-1 ms")));
}

TEST_F(Lifecycle, ALimitForNoHookIsRefused) {
  for (const auto &[name, meant] : {std::pair("pre_qurey", "'pre_query'"), {"proxy.pre_qurey", "'proxy.pre_query'"}}) {
    Config config;
    config.hooks.chain_limits[name] = 5ms;
    EXPECT_THAT(Runtime::create(std::move(config)),
                FailsWith(Code::kInvalid, HasSubstr("which is no hook; did you mean " + std::string(meant) + "?")));
  }
  start({.hooks = {.chain_limits = {{"test.before_svae", 5ms}, {"pre_query", 5ms}}}});
  trail();
  ASSERT_EQ(log.size(), 1u);
  EXPECT_THAT(log[0], HasSubstr("a limit for 'test.before_svae'"));
  EXPECT_THAT(log[0], HasSubstr("did you mean 'test.before_save'?"));
}

TEST_F(Lifecycle, FailClosedIsRefusedForWhatCannotDeny) {
  ASSERT_THAT(runtime->hook<after_save>(), Succeeds());
  load(part("a", "after_save", ""));
  EXPECT_THAT(runtime->configure("a", {.on_failure = HookFailure::kFailClosed}),
              FailsWith(Code::kInvalid, HasSubstr("hook 'test.after_save' cannot deny")));
  EXPECT_THAT(runtime->configure("b", {.on_failure = HookFailure::kFailClosed}), Succeeds()); // not loaded yet
  load(part("b", "after_save", ""));
  EXPECT_EQ(part_of("b").on_failure, HookFailure::kFailOpen);
}

/// A bundle for a hook's second major version, on a host that runs the first.
MemoryBundle next_major(const std::string &name, const std::string &manifest = {}) {
  MemoryBundle bundle = part(name, "before_save", leaves("a"), manifest);
  std::string &header = bundle.files[1].contents;
  const std::string first = "\"test.before_save\", 1";
  header.replace(header.find(first), first.size(), "\"test.before_save\", 2");
  return bundle;
}

TEST_F(Lifecycle, ABundleForAnotherMajorVersionOfAHookIsToldOf) {
  constexpr const char *kSaid = "bundle 'a' takes part in major version 2 of hook 'test.before_save', this host runs major "
                                "version 1 and never asks it";
  EXPECT_EQ(trail(), "");
  load(next_major("a"));
  EXPECT_THAT(log, ElementsAre(HasSubstr(kSaid)));
  log.clear();
  start({});
  load(next_major("a")); // before the host asks for its hook
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(trail(), "");
  EXPECT_THAT(log, ElementsAre(HasSubstr(kSaid)));
}

TEST_F(Lifecycle, ABundleForAnotherMajorVersionThatMustNotBeMissedIsRefused) {
  EXPECT_EQ(trail(), "");
  EXPECT_THAT(runtime->load(next_major("a", "hooks = [{name = \"test.before_save\", on_failure = \"fail_closed\"}]")),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("major version 2"), HasSubstr("major version 1"),
                                                   HasSubstr("must not be missed (fail_closed)"))));
}

TEST_F(Lifecycle, ThePartsOfAHookAreListedInTheOrderOfItsChain) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b"), "priority = 1"));
  trail();
  const auto name_and_calls = [](const std::string &bundle) {
    return AllOf(Field(&HookPart::bundle, bundle), Property(&HookPart::calls, 1u));
  };
  EXPECT_THAT(runtime->hook_parts(), ElementsAre(name_and_calls("b"), name_and_calls("a")));
}

TEST_F(Lifecycle, WhatIsNotLoadedCannotBePaused) {
  EXPECT_THAT(runtime->pause("a"), FailsWith(Code::kNotFound, HasSubstr("no bundle 'a' is loaded")));
  EXPECT_THAT(runtime->resume("a"), FailsWith(Code::kNotFound, HasSubstr("no bundle 'a' is loaded")));
}

TEST_F(Lifecycle, OneBundleTooManyIsAnErrorOfItsOwn) {
  start({.max_bundles = 20});
  for (int i = 0; i < 20; ++i) load(text("b" + std::to_string(i), number_text(i)));
  EXPECT_THAT(runtime->load(text("more", number_text(1))),
              FailsWith(Code::kPluginLimit, HasSubstr("bundle 'more' is one too many: this host loads 20 at most")));
  EXPECT_THAT(runtime->reload(text("b1", number_text(100))), Succeeds());
  ASSERT_THAT(runtime->unload("b0"), Succeeds());
  EXPECT_THAT(runtime->load(text("more", number_text(1))), Succeeds());
}

TEST_F(Lifecycle, OneNameIsLoadedOnce) {
  load(part("a", "before_save", leaves("a")));
  EXPECT_THAT(runtime->load(part("a", "before_save", leaves("b"))),
              FailsWith(Code::kConflict, HasSubstr("bundle 'a' is loaded already")));
  EXPECT_EQ(trail(), "a");
  EXPECT_EQ(state_of("a"), BundleState::kRunning);
}

TEST_F(Lifecycle, VersionsAreListedNewestFirst) {
  load(text("b", number_text(1)));
  ASSERT_THAT(runtime->reload(part("b", "before_save", "", "version = \"1.1.0\"")), Succeeds());
  ASSERT_THAT(runtime->reload(part("b", "before_save", "", "version = \"2.0.0\"")), Succeeds());
  const auto versions = runtime->versions("b");
  ASSERT_THAT(versions, Succeeds());
  const auto version = [](const std::string &text, std::size_t steps) {
    return AllOf(Field(&BundleVersion::version, text), Field(&BundleVersion::steps, steps));
  };
  EXPECT_THAT(*versions, ElementsAre(version("2.0.0", 0u), version("1.1.0", 1u), version("0.0.0", 2u)));
  EXPECT_THAT(runtime->versions("c"), FailsWith(Code::kNotFound, HasSubstr("no bundle 'c' is loaded")));
}

TEST_F(Lifecycle, PausingFromACallbackWouldWaitForItself) {
  load(text("b", number_text(1)));
  Code code = Code::kOk;
  runtime->listen([&](const Event &) { code = runtime->pause("b").code(); });
  ASSERT_THAT(runtime->reload(text("b", number_text(2))), Succeeds());
  EXPECT_EQ(code, Code::kWouldDeadlock);
}

} // namespace
} // namespace graft
