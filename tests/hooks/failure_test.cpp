// What becomes of a chain when a plugin fails in it, and of the plugin?
#include "hooks.hpp"

#include <stdexcept>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::leaves;
using test::part;
using test::Succeeds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kClosed = "hooks = [{ name = \"test.before_save\", on_failure = \"fail_closed\", priority = 1 }]";
const std::string kFails = "return GRAFT_INVALID;";

class Failing : public test::Hooked {
 protected:
  static std::uint64_t count(const HookPart &one, CallFailure failure) {
    return one.failures[static_cast<std::size_t>(failure)];
  }
};

TEST_F(Failing, OpenIsAsIfThePluginWereNotThere) {
  load(part("a", "each_line",
            "it->number = 9; decision->action = LINE_CHANGED; graft_attribute_set(context, graft_str_of(\"x\"), "
            "graft_str_of(\"y\"));" +
                kFails,
            "priority = 1"));
  load(part("b", "each_line", "if (it->number == 5 && decision->action == 0) decision->action = LINE_DROPPED;"));
  HookRequest request(*runtime);
  save_request it{};
  it.number = 5;
  save_decision decision{};
  const HookResult result = runtime->hook<each_line>()->run(request, it, decision);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(LINE_DROPPED));
  EXPECT_EQ(result.called, 2u);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(it.number, 5u);
  EXPECT_EQ(request.attribute("x"), "");
}

TEST_F(Failing, ClosedDeniesAndEndsTheChain) {
  load(part("a", "before_save", "decision->reason = graft_str_of(\"half said\");" + kFails, kClosed));
  load(part("b", "before_save", "decision->action = SAVE_ALLOW;"));
  save_decision decision{};
  const HookResult result = save(decision);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(SAVE_REFUSE));
  EXPECT_EQ(result.called, 1u);
  EXPECT_EQ(result.decided_by, bundle_id("a"));
  EXPECT_EQ(decision.reason.size, 0u);
  EXPECT_EQ(decision.struct_size, sizeof decision);
}

TEST_F(Failing, AStatusIsCountedAndLoggedWithItsWord) {
  load(part("a", "before_save", kFails));
  save_decision decision{};
  save(decision);
  EXPECT_EQ(count(part_of("a"), CallFailure::kStatus), 1u);
  EXPECT_EQ(part_of("a").calls(), 1u);
  EXPECT_THAT(log, ElementsAre("bundle 'a' in hook 'test.before_save' returned status 1 (invalid)"));
  EXPECT_THAT(runtime->statuses().front().error, HasSubstr("returned status 1"));
}

TEST_F(Failing, AnExceptionIsCountedAndLoggedWithItsText) {
  load(part("a", "before_save", "throw 5;", {}, "main.cpp"));
  save_decision decision{};
  EXPECT_EQ(save(decision).failed, 1u);
  EXPECT_EQ(count(part_of("a"), CallFailure::kException), 1u);
  EXPECT_THAT(log, Contains(HasSubstr("threw")));
}

TEST_F(Failing, ADecisionThatTheHeaderDoesNotKnowIsAFailure) {
  load(part("a", "before_save", "decision->action = 3;"));
  save_decision decision{};
  EXPECT_EQ(save(decision).action, 0u);
  EXPECT_EQ(count(part_of("a"), CallFailure::kAction), 1u);
  EXPECT_THAT(log, ElementsAre(HasSubstr("decided on action 3, which the hook's header does not know")));
}

/// A body that takes at least as many milliseconds.
std::string takes(int ms) {
  return "struct timespec now, then; clock_gettime(CLOCK_MONOTONIC, &then); do clock_gettime(CLOCK_MONOTONIC, &now);\n"
         "while ((now.tv_sec - then.tv_sec) * 1000 + (now.tv_nsec - then.tv_nsec) / 1000000 < " +
         std::to_string(ms) + ");\n";
}

MemoryBundle slow(const std::string &name, int ms, const std::string &rest, const std::string &manifest) {
  MemoryBundle bundle = part(name, "before_save", takes(ms) + rest, manifest);
  bundle.files.front().contents.insert(0, "#define _POSIX_C_SOURCE 200809L\n#include <time.h>\n");
  return bundle;
}

TEST_F(Failing, ACallThatTakesLongerThanItMayIsATimeout) {
  load(slow("a", 3, "decision->action = SAVE_ALLOW;", "hooks = [{ name = \"test.before_save\", call_ms = 1 }]"));
  save_decision decision{};
  EXPECT_EQ(save(decision).action, 0u);
  EXPECT_EQ(count(part_of("a"), CallFailure::kTimeout), 1u);
  EXPECT_THAT(log, ElementsAre(HasSubstr("and may take 1000 us")));
}

TEST_F(Failing, ABundlesLimitIsThatOfItsCalls) {
  load(slow("a", 3, "", "limits = { call_ms = 1 }"));
  save_decision decision{};
  EXPECT_EQ(save(decision).failed, 1u);
}

TEST_F(Failing, AChainThatTakesLongerThanItMayIsNotGoneOnWith) {
  start({.hooks = {.chain_limits = {{"test.before_save", 1ms}}}});
  load(slow("a", 3, "", "priority = 1"));
  load(part("b", "before_save", "decision->action = SAVE_ALLOW;"));
  save_decision decision{};
  const HookResult result = save(decision);
  EXPECT_EQ(result.code, Code::kTimeout);
  EXPECT_EQ(result.called, 1u);
  EXPECT_EQ(result.action, 0u);
  EXPECT_THAT(log, Contains(HasSubstr("hook 'test.before_save' took longer than it may before bundle 'b' had its turn")));
}

