// An older plugin's source against a newer contract header: what fits is told, what does not is shown at its line.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/rebind.hpp>
#include <graft/runtime.hpp>

#include <sstream>

GRAFT_CONTRACT(clerk, "test.clerk", 1, 2) {
  int32_t (*count)(int32_t number);
  int32_t (*added_later)(void);
};

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string header(const std::string &minor, const std::string &entries) {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(clerk, \"test.clerk\", 1, " + minor + ") {\n" + entries + "};\n";
}

class Rebind : public testing::Test {
 protected:
  void SetUp() override {
    folder.write("old/graft.toml", "name = \"clerk\"\nprovides = [\"test.clerk@1.0\"]\n");
    folder.write("old/clerk.h", header("0", "  int32_t (*count)(int32_t number);\n"));
    folder.write("old/clerk.c", "#include \"clerk.h\"\nstatic int32_t count(int32_t number) { return number + 1; }\n"
                                "GRAFT_PROVIDE(clerk, {.count = count})\n");
    longer =
        folder.write("new/clerk.h", header("2", "  int32_t (*count)(int32_t number);\n  int32_t (*added_later)(void);\n"));
    changed = folder.write("changed/clerk.h", header("2", "  int32_t (*count)(const char *text);\n"));
  }
  test::TempFolder folder;
  const std::filesystem::path old = folder.path() / "old";
  std::filesystem::path longer, changed;
};

TEST_F(Rebind, ALongerContractFitsAndWhatChangedIsTold) {
  const auto rebinding = rebind(old, {longer});
  ASSERT_THAT(rebinding, Succeeds());
  EXPECT_EQ(rebinding->bundle, "clerk");
  EXPECT_THAT(rebinding->replaced, ElementsAre((old / "clerk.h").string()));
  ASSERT_EQ(rebinding->contracts.size(), 1u);
  const ReboundContract &contract = rebinding->contracts[0];
  EXPECT_EQ(contract.before, "1.0");
  EXPECT_EQ(contract.after, "1.2");
  EXPECT_THAT(contract.added, ElementsAre("added_later"));
  EXPECT_THAT(contract.not_provided, ElementsAre("added_later"));
  EXPECT_THAT(contract.dropped, IsEmpty());
  EXPECT_EQ(contract.difference, "");
  EXPECT_EQ(contract.old_place.file, (old / "clerk.h").string());
  EXPECT_EQ(contract.new_place.file, longer.string());
}

TEST_F(Rebind, WhatNoLongerFitsIsShownAtItsLineWithBothDeclarations) {
  EXPECT_THAT(rebind(old, {changed}),
              FailsWith(Code::kInvalid, AllOf(HasSubstr("bundle 'clerk' does not fit test.clerk@1.2"),
                                              HasSubstr((old / "clerk.c").string() + ":3:"),
                                              HasSubstr((old / "clerk.h").string() + ":3:13: note: 'count' was declared so"),
                                              HasSubstr(changed.string() + ":3:13: note: 'count' is now declared so"),
                                              HasSubstr("int32_t (*count)(const char *text);"))));
}

TEST_F(Rebind, AHeaderOfNoContractOfTheBundleIsRefused) {
  const auto stranger = folder.write(
      "stranger.h", "#include <graft/abi.h>\nGRAFT_CONTRACT(s, \"test.stranger\", 1, 0) { void (*f)(void); };\n");
  EXPECT_THAT(rebind(old, {stranger}),
              FailsWith(Code::kNotFound, AllOf(HasSubstr("stranger.h"), HasSubstr("'test.clerk'"))));
  EXPECT_THAT(rebind(old, {folder.path() / "none.h"}), FailsWith(Code::kNotFound, HasSubstr("none.h")));
}

TEST_F(Rebind, AHeaderOfTheSameNameWithAnotherContractIsRefused) {
  const auto stranger = folder.write(
      "stranger/clerk.h", "#include <graft/abi.h>\nGRAFT_CONTRACT(clerk, \"test.stranger\", 1, 2) { void (*f)(void); };\n");
  EXPECT_THAT(rebind(old, {stranger}),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("declares contract 'test.stranger' and not 'test.clerk'"),
                                                   HasSubstr((old / "clerk.h").string() + ":2"))));
}

