// Is a hook what its header says, to both sides?
#include "hooks.hpp"

namespace graft {
namespace {

using test::declared_text;
using test::FailsWith;
using test::part;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::HasSubstr;

class Declaring : public test::Hooked {};

TEST_F(Declaring, AHostsOwnHookIsTenLinesAndWorks) {
  auto saving = runtime->hook<before_save>();
  ASSERT_THAT(saving, Succeeds());
  load(part("guard", "before_save",
            "if (it->number > 9) { decision->action = SAVE_REFUSE; decision->reason = graft_str_of(\"too many\"); }"));

  HookRequest request(*runtime);
  save_request it{};
  save_decision decision{};
  it.number = 9;
  EXPECT_EQ(saving->run(request, it, decision).action, 0u);
  it.number = 10;
  EXPECT_EQ(saving->run(request, it, decision).action, static_cast<std::uint32_t>(SAVE_REFUSE));
  EXPECT_EQ(std::string_view(decision.reason.data, decision.reason.size), "too many");
}

TEST_F(Declaring, AHookThatIsAskedForLateFindsWhoIsThere) {
  load(part("a", "before_save", "decision->action = SAVE_ALLOW;"));
  save_decision decision{};
  EXPECT_EQ(save(decision).action, static_cast<std::uint32_t>(SAVE_ALLOW));
}

TEST_F(Declaring, AHookNeedsExactlyOneFunctionOfItsShape) {
  for (const auto &[entries, said] :
       {std::pair("graft_status (*a)(graft_hook_context *, save_request *, save_decision *); graft_status (*b)(void);",
                  "has 2 functions"),
        std::pair("void (*a)(graft_hook_context *, save_request *, save_decision *);", "does not return graft_status"),
        std::pair("graft_status (*a)(graft_hook_context *, save_request *);", "does not take three parameters"),
        std::pair("graft_status (*a)(void *, save_request *, save_decision *);",
                  "does not take a 'graft_hook_context *' first"),
        std::pair("graft_status (*a)(graft_hook_context *, int *, save_decision *);", "does not take its payload second"),
        std::pair("graft_status (*a)(graft_hook_context *, save_request *, save_request *);",
                  "does not take its decision third")})
    EXPECT_THAT(runtime->load(text("b", declared_text() + "GRAFT_HOOK(mine, \"test.mine\", 1, 0, GRAFT_OBSERVE) { " +
                                            entries + " };")),
                FailsWith(Code::kInvalid, AllOf(HasSubstr("hook 'test.mine'"), HasSubstr(said))));
}

TEST_F(Declaring, ARuleThatContradictsItselfIsRefused) {
  for (const char *rule : {"GRAFT_FIRST_DECISIVE(1, 2)", "GRAFT_FOLD(3, 0, 0)", "GRAFT_FOLD(3, 3, 2)", "7, 1, 1, 1"})
    EXPECT_THAT(
        runtime->load(text("b", declared_text() + "GRAFT_HOOK(mine, \"test.mine\", 1, 0, " + rule +
                                    ") { graft_status (*run)(graft_hook_context *, save_request *, save_decision *); };")),
        FailsWith(Code::kInvalid, HasSubstr("has a rule that contradicts itself")))
        << rule;
}

/// A plugin whose copy of the header says something else.
MemoryBundle with_header(const std::string &was, const std::string &is) {
  MemoryBundle bundle = part("b", "before_save", "");
  std::string &header = bundle.files[1].contents;
  const std::size_t at = header.find(was);
  EXPECT_NE(at, header.npos);
  header.replace(at, was.size(), is);
  return bundle;
}

TEST_F(Declaring, APluginOfAnotherRuleIsRefusedWithBoth) {
  ASSERT_THAT(runtime->hook<before_save>(), Succeeds());
  const MemoryBundle other =
      with_header("GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)", "GRAFT_FOLD(SAVE_REFUSE, 1, SAVE_REFUSE)");
  EXPECT_THAT(runtime->load(other),
              FailsWith(Code::kIncompatible,
                        AllOf(HasSubstr("first_decisive(2,1,2)"), HasSubstr("fold(2,1,2)"), HasSubstr("bundle 'b'"))));
}

TEST_F(Declaring, AHookIsRefusedToAHostWhileAPluginOfAnotherRuleIsLoaded) {
  load(with_header("GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)", "GRAFT_FOLD(SAVE_REFUSE, 1, SAVE_REFUSE)"));
  EXPECT_THAT(runtime->hook<before_save>(), FailsWith(Code::kIncompatible, HasSubstr("fold(2,1,2)")));
}

TEST_F(Declaring, APluginOfAnotherPayloadIsRefusedWithTheField) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"declared.h", declared_text()}), Succeeds());
  EXPECT_THAT(runtime->load(with_header("uint32_t number;", "int32_t number;")),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("field 'number'"), HasSubstr("test.before_save"))));
}

TEST_F(Declaring, TwoRulesInViewsAreTwoContracts) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"declared.h", declared_text()}), Succeeds());
  EXPECT_THAT(runtime->load(with_header("GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)", "GRAFT_OBSERVE")),
              FailsWith(Code::kIncompatible, HasSubstr("its rule is first_decisive(2,1,2) to the host and observe(0,1,0)")));
}

TEST_F(Declaring, AManifestMayListItsHooksByNameOrAsTables) {
  load(part("a", "before_save", "decision->action = SAVE_ALLOW;", "hooks = [\"test.before_save\"]"));
  load(part("b", "after_save", "", "hooks = [{ name = \"test.after_save\", priority = 3 }]"));
  ASSERT_THAT(runtime->hook<after_save>(), Succeeds());
  EXPECT_EQ(part_of("b").priority, 3);
}

TEST_F(Declaring, AHookThatIsListedAndNotProvidedIsRefusedAtItsLine) {
  EXPECT_THAT(
      runtime->load(part("a", "before_save", "", "hooks = [\"test.before_safe\"]")),
      FailsWith(Code::kIncompatible, AllOf(HasSubstr("graft.toml:2:10"), HasSubstr("did you mean 'test.before_save'?"))));
}

TEST_F(Declaring, AHookThatIsProvidedAndNotListedIsRefused) {
  EXPECT_THAT(
      runtime->load(part("a", "before_save", "", "hooks = []")),
      FailsWith(Code::kIncompatible, HasSubstr("takes part in hook 'test.before_save', its manifest does not list it")));
}

TEST_F(Declaring, WhatCannotDenyCannotFailClosed) {
  EXPECT_THAT(
      runtime->load(part("a", "after_save", "", "hooks = [{ name = \"test.after_save\", on_failure = \"fail_closed\" }]")),
      FailsWith(Code::kInvalid, HasSubstr("hook 'test.after_save' cannot deny")));
}

TEST_F(Declaring, ARuleIsPartOfWhatMakesCodeNew) {
  load(part("b", "before_save", ""));
  EXPECT_THAT(
      runtime->reload(with_header("GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)", "GRAFT_FIRST_DECISIVE(SAVE_REFUSE, 0)")),
      Succeeds());
}

} // namespace
} // namespace graft
