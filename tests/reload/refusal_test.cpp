// What a reload refuses, and that the old code answers on.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

namespace graft {
namespace {

using test::FailsWith;
using test::kNumberContract;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::HasSubstr;

class Refusal : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(text("number", number_text(1))), Succeeds());
    runtime->listen([this](const Event &event) {
      events += to_string(event.phase);
      events += ' ';
    });
  }
  void TearDown() override { EXPECT_EQ(runtime->bind<test_number>()->number(), 1); }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  std::string events;
};

TEST_F(Refusal, TheSameTextIsUnchangedAndNobodyIsTold) {
  EXPECT_THAT(runtime->reload(text("number", number_text(1))), FailsWith(Code::kUnchanged, HasSubstr("already runs")));
  EXPECT_EQ(events, "");
}

TEST_F(Refusal, AForcedReloadOfTheSameTextIsDone) {
  EXPECT_THAT(runtime->reload(text("number", number_text(1)), {Force::kYes}), Succeeds());
  EXPECT_EQ(events, "preparing reloaded ");
}

TEST_F(Refusal, ATextThatCompilesToTheSameBytesIsUnchanged) {
  EXPECT_THAT(runtime->reload(text("number", number_text(1) + "/* a comment */\n")),
              FailsWith(Code::kUnchanged, HasSubstr("already runs what this text compiles to")));
  EXPECT_EQ(events, "");
}

TEST_F(Refusal, ATextThatPromisesMoreInTheSameBytesIsReloaded) {
  std::string more = number_text(1);
  more.replace(more.find("int32_t (*number)(void);"), 0, "/* first */ ");
  more.replace(more.find("\"test.number\", 1, 0"), 19, "\"test.number\", 1, 7"); // a minor is no code
  ASSERT_THAT(runtime->reload(text("number", more)), Succeeds());
  EXPECT_EQ(runtime->contracts().at(0).minor, 7);
}

TEST_F(Refusal, ASyntaxErrorIsToldAsFailedAlone) {
  EXPECT_THAT(runtime->reload(text("number", kNumberContract + "int x = ;")), FailsWith(Code::kInvalid, HasSubstr("main.c:3:9")));
  EXPECT_EQ(events, "failed ");
}

TEST_F(Refusal, AThrowingInitialiserIsUndoneAndTold) {
  const std::string thrower = number_text(2).replace(0, 0, "#include <stdexcept>\n") +
                              "static int boom = [] { throw std::runtime_error(\"no licence\"); return 1; }();\n";
  EXPECT_THAT(runtime->reload(text("number", thrower, "main.cpp")), FailsWith(Code::kException, HasSubstr("no licence")));
  EXPECT_EQ(events, "preparing failed ");
}

TEST_F(Refusal, AnInitThatSaysNoIsARefusalWithItsStatus) {
  const std::string refuser = number_text(2) + "graft_status graft_init(const graft_host *h, const graft_init_context *c) "
                                               "{ (void)h; (void)c; return 1234; }\n";
  EXPECT_THAT(runtime->reload(text("number", refuser)), FailsWith(static_cast<Code>(1234), HasSubstr("status 1234")));
  EXPECT_EQ(events, "preparing failed ");
}

TEST_F(Refusal, ABundleThatIsNotLoadedCannotBeReloaded) {
  EXPECT_THAT(runtime->reload(text("stranger", number_text(2))), FailsWith(Code::kNotFound, HasSubstr("'stranger' is not loaded")));
}

TEST_F(Refusal, AReloadOfNothingSaysWhatToGive) {
  EXPECT_THAT(runtime->reload(std::vector<std::string>()), FailsWith(Code::kInvalid, HasSubstr("give it the name of one")));
}

TEST_F(Refusal, ABundleFromMemoryCannotBeReadAgainByName) {
  EXPECT_THAT(runtime->reload("number"), FailsWith(Code::kInvalid, HasSubstr("from memory")));
}

TEST_F(Refusal, AMinorBelowWhatTheHostIsBoundToIsRefused) {
  auto newer = Runtime::create();
  const std::string at = "\"test.number\", 1, ";
  const auto with_minor = [&](const std::string &minor) {
    std::string code = number_text(1);
    return code.replace(code.find(at), at.size() + 1, at + minor);
  };
  ASSERT_THAT(newer->load(text("number", with_minor("3"))), Succeeds());
  const auto bound = newer->bind<test_number>(3);
  ASSERT_THAT(bound, Succeeds());
  EXPECT_THAT(newer->reload(text("number", with_minor("2"))),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("test.number@1.2"), HasSubstr("test.number@1.3"))));
  EXPECT_EQ(bound->number(), 1);
}

TEST_F(Refusal, AContractThatADependentNeedsCannotBeDropped) {
  ASSERT_THAT(runtime->load(MemoryBundle{"user",
                                         {{"graft.toml", "name = \"user\"\nrequires = [\"test.number@1.0\"]\n"},
                                          {"main.c", "#include <graft/abi.h>\nint unused_in_user;\n"}}}),
              Succeeds());
  const std::string other = "#include <graft/abi.h>\nGRAFT_CONTRACT(other, \"test.other\", 1, 0) { int (*f)(void); };\n"
                            "static int f(void) { return 1; }\nGRAFT_PROVIDE(other, {.f = f})\n";
  EXPECT_THAT(runtime->reload(text("number", other)), FailsWith(Code::kConflict, AllOf(HasSubstr("test.number"), HasSubstr("'user'"))));
  EXPECT_THAT(runtime->unload("number"), FailsWith(Code::kConflict, HasSubstr("'user'")));
}

TEST_F(Refusal, ChangingTheRuntimeFromItsOwnCallbackWouldDeadlock) {
  Result<void> inner;
  runtime->listen([&](const Event &event) {
    if (event.phase == Phase::kPreparing) inner = runtime->unload("number");
  });
  ASSERT_THAT(runtime->reload(text("number", number_text(1)), {Force::kYes}), Succeeds());
  EXPECT_THAT(inner, FailsWith(Code::kWouldDeadlock, HasSubstr("from inside a commit")));
}

TEST_F(Refusal, ASetIsAllOrNothing) {
  const std::string second = "#include <graft/abi.h>\nGRAFT_CONTRACT(other, \"test.other\", 1, 0) { int (*f)(void); };\n"
                             "static int f(void) { return 1; }\nGRAFT_PROVIDE(other, {.f = f})\n";
  test::TempFolder folder;
  const std::string a = folder.write("a.c", second);
  ASSERT_THAT(runtime->load(a), Succeeds());
  folder.write("a.c", "#include <graft/abi.h>\nint boom(void); int boom(void) { return 1; }\n");
  const std::string good = folder.write("number.c", number_text(7));
  const auto outcome = runtime->reload(std::vector<std::string>{good, "a"});
  EXPECT_FALSE(outcome);
  EXPECT_THAT(runtime->find("test.other", 1), Succeeds());
}

} // namespace
} // namespace graft
