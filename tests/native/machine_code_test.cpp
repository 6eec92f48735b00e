// Objects and archives: linked by graft's own linker, beside sources or alone.
#include "building.hpp"
#include "matchers.hpp"

namespace graft {
namespace {

using test::allowing;
using test::answer;
using test::bytes_of;
using test::FailsWith;
using test::number_text;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

class MachineCode : public testing::Test, public testing::WithParamInterface<const char *> {
 protected:
  test::Builder build;
  Result<std::unique_ptr<Runtime>> runtime = allowing();
};

TEST_P(MachineCode, AnObjectOfEitherCompilerLoadsAndAnswers) {
  ASSERT_THAT(runtime->load(build.object("seven.o", number_text(7) + ";", GetParam())), Succeeds());
  EXPECT_EQ(answer(**runtime), 7);
}

TEST_P(MachineCode, AnArchiveIsAllItsMembers) {
  build.object("answer.o", "extern \"C\" int answer_of_another_member() { return 8; }", GetParam());
  build.object("a_member_with_a_long_name.o",
               test::kNumberContract + "extern \"C\" int answer_of_another_member();\n"
                                       "static int32_t number_() { return answer_of_another_member(); }\n"
                                       "GRAFT_PROVIDE(number, {.number = number_});",
               GetParam());
  test::run("cd " + build.folder().path().string() + " && ar rc eight.a answer.o a_member_with_a_long_name.o");
  ASSERT_THAT(runtime->load(build / "eight.a"), Succeeds());
  EXPECT_EQ(answer(**runtime), 8);
}

INSTANTIATE_TEST_SUITE_P(Compilers, MachineCode, testing::Values(GRAFT_CLANGXX, GRAFT_GXX),
                         [](const auto &which) { return std::string(which.index == 0 ? "clang" : "gcc"); });

using Objects = MachineCode;

TEST_F(Objects, SourceAndObjectAreOneBundleWhoseTypesAreChecked) {
  build.object("half.o", "extern \"C\" int half_of(int number) { return number / 2; }");
  build.folder().write("whole.c", test::kNumberContract +
                                      "int half_of(int);\nstatic int32_t halved(void) { return half_of(18); }\n"
                                      "GRAFT_PROVIDE(number, {.number = halved})\n");
  build.folder().write("graft.toml", "name = \"mixed\"\nsources = [\"whole.c\", \"half.o\"]\n");
  const auto strict = Runtime::create();
  ASSERT_THAT(strict->load(build.folder().path()), Succeeds());
  EXPECT_EQ(answer(**strict), 9);
}

TEST_F(Objects, ThatABuildLeftInAFolderAreNoPartOfIt) {
  build.folder().write("one.c", number_text(1));
  build.object("one.o", number_text(2) + ";");
  ASSERT_THAT(runtime->load(build.folder().path()), Succeeds());
  EXPECT_EQ(answer(**runtime), 1);
}

TEST_F(Objects, AreTakenByAGlobThatEndsAsTheyDo) {
  build.object("one.o", number_text(3) + ";");
  build.folder().write("graft.toml", "sources = [\"*.o\"]\n");
  ASSERT_THAT(runtime->load(build.folder().path()), Succeeds());
  EXPECT_EQ(answer(**runtime), 3);
  build.folder().write("graft.toml", "sources = [\"*\"]\n");
  EXPECT_THAT(runtime->reload(build.folder().path().string()),
              FailsWith(Code::kInvalid, HasSubstr("no source matches '*'")));
}

TEST_F(Objects, OfWhichNobodySawTheTypesAreRefusedUntilTheHostAllowsThem) {
  const auto strict = Runtime::create();
  EXPECT_THAT(strict->load(build.object("seven.o", number_text(7) + ";")),
              FailsWith(Code::kRefused, HasSubstr("test.number@1.0 from code whose types nobody checked")));
}

TEST_F(Objects, AnUndefinedSymbolIsNamed) {
  const std::string object = build.object(
      "thing.o",
      test::kNumberContract +
          "extern \"C\" int nowhere_to_be_found();\n"
          "static int32_t number_() { return nowhere_to_be_found(); }\nGRAFT_PROVIDE(number, {.number = number_});");
  EXPECT_THAT(runtime->load(object), FailsWith(Code::kInvalid, HasSubstr("undefined symbol 'nowhere_to_be_found'")));
}

TEST_F(Objects, TheManifestAndTheMachineCodeMustAgree) {
  build.object("one.o", number_text(3) + ";");
  build.folder().write("graft.toml", "sources = [\"one.o\"]\nprovides = [\"test.other@1\"]\n");
  EXPECT_THAT(runtime->load(build.folder().path()),
              FailsWith(Code::kIncompatible, HasSubstr("provides test.other@1.0, its code does not")));
}

TEST_F(Objects, ReloadUnloadAndRollbackAsSourcesDo) {
  const std::string object = build.object("bundle.o", number_text(1) + ";");
  ASSERT_THAT(runtime->load(object), Succeeds());
  EXPECT_THAT(runtime->reload("bundle"), FailsWith(Code::kUnchanged, HasSubstr("runs this text")));
  build.object("bundle.o", number_text(2) + ";");
  ASSERT_THAT(runtime->reload("bundle"), Succeeds());
  EXPECT_EQ(answer(**runtime), 2);
  ASSERT_THAT(runtime->rollback("bundle"), Succeeds());
  EXPECT_EQ(answer(**runtime), 1);
  ASSERT_THAT(runtime->unload("bundle"), Succeeds());
  EXPECT_THAT(runtime->bind<test_number>(), FailsWith(Code::kNotFound, HasSubstr("test.number")));
}

TEST_F(Objects, FromMemoryLoadAsFromAFile) {
  const std::string object = build.object("seven.o", number_text(7) + ";");
  ASSERT_THAT(runtime->load(MemoryBundle{"memory", {{"seven.o", bytes_of(object)}}}), Succeeds());
  EXPECT_EQ(answer(**runtime), 7);
}

TEST_F(Objects, ArchivesThatAreDamagedOrThinAreRefused) {
  const auto load = [&](const std::string &bytes) { return runtime->load(MemoryBundle{"a", {{"a.a", bytes}}}); };
  EXPECT_THAT(load("nothing like it"), FailsWith(Code::kInvalid, HasSubstr("does not begin as an archive does")));
  EXPECT_THAT(load("!<arch>\nshort"), FailsWith(Code::kInvalid, HasSubstr("a member has no header")));
  EXPECT_THAT(load("!<arch>\n"), FailsWith(Code::kInvalid, HasSubstr("it has no members")));
  EXPECT_THAT(load("!<thin>\n"), FailsWith(Code::kUnsupported, HasSubstr("build it without 'T'")));
  EXPECT_THAT(load("!<arch>\nx.o/            0           0     0     644     9999      `\nbytes"),
              FailsWith(Code::kInvalid, HasSubstr("reaches beyond its end; it may be truncated")));
}

} // namespace
} // namespace graft
