// Of a bundle of many files, what did not change is not compiled: in the same process with or without a cache, in the next
// one with it.
#include "caching.hpp"

namespace graft::test {
namespace {

using testing::HasSubstr;

constexpr int kFiles = 6;

class CachedFiles : public Caching, public testing::WithParamInterface<const char *> {
 protected:
  CachedFiles() {
    bundle.bundle = "bundle";
    bundle.options.working_directory = sources.path();
    bundle.options.include_dirs = {sources / "first", sources / "second"};
    for (int i = 0; i < kFiles; ++i) {
      const std::string number = std::to_string(i), before = std::to_string(i == 0 ? kFiles - 1 : i - 1);
      bundle.sources.push_back({"file" + number + ".c",
                                "#include <stddef.h>\nint f" + before + "(int);\nint f" + number +
                                    "(int n) { return n == 0 ? " + number + " : f" + before + "(n - 1); }\n",
                                driver::Language::kFromName});
    }
    restart();
  }

  bool is_in_memory() const { return std::string_view(GetParam()) == "memory"; }
  void restart() {
    compiler.reset(); // and all is stored
    driver::Config how{.tell = said.tell()};
    if (!is_in_memory()) how.cache = config;
    compiler = *driver::Compiler::create(how);
  }
  /// By the same compiler, or, where the disk is asked about, by one of a new process.
  Result<Artifact> build() {
    if (!is_in_memory()) restart();
    return compiler->compile(bundle);
  }
  /// How many files were compiled.
  unsigned compiled() {
    const auto artifact = build();
    EXPECT_THAT(artifact, Succeeds());
    return artifact ? (*artifact).compiled : ~0u;
  }
  std::string &text(int file) { return *bundle.sources[static_cast<std::size_t>(file)].contents; }