TEST_F(Failing, AChainThatEndsLateDeniesForWhoMustNotBeMissed) {
  start({.hooks = {.chain_limit = 1ms}});
  load(slow("a", 3, "", "priority = 2"));
  load(part("b", "before_save", "decision->action = SAVE_ALLOW;", kClosed));
  save_decision decision{};
  EXPECT_EQ(save(decision).action, static_cast<std::uint32_t>(SAVE_REFUSE));
}

TEST_F(Failing, ManyFailuresAreOneLineAndAllAreCounted) {
  load(part("a", "before_save", kFails));
  save_decision decision{};
  for (int i = 0; i < 50; ++i) save(decision);
  EXPECT_EQ(part_of("a").failed(), 50u);
  EXPECT_LT(log.size(), 50u);
}

TEST_F(Failing, ASpentBudgetIsQuarantineUntilItIsResumed) {
  load(part("a", "before_save", leaves("a") + "if (it->number == 0) return GRAFT_INVALID; decision->action = SAVE_ALLOW;",
            "hooks = [{ name = \"test.before_save\", error_budget = 3 }]"));
  save_decision decision{};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(save(decision).failed, 1u);
  EXPECT_EQ(state_of("a"), BundleState::kQuarantined);
  EXPECT_EQ(runtime->bundles().front().state, BundleState::kQuarantined);
  EXPECT_EQ(save(decision, 1).called, 0u);
  EXPECT_THAT(log, Contains("bundle 'a' is quarantined after 3 failures in hook 'test.before_save'; resume or reload it"));

  ASSERT_THAT(runtime->resume("a"), Succeeds());
  EXPECT_EQ(save(decision, 1).action, static_cast<std::uint32_t>(SAVE_ALLOW));
  for (int i = 0; i < 2; ++i) save(decision);
  EXPECT_EQ(state_of("a"), BundleState::kRunning);
}

TEST_F(Failing, AReloadEndsQuarantine) {
  start({.hooks = {.error_budget = 1}});
  load(part("a", "before_save", kFails));
  save_decision decision{};
  save(decision);
  ASSERT_EQ(state_of("a"), BundleState::kQuarantined);
  ASSERT_THAT(runtime->reload(part("a", "before_save", "decision->action = SAVE_ALLOW;")), Succeeds());
  EXPECT_EQ(state_of("a"), BundleState::kRunning);
  EXPECT_EQ(save(decision).action, static_cast<std::uint32_t>(SAVE_ALLOW));
}

TEST_F(Failing, AReloadThatFailsDoesNot) {
  start({.hooks = {.error_budget = 1}});
  load(part("a", "before_save", kFails));
  save_decision decision{};
  save(decision);
  EXPECT_THAT(runtime->reload(part("a", "before_save", "no C at all")), testing::Not(Succeeds()));
  EXPECT_EQ(state_of("a"), BundleState::kQuarantined);
}

TEST_F(Failing, InQuarantineWhoMustNotBeMissedStillDenies) {
  start({.hooks = {.error_budget = 1}});
  load(part("a", "before_save", kFails, kClosed));
  save_decision decision{};
  save(decision);
  ASSERT_EQ(state_of("a"), BundleState::kQuarantined);
  const HookResult result = save(decision);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(SAVE_REFUSE));
  EXPECT_EQ(result.called, 0u);
}

TEST_F(Failing, InQuarantineItCanBePausedAndDeniesNoMore) {
  start({.hooks = {.error_budget = 1}});
  load(part("a", "before_save", kFails, kClosed));
  save_decision decision{};
  save(decision);
  ASSERT_EQ(state_of("a"), BundleState::kQuarantined);
  ASSERT_THAT(runtime->pause("a"), Succeeds());
  EXPECT_EQ(state_of("a"), BundleState::kPaused);
  EXPECT_EQ(save(decision).action, 0u);
  ASSERT_THAT(runtime->resume("a"), Succeeds());
  EXPECT_EQ(state_of("a"), BundleState::kRunning);
}

// Nobody saw the type of a host's own function, so that what it throws comes back as no status.
TEST_F(Failing, AHostsOwnThatThrowsAndMustNotBeMissedDenies) {
  static const before_save guard{.run = [](graft_hook_context *, save_request *it, save_decision *) -> graft_status {
    it->number = 9;
    throw std::runtime_error("no key");
  }};
  start({.unchecked = Unchecked::kAllow});
  ASSERT_THAT(runtime->configure("a", {.on_failure = HookFailure::kFailClosed}), Succeeds());
  ASSERT_THAT(runtime->load(BuiltInBundle{"a", "1.0.0", {provider(guard)}}), Succeeds());
  save_decision decision{};
  const HookResult result = save(decision);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(SAVE_REFUSE));
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(count(part_of("a"), CallFailure::kException), 1u);
  EXPECT_THAT(log, Contains(HasSubstr("no key")));
}

TEST_F(Failing, WithoutABudgetNobodyIsQuarantined) {
  start({.hooks = {.error_budget = 0}});
  load(part("a", "before_save", kFails));
  save_decision decision{};
  for (int i = 0; i < 200; ++i) save(decision);
  EXPECT_EQ(state_of("a"), BundleState::kRunning);
}

} // namespace
} // namespace graft
