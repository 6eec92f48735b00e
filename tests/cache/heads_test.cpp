// What was learned of a head by one process serves the next: its first edit is compiled as the second one would be.
#include "caching.hpp"

namespace graft::test {
namespace {

class CachedHeads : public Caching {
 protected:
  CachedHeads() { write_old("first/own.hpp", "#pragma once\ntemplate <class T> T twice(T t) { return t + t; }\n"); }

  std::unique_ptr<driver::Compiler> process() { return *driver::Compiler::create({.cache = config, .tell = said.tell()}); }
  driver::Job edit(int number, driver::Learn learn = driver::Learn::kYes) {
    driver::Job edited =
        job("#include <string>\n#include <vector>\n#include \"own.hpp\"\n"
            "std::string f(int n) { std::vector<std::string> v(3, \"x\"); v.resize(static_cast<unsigned>(n)); "
            "return twice(v.front()); }\nint edit = " +
                std::to_string(number) + ";\n",
            "main.cpp");
    edited.options.learn = learn;
    return edited;
  }
  void learn() {
    const auto compiler = process();
    ASSERT_THAT(compiler->compile(edit(0)), Succeeds());
    compiler->wait_for_preambles();
    learned = *compiler->compile(edit(1));
    ASSERT_FALSE(learned.shared.empty());
  }

  Artifact learned;
};

TEST_F(CachedHeads, ServeTheNextProcess) {
  learn();
  const auto compiler = process();
  const auto artifact = compiler->compile(edit(2));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ((*artifact).origin, Origin::kCompiled);
  EXPECT_EQ(compiler->preambles().uses, 1u);
  EXPECT_EQ(compiler->preambles().made, 0u);
  ASSERT_EQ((*artifact).shared.size(), 1u);
  EXPECT_EQ((*artifact).shared.front()->key, learned.shared.front()->key);
  EXPECT_EQ((*artifact).shared.front()->symbols, learned.shared.front()->symbols);
  EXPECT_EQ((*artifact).facts.headers.size(), learned.facts.headers.size());
  const auto in_one = [&] { // what a process that learned it makes of the same text
    const auto other = *driver::Compiler::create();
    static_cast<void>(other->compile(edit(0)));
    other->wait_for_preambles();
    return *other->compile(edit(2));
  }();
  EXPECT_EQ((*artifact).objects.front().bytes, in_one.objects.front().bytes);
  EXPECT_EQ((*artifact).source_key, in_one.source_key);
}

TEST_F(CachedHeads, GoOnLearning) {
  learn();
  const auto compiler = process();
  driver::Job more = edit(2);
  *more.sources.front().contents += "long g() { std::vector<long> v(2); v.push_back(1); return twice(v.back()); }\n";
  ASSERT_THAT(compiler->compile(more), Succeeds());
  compiler->wait_for_preambles();
  const auto artifact = compiler->compile(edit(3));
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_FALSE((*artifact).shared.empty());
  const auto &before = learned.shared.front()->symbols, &after = (*artifact).shared.front()->symbols;
  EXPECT_GT(after.size(), before.size());
  EXPECT_TRUE(std::ranges::includes(after, before)) << "what was learned before is not lost";
}

TEST_F(CachedHeads, AreNotBelievedWhenAHeaderChanged) {
  learn();
  write_old("first/own.hpp", "#pragma once\ntemplate <class T> T twice(T t) { return t; /**/ }\n");
  const auto compiler = process();
  ASSERT_THAT(compiler->compile(edit(2)), Succeeds());
  EXPECT_EQ(compiler->preambles().uses, 0u);
}

TEST_F(CachedHeads, AreForSourcesThatAreEdited) {
  learn();
  const auto compiler = process();
  const auto artifact = compiler->compile(edit(2, driver::Learn::kNo));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).shared.empty());
  EXPECT_EQ(compiler->preambles().uses, 0u);
}

TEST_F(CachedHeads, ThatAreDamagedAreLearnedAgain) {
  learn();
  for (const auto &file : std::filesystem::recursive_directory_iterator(folder / "cache/1"))
    if (file.path().extension() == ".head") std::filesystem::resize_file(file.path(), std::filesystem::file_size(file) / 2);
  const auto compiler = process();
  ASSERT_THAT(compiler->compile(edit(2)), Succeeds());
  EXPECT_EQ(compiler->preambles().uses, 0u);
  compiler->wait_for_preambles();
  EXPECT_EQ(compiler->preambles().made, 1u);
}

TEST_F(CachedHeads, WithoutTheirCodeAreLearnedAgain) {
  learn();
  std::vector<std::filesystem::path> codes;
  for (const auto &file : std::filesystem::recursive_directory_iterator(folder / "cache/1"))
    if (file.path().extension() == ".code") codes.push_back(file.path());
  ASSERT_FALSE(codes.empty());
  for (const auto &code : codes) std::filesystem::remove(code);
  const auto compiler = process();
  ASSERT_THAT(compiler->compile(edit(2)), Succeeds());
  EXPECT_EQ(compiler->preambles().uses, 0u);
}

} // namespace
} // namespace graft::test
