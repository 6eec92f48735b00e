// What is the same again, and what is not.
#include "caching.hpp"

#include <fstream>

namespace graft::test {
namespace {

using testing::HasSubstr;

class Cache : public Caching {};

TEST_F(Cache, HasWhatWasCompiledBefore) {
  EXPECT_EQ(origin("int f(void) { return 1; }"), Origin::kCompiled);
  EXPECT_EQ(origin("int f(void) { return 1; }"), Origin::kDisk);
}

TEST_F(Cache, GivesBackWhatTheCompileGave) {
  sources.write("first/a.h", "#pragma once\nstatic int unused(int x) { return x; }\n");
  driver::Job same = job("#include <graft/abi.h>\n#include <stdio.h>\n#include \"a.h\"\n"
                         "GRAFT_CONTRACT(greeter, \"demo.greeter\", 1, 2) { int (*add)(int a, int b); };\n"
                         "static int kept GRAFT_KEEP = 3;\n"
                         "static int add(int a, int b) { puts(\"x\"); return a + b + kept++; }\n"
                         "GRAFT_PROVIDE(greeter, {.add = add})\n");
  same.options.flags = {"-Wall"};
  same.options.bitcode = driver::Bitcode::kKeep;
  same.options.kept = driver::Kept::kOutside;
  auto compiled = compile(same);
  auto cached = compile(same);
  ASSERT_THAT(compiled, Succeeds());
  ASSERT_THAT(cached, Succeeds());
  EXPECT_EQ((*cached).origin, Origin::kDisk);
  EXPECT_FALSE((*cached).warnings.empty());
  EXPECT_GT((*cached).times.cache_ns, 0u);
  EXPECT_EQ((*cached).times.front_end_ns, 0u) << "Clang ran";
  EXPECT_EQ((*compiled).compiled, 1u);
  EXPECT_EQ((*cached).compiled, 0u);
  (*cached).origin = (*compiled).origin;
  (*cached).compiled = (*compiled).compiled;
  (*cached).times = (*compiled).times = {};
  EXPECT_EQ(to_bytes(*cached), to_bytes(*compiled));
}

TEST_F(Cache, IsKeyedByEverythingThatGoesIntoAJob) {
  const driver::Job first = job("int f(void) { return 1; }");
  EXPECT_EQ(origin(first), Origin::kCompiled);
  const auto differs = [&](auto change) {
    driver::Job other = first;
    change(other);
    EXPECT_EQ(origin(other), Origin::kCompiled);
    EXPECT_EQ(origin(other), Origin::kDisk);
  };
  differs([](driver::Job &job) { job.bundle = "other"; });
  differs([](driver::Job &job) { job.sources[0].name = "other.c"; });
  differs([](driver::Job &job) { job.sources[0].name = "main.cpp"; });
  differs([](driver::Job &job) { *job.sources[0].contents += "\n"; });
  differs([](driver::Job &job) { job.sources.push_back({"more.c", "int g;", driver::Language::kFromName}); });
  differs([](driver::Job &job) { job.headers.push_back({"a.h", "", driver::Language::kFromName}); });
  differs([](driver::Job &job) { job.headers.push_back({"a.h", "int g;", driver::Language::kFromName}); });
  differs([](driver::Job &job) { job.options.optimise = 2; });
  differs([](driver::Job &job) { job.options.role = driver::Role::kFirst; });
  differs([](driver::Job &job) { job.options.role = driver::Role::kSecond; });
  differs([](driver::Job &job) { job.options.c_standard = "c11"; });
  differs([](driver::Job &job) { job.options.flags = {"-DX"}; });
  differs([](driver::Job &job) { job.options.flags = {"-march=x86-64"}; });
  differs([](driver::Job &job) { job.options.include_dirs.pop_back(); });
  differs([](driver::Job &job) { job.options.working_directory = "/"; });
  differs([](driver::Job &job) { job.options.bitcode = driver::Bitcode::kKeep; });
  differs([](driver::Job &job) { job.options.need = driver::Need::kFacts; });
  differs([](driver::Job &job) { job.options.kept = driver::Kept::kOutside; });
  EXPECT_EQ(origin(first), Origin::kDisk);
}

TEST_F(Cache, MissesWhenAHeaderChanges) {
  const std::string text = "#include \"a.h\"\nint f(void) { return VALUE; }";
  write_old("first/a.h", "#define VALUE 1\n");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
  write_old("first/a.h", "#define VALUE 2\n");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
}

TEST_F(Cache, HitsWhenAHeaderIsAsItWasAgain) {
  const std::string text = "#include \"a.h\"\nint f(void) { return VALUE; }";
  for (const char *value : {"#define VALUE 1\n", "#define VALUE 2\n"}) {
    sources.write("first/a.h", value);
    EXPECT_EQ(origin(text), Origin::kCompiled);
  }
  for (const char *value : {"#define VALUE 1\n", "#define VALUE 2\n", "#define VALUE 1\n"}) {
    sources.write("first/a.h", value);
    EXPECT_EQ(origin(text), Origin::kDisk);
  }
}

TEST_F(Cache, HitsWhenAHeaderWasOnlyTouched) {
  write_old("first/a.h", "int a;\n");
  EXPECT_EQ(origin("#include \"a.h\"\n"), Origin::kCompiled);
  sources.write("first/a.h", "int a;\n");
  EXPECT_EQ(origin("#include \"a.h\"\n"), Origin::kDisk);
}

TEST_F(Cache, SeesAChangeThatHidesBehindSizeAndTime) {
  const std::string text = "#include \"a.h\"\nint f(void) { return VALUE; }";
  for (const char *value : {"#define VALUE 1\n", "#define VALUE 2\n", "#define VALUE 3\n"}) {
    write_old("first/a.h", value);
    EXPECT_EQ(origin(text), Origin::kCompiled);
  }
}

TEST_F(Cache, MissesWhenAHeaderThatWasLookedForInVainAppears) {
  const std::string text = "#include \"sub/a.h\"\nint f(void) { return VALUE; }";
  sources.write("second/sub/a.h", "#define VALUE 1\n");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
  sources.write("first/sub/a.h", "#define VALUE 2\n");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  std::filesystem::remove_all(sources / "first");
  EXPECT_EQ(origin(text), Origin::kDisk);
}

TEST_F(Cache, MissesWhenWhatHasIncludeSaysChanges) {
  const std::string text = "#if __has_include(\"a.h\")\nint yes;\n#else\nint no;\n#endif\n";
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
  sources.write("second/a.h", "");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
  std::filesystem::remove_all(sources / "second");
  EXPECT_EQ(origin(text), Origin::kDisk);
}

TEST_F(Cache, MissesWhenAFolderStandsWhereAHeaderStood) {
  const std::string text = "#if __has_include(\"a.h\")\nint yes;\n#else\nint no;\n#endif\n";
  const std::string header = sources.write("second/a.h", "");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  std::filesystem::remove(header);
  std::filesystem::create_directory(header);
  EXPECT_EQ(origin(text), Origin::kCompiled);
}

TEST_F(Cache, MissesWhenAHeaderStandsWhereAFolderStood) {
  const std::string text = "#if __has_include(\"a.h\")\nint yes;\n#else\nint no;\n#endif\n";
  std::filesystem::create_directories(sources / "second/a.h");
  EXPECT_EQ(origin(text), Origin::kCompiled);
  EXPECT_EQ(origin(text), Origin::kDisk);
  std::filesystem::remove(sources / "second/a.h");
  sources.write("second/a.h", "");
  EXPECT_EQ(origin(text), Origin::kCompiled);
}

TEST_F(Cache, MissesWhenAnEmbeddedFileChanges) {
  driver::Job embeds = job("const char a[] = {\n#embed \"data\"\n};\n");
  embeds.options.c_standard = "c23";
  sources.write("data", "one");
  EXPECT_EQ(origin(embeds), Origin::kCompiled);
  EXPECT_EQ(origin(embeds), Origin::kDisk);
  sources.write("data", "two");
  EXPECT_EQ(origin(embeds), Origin::kCompiled);
}

TEST_F(Cache, LeavesOutWhatTellsTheTime) {
  sources.write("first/time.h", "static const char *when = __TIME__;\n");
  for (const char *text : {"const char *when = __DATE__;", "#include \"time.h\"\n", "const char *when = __TIMESTAMP__;"}) {
    EXPECT_EQ(origin(text), Origin::kCompiled) << text;
    EXPECT_EQ(origin(text), Origin::kCompiled) << text;
  }
  EXPECT_TRUE(entries().empty());
}

TEST_F(Cache, TakesWhatCountsWithinItself) {
  EXPECT_EQ(origin("int a[] = {__COUNTER__, __COUNTER__};"), Origin::kCompiled);
  EXPECT_EQ(origin("int a[] = {__COUNTER__, __COUNTER__};"), Origin::kDisk);
}

TEST_F(Cache, LeavesOutAssemblyThatReadsFiles) {
  const std::string data = sources.write("data", "one");
  for (const std::string &text :
       {"__asm__(\".incbin \\\"" + data + "\\\"\");", "void f(void) { __asm__(\".inc\" \"bin \\\"" + data + "\\\"\"); }"}) {
    EXPECT_EQ(origin(text), Origin::kCompiled);
    EXPECT_EQ(origin(text), Origin::kCompiled) << text;
  }
  EXPECT_EQ(origin("void f(void) { __asm__(\"nop\"); }"), Origin::kCompiled);
  EXPECT_EQ(origin("void f(void) { __asm__(\"nop\"); }"), Origin::kDisk);
}

TEST_F(Cache, LeavesOutWhatDoesNotCompile) {
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(compile(job("int f(void) { return x; }")), FailsWith(Code::kInvalid, HasSubstr("'x'")));
  EXPECT_TRUE(entries().empty());
}

TEST_F(Cache, KeepsTheTraceForWhoAsksForIt) {
  sources.write("first/a.h", "");
  driver::Config keeping{.trace = driver::Trace::kKeep};
  const auto artifact = driver::Compiler::create(keeping)->compile(job("#include \"a.h\"\n"));
  ASSERT_THAT(artifact, Succeeds());
  const auto &looks = (*artifact).trace.looks;
  const auto header = std::ranges::find(looks, sources / "first/a.h", &Look::path);
  ASSERT_NE(header, looks.end());
  EXPECT_EQ(header->content, driver::content_key(""));
  const auto is_in_vain = [](const Look &look) {
    return look.path.ends_with("/a.h") && look.found == Look::Found::kNothing;
  };
  EXPECT_TRUE(std::ranges::any_of(looks, is_in_vain)) << "beside the source";
}

TEST_F(Cache, IsNotThereWhenItIsOff) {
  config.folder = "off";
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
}

/// A variable of the environment for one scope.
class Variable {
 public:
  Variable(const char *name, const std::string &value) : name_(name) {
    if (const char *was = std::getenv(name)) was_ = was;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { was_ ? ::setenv(name_, was_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char *name_;
  std::optional<std::string> was_;
};

TEST_F(Cache, IsWhereTheEnvironmentSaysUnlessTheHostKnowsBetter) {
  const Variable variable("GRAFT_CACHE", folder / "elsewhere");
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
  config.folder.clear();
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  EXPECT_TRUE(std::filesystem::exists(folder / "elsewhere"));
  EXPECT_EQ(origin("int a;"), Origin::kDisk);
}

TEST_F(Cache, IsInTheUsersFolderOtherwise) {
  const Variable cache("GRAFT_CACHE", ""), folders("XDG_CACHE_HOME", folder / "xdg");
  config.folder.clear();
  EXPECT_EQ(origin("int a;"), Origin::kCompiled);
  struct ::stat status{};
  ASSERT_EQ(::stat((folder / "xdg/graft").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat((folder / "xdg/graft/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

} // namespace
} // namespace graft::test