TEST_F(Rebind, AHelpersHeaderOfTheSameNameStandsInForIt) {
  folder.write("old/rate.h", "#define RATE 2\n");
  folder.write("old/clerk.c", "#include \"clerk.h\"\n#include \"rate.h\"\n"
                              "static int32_t count(int32_t number) { return number * RATE; }\n"
                              "GRAFT_PROVIDE(clerk, {.count = count})\n");
  const auto rebinding = rebind(old, {folder.write("new/rate.h", "#define RATE 3\n")});
  ASSERT_THAT(rebinding, Succeeds());
  EXPECT_THAT(rebinding->replaced, ElementsAre((old / "rate.h").string()));
}

TEST_F(Rebind, AChangedStructIsShownWithBothDeclarations) {
  const auto with = [](const std::string &field) {
    return "#include <graft/abi.h>\ntypedef struct item {\n  int32_t " + field +
           ";\n} item;\nGRAFT_CONTRACT(clerk, \"test.clerk\", 1, 0) { int32_t (*count)(const item *what); };\n";
  };
  folder.write("old/clerk.h", with("id"));
  folder.write("old/clerk.c", "#include \"clerk.h\"\nstatic int32_t count(const item *what) { return what->id; }\n"
                              "GRAFT_PROVIDE(clerk, {.count = count})\n");
  const auto fresh = folder.write("new/clerk.h", with("number"));
  EXPECT_THAT(rebind(old, {fresh}),
              FailsWith(Code::kInvalid,
                        AllOf(HasSubstr((old / "clerk.h").string() + ":3:11: note: 'count' refers to what was declared so"),
                              HasSubstr(fresh + ":3:11: note: 'count' refers to what is now declared so"),
                              HasSubstr("int32_t id;"), HasSubstr("int32_t number;"))));
}

TEST_F(Rebind, AChangedTagIsToldWithoutEndlessLines) {
  const auto fresh = folder.write("new/clerk.h", "#include <graft/abi.h>\nGRAFT_CONTRACT(writer, \"test.clerk\", 1, 0) {\n"
                                                 "  int32_t (*count)(int32_t number);\n};\n");
  const auto refused = rebind(old, {fresh});
  ASSERT_THAT(refused,
              FailsWith(Code::kInvalid, AllOf(HasSubstr("had the tag 'clerk'"), HasSubstr("has now the tag 'writer'"))));
  std::istringstream lines(refused.error().text());
  for (std::string line; std::getline(lines, line);) EXPECT_LT(line.size(), 400u) << line;
}

TEST_F(Rebind, AContractInTheSourceItselfCannotBeReplaced) {
  const auto lone =
      folder.write("lone.c", header("0", "  int32_t (*count)(int32_t number);\n") + "GRAFT_PROVIDE(clerk, {0})\n");
  EXPECT_THAT(rebind(lone, {longer}), FailsWith(Code::kInvalid, HasSubstr("in a source of its own")));
}

TEST_F(Rebind, ALoadWithTheHostsHeaderReachesItsMinorAndSoDoReloads) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(old), Succeeds());
  EXPECT_THAT(runtime->bind<clerk>(), FailsWith(Code::kIncompatible, HasSubstr("1.0")));
  ASSERT_THAT(runtime->unload("clerk"), Succeeds());
  ASSERT_THAT(runtime->load(old, {.contracts = {longer}}), Succeeds());
  const auto bound = *runtime->bind<clerk>();
  EXPECT_EQ(bound->count(1), 2);
  EXPECT_FALSE(bound.has(&clerk::added_later));
  folder.write("old/clerk.c", "#include \"clerk.h\"\nstatic int32_t count(int32_t number) { return number + 2; }\n"
                              "GRAFT_PROVIDE(clerk, {.count = count})\n");
  ASSERT_THAT(runtime->reload("clerk"), Succeeds());
  EXPECT_EQ(bound->count(1), 3);
}

TEST_F(Rebind, WhatIsWrittenLoadsAsItIs) {
  const auto rebound = folder.path() / "rebound";
  ASSERT_THAT(rebind_into(rebound, old, {longer}), Succeeds());
  auto runtime = Runtime::create();
  const auto loaded = runtime->load(rebound);
  ASSERT_THAT(loaded, Succeeds());
  EXPECT_THAT(loaded->provides, ElementsAre("test.clerk@1.2"));
  EXPECT_THAT(rebind_into(rebound, old, {longer}), FailsWith(Code::kConflict, HasSubstr("is not empty")));
  EXPECT_THAT(rebind_into(old / "inside", old, {longer}), FailsWith(Code::kInvalid, HasSubstr("lies in the bundle itself")));
}

} // namespace
} // namespace graft
