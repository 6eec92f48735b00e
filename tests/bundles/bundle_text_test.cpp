// Which files are a bundle's, from a folder, a file and memory.
#include "bundle/bundle_text.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;

class BundleFolder : public testing::Test {
 protected:
  void write(const std::string &name, const std::string &contents = "int x;\n") { folder_.write(name, contents); }
  std::vector<std::string> sources() {
    const auto text = read_bundle(path_);
    EXPECT_THAT(text, Succeeds());
    std::vector<std::string> names;
    if (!text) return names;
    for (const driver::Source &source : (*text).sources) names.push_back(std::filesystem::relative(source.name, path_));
    return names;
  }

  const test::TempFolder folder_;
  const std::filesystem::path path_ = folder_.path();
};

TEST_F(BundleFolder, SourcesAreThoseOfTheFolderWithoutLitter) {
  for (const char *name : {"b.c", "a.cpp", "c.cc", "d.cxx", "e.C", "f.ll", "g.bc", "h.h", "notes.txt", ".hidden.c", "a.c~",
                           "#a.c#", ".#a.c", "a.c.swp", "below/deep.c"})
    write(name);
  EXPECT_THAT(sources(), ElementsAre("a.cpp", "b.c", "c.cc", "d.cxx", "e.C", "f.ll", "g.bc"));
}

TEST_F(BundleFolder, GlobsReachBelowAndEachFileCountsOnce) {
  for (const char *name : {"a.c", "src/b.c", "src/deep/c.cpp", "src/deep/.x.c", "src/readme.md"}) write(name);
  write("graft.toml", "sources = [\"src/**\", \"**/*.c\"]\n");
  EXPECT_THAT(sources(), ElementsAre("a.c", "src/b.c", "src/deep/c.cpp"));
  write("graft.toml", "sources = [\"src/?.c\"]\n");
  EXPECT_THAT(sources(), ElementsAre("src/b.c"));
}

TEST_F(BundleFolder, AGlobThatMatchesNothingIsNamed) {
  write("a.c");
  write("graft.toml", "sources = [\"source/*.c\"]\n");
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("no source matches 'source/*.c'")));
  write("graft.toml", "sources = [\"b.c\"]\n");
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("b.c': No such file or directory")));
  write("graft.toml", "sources = [\"graft.toml\"]\n");
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("is of no kind that graft takes")));
}

TEST_F(BundleFolder, AMissingPathAnEmptyFolderAndAStrangeFileAreErrors) {
  EXPECT_THAT(read_bundle(path_ / "nowhere"), FailsWith(Code::kNotFound, HasSubstr("there is no")));
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("has no sources")));
  write("a.txt");
  EXPECT_THAT(read_bundle(path_ / "a.txt"), FailsWith(Code::kInvalid, HasSubstr("is of no kind that graft takes")));
}

TEST_F(BundleFolder, WhatCannotBeReadIsNamedWithTheSystemsReason) {
  std::filesystem::create_symlink(path_ / "gone", path_ / "a.c");
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("a.c': No such file or directory")));
  std::filesystem::remove(path_ / "a.c");
  write("secret.c");
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ::chmod((path_ / "secret.c").c_str(), 0);
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("secret.c': Permission denied")));
}

TEST_F(BundleFolder, AFifoDoesNotHangTheRead) {
  ASSERT_EQ(::mkfifo((path_ / "pipe.c").c_str(), 0600), 0);
  EXPECT_THAT(read_bundle(path_ / "pipe.c"), FailsWith(Code::kInvalid, HasSubstr("not a regular file")));
  write("a.c");
  EXPECT_THAT(sources(), ElementsAre("a.c"));
}

TEST_F(BundleFolder, NamesAreMadeUpFromFoldersAndFiles) {
  write("my plugin/tool.c");
  EXPECT_EQ((*read_bundle(path_ / "my plugin/")).manifest.name, "my_plugin");
  EXPECT_EQ((*read_bundle(path_ / "my plugin/tool.c")).manifest.name, "tool");
  write("my plugin/graft.toml", "name = \"real\"\n");
  EXPECT_EQ((*read_bundle(path_ / "my plugin/graft.toml")).manifest.name, "real");
}