  driver::Job bundle;
  std::unique_ptr<driver::Compiler> compiler;
};

INSTANTIATE_TEST_SUITE_P(Where, CachedFiles, testing::Values("memory", "disk"),
                         [](const auto &where) { return std::string(where.param); });

TEST_P(CachedFiles, AreCompiledWhenTheyWereEdited) {
  EXPECT_EQ(compiled(), kFiles);
  text(2) += "int more;\n";
  EXPECT_EQ(compiled(), 1u);
  text(2) += "int still_more;\n";
  text(4) += "int another;\n";
  EXPECT_EQ(compiled(), 2u);
}

TEST_P(CachedFiles, MakeTheBundleThatACompileOfAllMakes) {
  bundle.options.flags = {"-Wall"};
  text(1) += "static int unused;\n";
  EXPECT_EQ(compiled(), kFiles);
  text(3) += "int more;\n";
  auto partly = build();
  auto wholly = driver::Compiler::create()->compile(bundle);
  ASSERT_THAT(partly, Succeeds());
  ASSERT_THAT(wholly, Succeeds());
  EXPECT_EQ((*partly).compiled, 1u);
  EXPECT_EQ((*wholly).warnings.size(), 1u);
  (*partly).compiled = (*wholly).compiled;
  (*partly).times = (*wholly).times = {};
  EXPECT_EQ(to_bytes(*partly), to_bytes(*wholly));
}

TEST_P(CachedFiles, AreCompiledWhenAHeaderThatTheyIncludeChanges) {
  write_old("first/a.h", "#define A 1\n");
  for (const int user : {1, 4}) text(user) = "#include \"a.h\"\n" + text(user) + "int a" + std::to_string(user) + " = A;\n";
  EXPECT_EQ(compiled(), kFiles);
  write_old("first/a.h", "#define A 2\n"); // of the same size and time
  EXPECT_EQ(compiled(), 2u);
  text(0) += "int more;\n";
  EXPECT_EQ(compiled(), 1u);
}

TEST_P(CachedFiles, AreCompiledWhenAHeaderThatOneLookedForInVainAppears) {
  sources.write("first/other.h", ""); // a folder that comes or goes concerns everybody
  sources.write("second/a.h", "#define A 1\n");
  text(1) = "#include <a.h>\n" + text(1) + "int a = A;\n";
  EXPECT_EQ(compiled(), kFiles);
  sources.write("first/a.h", "#define A 2\n");
  EXPECT_EQ(compiled(), 1u);
}

TEST_P(CachedFiles, AreCompiledAloneWhenOneIsAdded) {
  EXPECT_EQ(compiled(), kFiles);
  bundle.sources.push_back({"new.c", "int fresh;\n", driver::Language::kFromName});
  EXPECT_EQ(compiled(), 1u);
}

TEST_P(CachedFiles, AreAllKnownWhenOneIsTakenAway) {
  EXPECT_EQ(compiled(), kFiles);
  bundle.sources.pop_back();
  const auto artifact = build();
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ((*artifact).compiled, 0u);
  EXPECT_EQ((*artifact).origin, is_in_memory() ? Origin::kMemory : Origin::kDisk);
  EXPECT_EQ((*artifact).objects.size(), kFiles - 1);
}

TEST_P(CachedFiles, AreAllCompiledWhenAFlagChanges) {
  EXPECT_EQ(compiled(), kFiles);
  bundle.options.flags = {"-DX"};
  EXPECT_EQ(compiled(), kFiles);
  bundle.options.optimise = 2;
  EXPECT_EQ(compiled(), kFiles);
  bundle.options = {};
  bundle.options.working_directory = "/";
  EXPECT_EQ(compiled(), kFiles);
}

TEST_P(CachedFiles, AreAllKnownWhenNothingChanged) {
  EXPECT_EQ(compiled(), kFiles);
  const auto artifact = build();
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ((*artifact).compiled, 0u);
  EXPECT_EQ((*artifact).origin, is_in_memory() ? Origin::kMemory : Origin::kDisk);
}

TEST_P(CachedFiles, AreKnownAlthoughAnotherFailed) {
  text(5) += "int broken = ;\n";
  EXPECT_THAT(build(), FailsWith(Code::kInvalid, HasSubstr("expected expression")));
  EXPECT_THAT(build(), FailsWith(Code::kInvalid, HasSubstr("expected expression")));
  text(5) = "int mended;\n";
  text(4) = "int f4(int n) { return n; }\n";
  EXPECT_EQ(compiled(), 2u);
}

TEST_P(CachedFiles, ThatTellTheTimeAreCompiledAgain) {
  text(3) += "const char *when = __TIME__;\n";
  EXPECT_EQ(compiled(), kFiles);
  EXPECT_EQ(compiled(), 1u);
  EXPECT_EQ(compiled(), 1u);
}

TEST_P(CachedFiles, TellOfThoseThatAreCompiled) {
  EXPECT_EQ(compiled(), kFiles);
  text(2) += "int more;\n";
  std::vector<std::string> told;
  const auto artifact = compiler->compile(bundle, [&](const CompiledFile &file) {
    EXPECT_EQ(file.total, 1u);
    told.emplace_back(file.source);
  });
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ(told, std::vector<std::string>{"file2.c"});
}

TEST_P(CachedFiles, RelyOnTheCodeOfHeadersAsBefore) {
  bundle.options.learn = driver::Learn::kYes;
  const std::string head = "#include <string>\n#include <vector>\n";
  bundle.sources.clear();
  for (const char *name : {"a", "b", "c"})
    bundle.sources.push_back({std::string(name) + ".cpp",
                              head + "std::string " + name + "(int n) { std::vector<std::string> v(3, \"x\"); v.resize(" +
                                  "static_cast<unsigned>(n)); return v.front(); }\n",
                              driver::Language::kFromName});
  EXPECT_EQ(compiled(), 3u);
  compiler->wait_for_preambles();
  const auto edit = [&] {
    for (const std::size_t file : {0, 1, 2}) text(static_cast<int>(file)) += "\n";
    return compiler->compile(bundle);
  };
  const auto learned = edit();
  ASSERT_THAT(learned, Succeeds());
  ASSERT_FALSE((*learned).shared.empty());
  text(0) += "\n";
  const auto again = build();
  ASSERT_THAT(again, Succeeds());
  EXPECT_EQ((*again).compiled, 1u);
  ASSERT_FALSE((*again).shared.empty());
  EXPECT_EQ((*again).shared.front()->key, (*learned).shared.front()->key);
  EXPECT_EQ((*again).objects[1].bytes, (*learned).objects[1].bytes);
}

class CachedFilesInMemory : public CachedFiles {};
INSTANTIATE_TEST_SUITE_P(Where, CachedFilesInMemory, testing::Values("memory")); // the disk has bounds of its own

TEST_P(CachedFilesInMemory, AreForgottenWhenTheyTakeTooMuch) {
  compiler = *driver::Compiler::create({.unit_bytes = 1});
  EXPECT_EQ(compiled(), kFiles);
  EXPECT_EQ(compiled(), kFiles);
}

} // namespace
} // namespace graft::test
