// Does every way to new code ask the host's policy first, and does a no change nothing?
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <optional>
#include <stdexcept>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PolicyTest : public testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.policy = [this](const PolicyRequest &request) -> Result<void> {
      asked.push_back(std::string(to_string(request.action)) + " " + std::string(request.bundle));
      seen.clear();
      for (const PolicyRequest::File &file : request.files) seen += file.contents;
      if (request.action == refused) return error(Code::kRefused, "not signed");
      return {};
    };
    auto made = Runtime::create(config);
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
  }

  std::optional<PolicyRequest::Action> refused;
  std::vector<std::string> asked;
  std::string seen;
  std::unique_ptr<Runtime> runtime;
};

TEST_F(PolicyTest, ALoadIsAskedWithTheBytesThatWillBeCompiled) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  EXPECT_THAT(asked, ElementsAre("load b"));
  EXPECT_EQ(seen, number_text(1));
}

TEST_F(PolicyTest, ALoadThatIsRefusedLeavesNothing) {
  refused = PolicyRequest::Action::kLoad;
  EXPECT_THAT(runtime->load(text("b", "no C at all")),
              FailsWith(Code::kRefused, HasSubstr("the host's policy refuses the load of bundle 'b': not signed")));
  EXPECT_THAT(runtime->bundles(), IsEmpty());
}

TEST_F(PolicyTest, AReloadThatIsRefusedLeavesTheOldCode) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  refused = PolicyRequest::Action::kReload;
  EXPECT_THAT(runtime->reload(text("b", number_text(2))),
              FailsWith(Code::kRefused, HasSubstr("refuses the reload of bundle 'b'")));
  EXPECT_EQ(runtime->bind<test_number>()->number(), 1);
}

TEST_F(PolicyTest, ARollbackIsAskedToo) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  ASSERT_THAT(runtime->reload(text("b", number_text(2))), Succeeds());
  refused = PolicyRequest::Action::kRollback;
  EXPECT_THAT(runtime->rollback("b"), FailsWith(Code::kRefused, HasSubstr("refuses the rollback of bundle 'b'")));
  EXPECT_EQ(runtime->bind<test_number>()->number(), 2);
}

TEST_F(PolicyTest, ADependentThatMayNotStartAgainRefusesTheWholeSet) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  const MemoryBundle user{"user",
                          {{"graft.toml", "name = \"user\"\nrequires = [\"test.number@1\"]\ncascade = \"atomic\""},
                           {"main.c", "#include <graft/abi.h>\ngraft_status graft_init(const graft_host *h, const "
                                      "graft_init_context *c) { return GRAFT_OK; }"}}};
  ASSERT_THAT(runtime->load(user), Succeeds());
  refused = PolicyRequest::Action::kCascade;
  EXPECT_THAT(runtime->reload(text("b", number_text(2))),
              FailsWith(Code::kRefused, HasSubstr("refuses the cascade of bundle 'user'")));
  EXPECT_EQ(runtime->bind<test_number>()->number(), 1);
}

TEST_F(PolicyTest, APolicyThatThrowsRefuses) {
  Config config;
  config.policy = [](const PolicyRequest &) -> Result<void> { throw std::runtime_error("no key"); };
  auto other = Runtime::create(config);
  ASSERT_THAT(other, Succeeds());
  EXPECT_THAT(other->load(text("b", number_text(1))), FailsWith(Code::kException, HasSubstr("std::runtime_error: no key")));
}

} // namespace
} // namespace graft