TEST_F(BundleFolder, TheJobKeepsEachLanguagesStandardAndTheBundlesDirectory) {
  write("a.c");
  write("graft.toml", "flags = [\"-std=c11\", \"-std=gnu++20\", \"-Iinc\", \"-DX\"]\n");
  const driver::Job job = make_job(*read_bundle(path_), 2, {"/shared"}, {"-DY"});
  EXPECT_EQ(job.options.c_standard, "c11");
  EXPECT_EQ(job.options.cxx_standard, "gnu++20");
  EXPECT_THAT(job.options.flags, ElementsAre("-I" + (path_ / "inc").string(), "-DX", "-DY"));
  EXPECT_THAT(job.options.include_dirs, ElementsAre("/shared"));
  EXPECT_EQ(job.options.working_directory, path_.string());
}

TEST_F(BundleFolder, TheManifestsStandardIncludesAndDefinesReachTheCompiler) {
  for (const char *name : {"a.c", "inc/x.h", "their/y.h"}) write(name);
  write("graft.toml", "standard = [\"c11\", \"c++20\"]\nincludes = [\"inc\"]\ncontracts = [\"their\"]\ndefines = "
                      "[\"X=1\"]\nflags = [\"-std=c99\"]\n");
  const driver::Job job = make_job(*read_bundle(path_), 0, {});
  EXPECT_EQ(job.options.c_standard, "c99"); // a flag wins
  EXPECT_EQ(job.options.cxx_standard, "c++20");
  EXPECT_THAT(job.options.flags, ElementsAre("-I" + (path_ / "inc").string(), "-I" + (path_ / "their").string(), "-DX=1"));
}

TEST_F(BundleFolder, AHeaderFolderThatIsNotThereIsNamedAtItsPlace) {
  write("a.c");
  write("graft.toml", "includes = [\n\"nowhere\"]\n");
  EXPECT_THAT(read_bundle(path_),
              FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:1: 'includes' names 'nowhere', which is no folder")));
  write("graft.toml", "contracts = [\"a.c\"]\n");
  EXPECT_THAT(read_bundle(path_), FailsWith(Code::kInvalid, HasSubstr("'contracts' names 'a.c', which is no folder")));
}

TEST(MemoryBundle, HoldsSourcesAndAManifest) {
  const auto text = read_bundle({"mem", {{"b.c", "int b;"}, {"graft.toml", "name = \"given\"\n"}, {"a.c", "int a;"}}});
  ASSERT_THAT(text, Succeeds());
  EXPECT_EQ((*text).manifest.name, "given");
  EXPECT_EQ((*text).sources[0].name, "a.c");
  EXPECT_EQ((*text).sources[0].contents, "int a;");
}

TEST(MemoryBundle, RefusesWhatItCannotMean) {
  EXPECT_THAT(read_bundle(MemoryBundle{"mem", {}}), FailsWith(Code::kInvalid, HasSubstr("has no sources")));
  EXPECT_THAT(read_bundle(MemoryBundle{"mem", {{"a.c", ""}, {"a.c", ""}}}),
              FailsWith(Code::kInvalid, HasSubstr("two files named 'a.c'")));
  EXPECT_THAT(read_bundle(MemoryBundle{"mem", {{"a.h", ""}}}), FailsWith(Code::kInvalid, HasSubstr("has no sources")));
  EXPECT_THAT(read_bundle(MemoryBundle{"mem", {{"a.txt", ""}}}),
              FailsWith(Code::kInvalid, HasSubstr("and no header either")));
  EXPECT_THAT(read_bundle(MemoryBundle{"bad name", {{"a.c", ""}}}),
              FailsWith(Code::kInvalid, HasSubstr("cannot name a bundle")));
}

} // namespace
} // namespace graft
