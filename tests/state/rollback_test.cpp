// The way back: to earlier versions, with today's state.
#include "score_v1/score.h"
#include "state.hpp"

namespace graft {
namespace {

using test::c_text;
using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

class Rollback : public test::State {};

TEST_F(Rollback, TheCodeGoesBackAndTheStateStays) {
  load(c_text("GRAFT_KEEP static int n;", "++n"));
  call();
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static int n;", "n += 10")), Succeeds());
  EXPECT_EQ(call(), 11);
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(call(), 12);
}

TEST_F(Rollback, ByMoreThanOneVersion) {
  load(c_text("", "1"));
  for (int version = 2; version <= 4; ++version)
    ASSERT_THAT(runtime->reload(c_text("", std::to_string(version))), Succeeds());
  ASSERT_THAT(runtime->rollback("b", 3), Succeeds());
  EXPECT_EQ(call(), 1);
}

TEST_F(Rollback, NoFurtherThanWhatIsRemembered) {
  load(c_text("", "1"));
  EXPECT_THAT(runtime->rollback("b"), FailsWith(Code::kNotFound, HasSubstr("nothing to go back to")));
  EXPECT_THAT(runtime->rollback("stranger"), FailsWith(Code::kNotFound, HasSubstr("'stranger'")));
}

TEST_F(Rollback, AHostThatRemembersNothingSaysSo) {
  auto forgetful = Runtime::create({.history = 0});
  ASSERT_THAT(forgetful->load(c_text("", "1")), Succeeds());
  ASSERT_THAT(forgetful->reload(c_text("", "2")), Succeeds());
  EXPECT_THAT(forgetful->rollback("b"), FailsWith(Code::kNotFound, HasSubstr("set Config::history")));
}

TEST_F(Rollback, StateThatDoesNotFitBackIsAsThatVersionLeftIt) {
  load(c_text("GRAFT_KEEP static int n, other;", "(n += 3, ++other, n * 10 + other)"));
  EXPECT_EQ(call(), 31);
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static long n;\nGRAFT_KEEP static int other;", "(n += 50, ++other, (int)n)")),
              Succeeds());
  EXPECT_EQ(call(), 53);
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(runtime->bundles().at(0).plan, "state kept: 1 kept, 1 reset");
  EXPECT_EQ(call(), 63); // what fits is today's
}

TEST_F(Rollback, StateThatDoesNotFitBackAndIsMoreThanBytesIsRefused) {
  const auto version = [](const std::string &type) {
    return test::cxx_text("#include <string>\nstruct Kept { std::string word; " + type + " n; };\nGRAFT_KEEP static Kept kept;",
                          "(int)++kept.n");
  };
  load(version("int"));
  ASSERT_THAT(runtime->reload(version("long")), Succeeds());
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->rollback("b"), FailsWith(Code::kIncompatible, HasSubstr("may not fit")));
  EXPECT_EQ(call(), 2);
}

TEST_F(Rollback, WhereThePolicyIsKeepWhatDoesNotFitBackIsRefused) {
  const auto version = [](const std::string &type, const std::string &manifest) {
    MemoryBundle bundle = c_text("GRAFT_KEEP static " + type + " n;", "(int)++n");
    bundle.files.push_back({"graft.toml", "name = \"b\"\n" + manifest});
    return bundle;
  };
  load(version("int", "state = \"keep\"\n"));
  ASSERT_THAT(runtime->reload(version("long", "")), Succeeds());
  EXPECT_THAT(runtime->rollback("b"), FailsWith(Code::kIncompatible, HasSubstr("'n'")));
  EXPECT_EQ(call(), 1);
}

TEST_F(Rollback, WhatTheNewerVersionDroppedComesBack) {
  load(c_text("GRAFT_KEEP static struct { int n; } s = {5};\nGRAFT_KEEP static int other = 1;", "s.n++ * 10 + other"));
  EXPECT_EQ(call(), 51);
  ASSERT_THAT(runtime->reload(c_text("GRAFT_KEEP static int other = 1;", "other = 3")), Succeeds());
  EXPECT_EQ(call(), 3);
  ASSERT_THAT(runtime->reload(c_text("", "9")), Succeeds());
  ASSERT_THAT(runtime->rollback("b", 2), Succeeds());
  EXPECT_EQ(call(), 63); // each as it was when it was let go of
}

TEST_F(Rollback, WhatHasConstructorsBeginsAnew) {
  const std::string state =
      "#include <string>\nstatic int start() { return 4; }\nGRAFT_KEEP static std::string s = \"ab\";\n"
      "GRAFT_KEEP static int n = start();\n";
  load(test::cxx_text(state, "(s += 'x', ++n * 10 + (int)s.size())"));
  EXPECT_EQ(call(), 53);
  ASSERT_THAT(runtime->reload(test::cxx_text("", "9")), Succeeds());
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(call(), 63); // the number was bytes, the text was not
}

TEST_F(Rollback, WhatPointsIntoTheCodeThatWentIsNotBroughtBack) {
  load(c_text("GRAFT_KEEP static const char *word;", "word ? word[0] : (word = \"x\", 0)"));
  EXPECT_EQ(call(), 0);
  ASSERT_THAT(runtime->reload(c_text("", "9")), Succeeds());
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(call(), 0);
}

TEST_F(Rollback, InitialisersHearTheReason) {
  const std::string init = "static int reason;\ngraft_status graft_init(const graft_host *h, const graft_init_context *c) "
                           "{ (void)h; reason = (int)c->reason; return 0; }";
  load(c_text(init, "reason"));
  ASSERT_THAT(runtime->reload(c_text("", "9")), Succeeds());
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(call(), GRAFT_REASON_ROLLBACK);
}

TEST(ScoreBundles, ThePointsGoOnFromTheFirstVersionToTheSecond) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(test::shipped("score_v1")), Succeeds());
  const auto bound = *runtime->bind<::score>();
  EXPECT_EQ(bound->add(40), 40);
  ASSERT_THAT(runtime->reload(test::shipped("score_v2")), Succeeds());
  EXPECT_EQ(bound->add(2), 42);
}

} // namespace
} // namespace graft
