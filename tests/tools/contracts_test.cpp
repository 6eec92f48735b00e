// `graft contracts` and `graft rebind`: what they print, for people and programs, and their exit codes.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

json parsed(const std::string &text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

std::string header(const std::string &minor, const std::string &entries) {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(clerk, \"test.clerk\", 1, " + minor + ") {\n" + entries + "};\n";
}

class ContractHeaders : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("clerk/clerk.c", "#include \"clerk.h\"\nstatic int32_t count(int32_t number) { return number; }\n"
                                   "GRAFT_PROVIDE(clerk, {.count = count})\n");
  }
  TempFolder folder_;
  std::string old_ = folder_.write("clerk/clerk.h", header("0", "  int32_t (*count)(int32_t number);\n"));
  std::string longer_ =
      folder_.write("new/clerk.h", header("1", "  int32_t (*count)(int32_t number);\n  void (*later)(void);\n"));
  std::string other_ = folder_.write("other/clerk.h", header("1", "  int32_t (*count)(const char *text);\n"));
};

TEST_F(ContractHeaders, ArePrintedWithTheirFingerprints) {
  const Outcome text = graft({"contracts", old_});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("test.clerk@1.0"), HasSubstr("int32_t (*count)(int32_t number)"), HasSubstr("fn(i32)->i32")));
  const json facts = parsed(graft({"contracts", "--json", old_}).out);
  ASSERT_TRUE(facts.is_array() && facts.size() == 1) << facts;
  EXPECT_EQ(facts[0]["functions"][0]["fingerprint"], "fn(i32)->i32");
}

TEST_F(ContractHeaders, AreReadWithTheMacrosThatAreDefined) {
  const std::string file =
      folder_.write("choice.h", header("0", "#ifdef WIDE\n  int64_t (*f)(void);\n#else\n  int32_t (*f)(void);\n#endif\n"));
  EXPECT_THAT(graft({"contracts", "-DWIDE=1", file}).out, HasSubstr("fn()->i64"));
  EXPECT_THAT(graft({"contracts", file}).out, HasSubstr("fn()->i32"));
}

TEST_F(ContractHeaders, ThatAreNoneFailWithAReason) {
  const Outcome missing = graft({"contracts", folder_ / "none.h"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.h"));
  EXPECT_EQ(graft({"contracts", old_, longer_, "--embed", folder_ / "view.cpp"}).status, 2);
  EXPECT_EQ(graft({"contracts"}).status, 2);
}

TEST_F(ContractHeaders, StandInForABundlesOwn) {
  const Outcome text = graft({"rebind", folder_ / "clerk", "--contract", longer_, "-o", folder_ / "rebound"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("clerk: fits"), HasSubstr("test.clerk 1.0 -> 1.1"), HasSubstr("added: later")));
  EXPECT_THAT(graft({"check", folder_ / "rebound"}).out, HasSubstr("test.clerk@1.1"));
  const json facts = parsed(graft({"rebind", "--json", folder_ / "clerk", "--contract", longer_}).out);
  EXPECT_EQ(facts["contracts"][0]["not_provided"], json::array({"later"}));
}

TEST_F(ContractHeaders, ThatNoLongerFitShowTheLineAndBothDeclarations) {
  const Outcome text = graft({"rebind", folder_ / "clerk", "--contract", other_});
  EXPECT_EQ(text.status, 1);
  EXPECT_THAT(text.err, AllOf(HasSubstr("clerk.c:3:"), HasSubstr("'count' was declared so"),
                              HasSubstr("'count' is now declared so"), HasSubstr("int32_t (*count)(const char *text);")));
  const json facts = parsed(graft({"rebind", "--json", folder_ / "clerk", "--contract", other_}).out);
  EXPECT_EQ(facts["error"]["code"], "invalid");
}

} // namespace
} // namespace graft::test
