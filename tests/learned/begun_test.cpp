// What was begun before its text was known is used where it stands, and cannot be told from what was not.
#include "learned.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/base/fault.hpp>

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace graft::test {
namespace {

using ::testing::HasSubstr;

const std::string kHead = "#include <vector>\n";

std::string indexing(int index) {
  return kHead +
         "extern \"C\" int run(void) {\n  std::vector<int> values = {1, 2};\n  values.push_back(3);\n  return values[" +
         std::to_string(index) + "];\n}\n";
}

/// A file that is compiled twice; then what its next compile begins with is there.
class Begun : public testing::Test {
 protected:
  void SetUp() override { settle(indexing(0)); }

  void settle(const std::string &text) {
    file.learn(text);
    file.learn(text + "int again;\n");
    file.learn(text + "int and_again;\n");
    used = file.compiler->preambles().begun;
  }
  /// How many compiles since then began before their texts were there.
  std::uint64_t uses() const { return file.compiler->preambles().begun - used; }

  Edited file;
  std::uint64_t used = 0;
};

TEST_F(Begun, TheNextCompileOfAFileHasBegun) {
  EXPECT_EQ(file.run(indexing(1)), 2);
  EXPECT_EQ(uses(), 1u);
}

TEST(BegunAnew, IsTheNextCompileWhenItsHeadWasLearned) {
  Edited file;
  file.learn(indexing(0)); // it had no head, and the next one has
  EXPECT_EQ(file.run(indexing(1)), 2);
  EXPECT_EQ(file.compiler->preambles().begun, 1u);
}

TEST(BegunAnew, IsTheNextCompileWhenItsHeadLearnedMore) {
  Edited file;
  file.learn(indexing(0));
  file.learn(indexing(0) + "int more() { return static_cast<int>(std::vector<char>(2).size()); }\n");
  const auto before = file.compiler->preambles().begun;
  EXPECT_EQ(file.run(indexing(2)), 3);
  EXPECT_EQ(file.compiler->preambles().begun, before + 1);
}

TEST_F(Begun, TheCompileAfterTheNextMeetsNothingOfIt) {
  ASSERT_TRUE(file.compile(indexing(1)));
  ASSERT_TRUE(file.compile(indexing(2)));
  EXPECT_EQ(file.run(indexing(0)), 1);
}

TEST_F(Begun, NoneIsUnlessAskedFor) {
  file.compiler = compiler_that_begins(0);
  settle(indexing(0));
  EXPECT_EQ(file.run(indexing(1)), 2);
  EXPECT_EQ(uses(), 0u);
}

TEST_F(Begun, TheObjectIsTheSameByteForByte) {
  Edited other;
  other.compiler = compiler_that_begins(0);
  for (const char *more : {"", "int again;\n", "int and_again;\n"}) other.learn(indexing(0) + more);
  for (const std::string &text :
       {indexing(1), indexing(2) + "int more() { return static_cast<int>(std::vector<char>(2).size()); }\n",
        kHead + "extern \"C\" int run(void) { return 7; }\n"}) {
    file.compiler->wait_for_preambles();
    other.compiler->wait_for_preambles();
    const auto begun = file.compile(text), plain = other.compile(text);
    ASSERT_TRUE(begun && plain);
    EXPECT_EQ(begun->objects.front().bytes, plain->objects.front().bytes);
  }
  EXPECT_GE(uses(), 2u); // what the second learned is begun with after the third
}

TEST_F(Begun, ATextThatIsLongerOrShorterThanTheHeadIsReadWhole) {
  EXPECT_EQ(file.run(indexing(2) + "/*" + std::string(100'000, '.') + "*/\n"), 3);
  file.compiler->wait_for_preambles();
  EXPECT_EQ(file.run("extern \"C\" int run(void) { return 4; }\n"), 4);
}

TEST_F(Begun, AnErrorIsToldWithItsLine) {
  const auto failed = file.compile(indexing(1) + "int wrong() { return nothing; }\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(uses(), 1u);
  const Error &error = failed.error();
  EXPECT_THAT(error.message, HasSubstr("'nothing'"));
  EXPECT_EQ(error.where.file, "edited.cpp");
  EXPECT_EQ(error.where.line, 7u);
  EXPECT_EQ(error.diagnostics.size(), 1u);
}

TEST_F(Begun, ACompileAfterAnErrorMeetsNothingOfIt) {
  ASSERT_FALSE(file.compile(indexing(1) + "wrong\n"));
  EXPECT_EQ(file.run(indexing(1)), 2);
}

TEST_F(Begun, ACompileAfterAnErrorHasBegunToo) {
  ASSERT_FALSE(file.compile(indexing(1) + "wrong\n"));
  file.compiler->wait_for_preambles();
  EXPECT_EQ(file.run(indexing(1)), 2);
  EXPECT_EQ(uses(), 2u);
}

TEST_F(Begun, AHeadThatIsAnotherIsRead) {
  EXPECT_EQ(file.run("#include <numeric>\n" + indexing(1)), 2);
  EXPECT_EQ(uses(), 0u);
}

TEST_F(Begun, OtherFlagsAreObeyed) {
  driver::Job job = file.job(indexing(1) + "static_assert(LEVEL == 3);\n");
  job.options.flags.push_back("-DLEVEL=3");
  EXPECT_TRUE(file.compiler->compile(job));
  EXPECT_EQ(uses(), 0u);
}

TEST(BegunHeaders, OfTheJobAreThoseOfTheCompile) {
  Edited file;
  const auto answer = [&](const std::string &header) {
    driver::Job job = file.job("#include <stdint.h>\n"
                               "#include \"own.h\"\nextern \"C\" int run(void) { return OWN; }\n");
    job.headers.push_back({"own.h", "#define OWN " + header + "\n"});
    const auto artifact = file.compiler->compile(job);
    file.compiler->wait_for_preambles();
    return artifact ? file.run(*artifact) : -1;
  };
  for (int round = 0; round < 3; ++round) EXPECT_EQ(answer("1"), 1);
  EXPECT_EQ(answer("2"), 2);
}

TEST(BegunHeaders, ThatChangeOnDiskAreSeen) {
  const TempFolder folder;
  folder.write("own.h", "#define OWN 1\n");
  Edited file(folder / "edited.cpp");
  const std::string text = "#include <stdint.h>\n"
                           "#include \"own.h\"\nextern \"C\" int run(void) { return OWN; }\n";
  for (const char *more : {"", "int a;\n", "int b;\n"}) file.learn(text + more);
  folder.write("own.h", "#define OWN 22\n");
  EXPECT_EQ(file.run(text + "int c;\n"), 22);
}

TEST(BegunHeaders, ThatAppearBeforeOthersAreSeen) {
  const TempFolder folder;
  folder.write("second/own.h", "#define OWN 1\n");
  Edited file(folder / "edited.cpp");
  const auto answer = [&](const std::string &more) {
    driver::Job job = file.job("#include <stdint.h>\n"
                               "int between;\n#include \"own.h\"\nextern \"C\" int run(void) { return OWN; }\n" +
                               more);
    job.options.include_dirs = {folder / "first", folder / "second"}; // the first is not there yet
    const auto artifact = file.compiler->compile(job);
    file.compiler->wait_for_preambles();
    return artifact ? file.run(*artifact) : -1;
  };
  for (const char *more : {"", "int a;\n", "int b;\n"}) EXPECT_EQ(answer(more), 1);
  folder.write("first/own.h", "#define OWN 2\n");
  EXPECT_EQ(answer("int c;\n"), 2);
}

TEST(BegunCompiles, OfManyFilesNeitherMixNorPileUp) {
  const auto compiler = std::shared_ptr<driver::Compiler>(compiler_that_begins(2));
  const auto answer = [&](int number, int round) {
    driver::Job job;
    job.bundle = "many";
    job.options.learn = driver::Learn::kYes;
    job.sources.push_back({"file" + std::to_string(number) + ".cpp", "#include <stdint.h>\n"
                                                                     "extern \"C\" int run(void) { return " +
                                                                         std::to_string(number * 100 + round) + "; }\n"});
    const auto artifact = compiler->compile(job);
    if (round % 2 == 0) compiler->wait_for_preambles();
    Edited runner;
    return artifact ? runner.run(*artifact) : -1;
  };
  for (int round = 0; round < 4; ++round)
    for (int number = 0; number < 4; ++number) EXPECT_EQ(answer(number, round), number * 100 + round);
}

TEST(BegunCompiles, AreMadeAndTakenByThreadsAtOnce) {
  const auto compiler = std::shared_ptr<driver::Compiler>(compiler_that_begins(2));
  std::vector<std::thread> authors;
  for (int author = 0; author < 3; ++author)
    authors.emplace_back([&, author] {
      for (int round = 0; round < 6; ++round) {
        driver::Job job;
        job.bundle = "one";
        job.options.learn = driver::Learn::kYes;
        job.sources.push_back({"one.cpp", indexing(author) + "int round" + std::to_string(round) + ";\n"});
        EXPECT_THAT(compiler->compile(job), Succeeds());
      }
    });
  for (std::thread &author : authors) author.join();
}

TEST(BegunCompiles, WithoutAThreadACompileBeginsWithItsText) {
  constexpr std::string_view kPoint = "cannot start the thread that begins compiles";
  std::string_view failed;
  for (std::uint64_t number = 1; failed != kPoint; ++number) {
    Edited file;
    std::optional<fault::Injection> injection(number);
    const auto first = file.compile(indexing(0)); // which fails where that is asked of its own thread, or of Clang
    file.compiler->wait_for_preambles();
    if (!first) continue;
    ASSERT_NE(injection->failed(), nullptr) << "no compile passes the point";
    failed = injection->failed();
    injection.reset();
    if (failed == kPoint) EXPECT_EQ(file.run(indexing(2)), 3);
  }
}

} // namespace
} // namespace graft::test
