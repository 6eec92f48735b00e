// What a bundle is told when it starts, and what it may look for then.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::HasSubstr;

/// A bundle whose graft_init runs `body`, with `find(name)` at hand.
MemoryBundle starting(const std::string &manifest, const std::string &body) {
  MemoryBundle bundle{
      "user",
      {{"main.c", "#include <graft/abi.h>\n#include <string.h>\n"
                  "static const graft_host *at; static graft_handle handle;\n"
                  "static graft_status find(const char *name) { return at->find(at, graft_str_of(name), 1, 0, &handle); }\n"
                  "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
                  "  at = host;\n" +
                      body + "}\n"}}};
  if (!manifest.empty()) bundle.files.push_back({"graft.toml", "name = \"user\"\n" + manifest});
  return bundle;
}

class Start : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(runtime, Succeeds());
    ASSERT_THAT(runtime->load(text("provider", number_text(1))), Succeeds());
  }
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(Start, WhatIsNotRequiredIsNotFoundInInit) {
  EXPECT_THAT(runtime->load(starting("version = \"1.0.0\"", "return find(\"test.number\");")),
              FailsWith(Code::kRefused,
                        AllOf(HasSubstr("looks for contract 'test.number' in graft_init"), HasSubstr("'requires'"))));
}

TEST_F(Start, WhatIsRequiredIsFoundInInit) {
  EXPECT_THAT(runtime->load(starting("requires = [\"test.number@1\"]", "return find(\"test.number\");")), Succeeds());
}

TEST_F(Start, WithoutAManifestEverythingIsFound) {
  EXPECT_THAT(runtime->load(starting("", "return find(\"test.number\");")), Succeeds());
}

TEST_F(Start, TheRequirementsAreToldWithWhoMeetsThem) {
  const std::string check =
      "if (context->requirement_count != 2) return 1001;\n"
      "const graft_requirement *first = context->requirements, *second = first + 1;\n"
      "if (first->is_optional || first->bundle.size != 8 || memcmp(first->bundle.data, \"provider\", 8)) return 1002;\n"
      "if (memcmp(first->contract.data, \"test.number\", first->contract.size)) return 1003;\n"
      "graft_pin pin; if (host->resolve(host, first->handle, &pin)) return 1004; host->release(host, &pin);\n"
      "if (!second->is_optional || second->bundle.size || second->handle.tag) return 1005;\n"
      "return GRAFT_OK;";
  EXPECT_THAT(runtime->load(starting(
                  "requires = [\"test.number@1\", { contract = \"test.none\", version = \"1\", optional = true }]", check)),
              Succeeds());
}

TEST_F(Start, WithoutRequirementsNoneAreTold) {
  EXPECT_THAT(runtime->load(starting("", "return context->requirement_count == 0 ? GRAFT_OK : 1001;")), Succeeds());
}

} // namespace
} // namespace graft
