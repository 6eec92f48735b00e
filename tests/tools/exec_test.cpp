// `graft exec` against the same program built by clang: output and status must be equal.
#include "process.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::HasSubstr;

const std::string kPrograms = std::string(GRAFT_SOURCE_DIR) + "/tests/tools/programs/";

struct Case {
  std::string name;
  std::vector<std::string> files;
  std::vector<std::string> arguments;
  std::string input;
};

/// In a sanitized build the command's own sanitizer would answer for the program: the signals that end a program, and what
/// it has not freed by then, are the program's business. The environment that keeps it out.
std::vector<std::string> unsupervised() {
  std::vector<std::string> environment;
  for (const auto &[name, more] :
       {std::pair("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0"), std::pair("TSAN_OPTIONS", "handle_segv=0")}) {
    const char *given = std::getenv(name);
    environment.push_back(std::string(name) + "=" + (given == nullptr ? "" : std::string(given) + ":") + more);
  }
  return environment;
}

class Program : public testing::TestWithParam<Case> {};

TEST_P(Program, DoesWhatItDoesNatively) {
  const Case &one = GetParam();
  const TempFolder folder;
  const bool is_cxx = one.files[0].ends_with(".cpp");
  std::vector<std::string> build = {
      is_cxx ? GRAFT_CXX_COMPILER : GRAFT_C_COMPILER, "-O0", "-w", "-o", folder / "program", "-lm", "-pthread"};
  std::vector<std::string> words = {"exec", "-w", "-lm", "-pthread"};
  for (const std::string &file : one.files) {
    build.push_back(kPrograms + file);
    words.push_back(kPrograms + file);
  }
  ASSERT_EQ(run(build).status, 0);
  words.push_back("--");
  std::vector<std::string> native = {folder / "program"};
  words.insert(words.end(), one.arguments.begin(), one.arguments.end());
  native.insert(native.end(), one.arguments.begin(), one.arguments.end());
  const Outcome expected = run(native, {one.input, {}, {}});
  const Outcome actual = graft(words, {one.input, unsupervised(), {}});
  EXPECT_EQ(actual.out, expected.out);
  EXPECT_EQ(actual.err, expected.err);
  EXPECT_EQ(actual.status, expected.status);
}

INSTANTIATE_TEST_SUITE_P(
    Exec, Program,
    testing::Values(Case{"ExitFromNestedCall", {"exit_from_nested_call.c"}, {}, {}}, Case{"Aborts", {"aborts.c"}, {}, {}},
                    Case{"Segfaults", {"segfaults.c"}, {}, {}}, Case{"Signals", {"signals.c"}, {}, {}},
                    Case{"Jumps", {"jumps.c"}, {}, {}}, Case{"Numbers", {"numbers.c"}, {}, {}},
                    Case{"Control", {"control.c"}, {}, {}}, Case{"Symbols", {"symbols.c"}, {}, {}},
                    Case{"Library", {"library.c"}, {"first", "--second"}, {}},
                    Case{"ReadsStdin", {"reads_stdin.c"}, {}, std::string(100'000, 'x')},
                    Case{"Threads", {"threads.c"}, {}, {}}, Case{"CxxObjects", {"cxx_objects.cpp"}, {}, {}},
                    Case{"CxxExceptions", {"cxx_exceptions.cpp"}, {}, {}}, Case{"CxxUncaught", {"cxx_uncaught.cpp"}, {}, {}},
                    Case{"CxxInitialiserThrows", {"cxx_initialiser_throws.cpp"}, {}, {}},
                    Case{"CxxInitialiserTerminates", {"cxx_initialiser_terminates.cpp"}, {}, {}},
                    Case{"ExitOrder", {"exit_order.c"}, {}, {}}, Case{"NextSymbol", {"next_symbol.c"}, {}, {}},
                    Case{"ThreadLocalInKey", {"thread_local_in_key.c"}, {}, {}},
                    Case{"CxxExitFromThread", {"cxx_exit_from_thread.cpp"}, {}, {}},
                    Case{"CxxExitFromDestructor", {"cxx_exit_from_destructor.cpp"}, {}, {}},
                    Case{"CxxExitFunctionThrows", {"cxx_exit_function_throws.cpp"}, {}, {}},
                    Case{"MainInTheThirdOfFiveFiles",
                         {"many/one.c", "many/two.c", "many/three.c", "many/four.c", "many/five.c"},
                         {},
                         {}}),
    [](const testing::TestParamInfo<Case> &info) { return info.param.name; });

TEST(Exec, WithoutAFileItSaysWhatItNeeds) {
  const Outcome outcome = graft({"exec"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, testing::HasSubstr("needs a source file"));
}

TEST(Exec, EveryStatusIsTheProgramsOwn) {
  const TempFolder folder;
  const std::string file =
      folder.write("status.c", "#include <stdlib.h>\nint main(int c, char **v) { (void)c; return atoi(v[1]); }\n");
  for (const char *status : {"0", "1", "2", "127", "255"})
    EXPECT_EQ(graft({"exec", file, "--", status}).status, std::atoi(status));
  EXPECT_EQ(graft({"exec", file, "--", "256"}).status, 0);
}

TEST(Exec, ASourceThatIsAScriptGetsEveryWordBehindIt) {
  const TempFolder folder;
  const std::string script =
      folder.write("script.c", "#!/usr/bin/env -S graft exec -O2\n#include <stdio.h>\n"
                               "int main(int c, char **v) { for (int i = 1; i < c; ++i) puts(v[i]); }\n");
  const std::string other = folder.write("other.c", "");
  const Outcome outcome = graft({"exec", "-O2", script, "-v", other, "--", "last"});
  EXPECT_EQ(outcome.out, "-v\n" + other + "\n--\nlast\n");
  EXPECT_EQ(outcome.status, 0);
}

TEST(Exec, AScriptIsRunByTheKernelThroughItsFirstLine) {
  const TempFolder folder;
  const std::string script =
      folder.write("script.c", "#!/usr/bin/env -S graft exec -DN=4\n#include <stdio.h>\n"
                               "int main(int c, char **v) { printf(\"%d %s %d\\n\", N, v[1], __LINE__); (void)c; }\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const std::string path = "PATH=" GRAFT_BINARY_DIR "/bin:" + std::string(std::getenv("PATH"));
  EXPECT_EQ(run({script, "word"}, {{}, {path}, {}}).out, "4 word 3\n");
}

TEST(Exec, WordsBehindASourceThatAreNoSourcesAreArguments) {
  const TempFolder folder;
  const std::string file =
      folder.write("echo.c", "#include <stdio.h>\nint main(int c, char **v) { for (int i = 0; i < c; ++i) puts(v[i]); }\n");
  EXPECT_EQ(graft({"exec", file, "input.txt", "-x", "3"}).out, file + "\ninput.txt\n-x\n3\n");
}

TEST(Exec, FlagsAreClangs) {
  const TempFolder folder;
  folder.write("inc/value.h", "#define VALUE 30\n");
  const std::string file =
      folder.write("flags.c", "#include <value.h>\n#ifdef GONE\n#error gone\n#endif\n"
                              "int main(void) { return VALUE + ADDED + (__STDC_VERSION__ > 201710L); }\n");
  EXPECT_EQ(graft({"exec", "-std=c2x", "-I", folder / "inc", "-DADDED=5", "-DGONE", "-UGONE", file}).status, 36);
  EXPECT_EQ(graft({"exec", "--std=c11", "-I" + (folder / "inc"), "-D", "ADDED=5", file, "-O2"}).status, 35);
}

TEST(Exec, AnErrorIsShownAsClangShowsIt) {
  const TempFolder folder;
  const std::string file = folder.write("wrong.c", "int main(void) {\n  return missing;\n}\n");
  const Outcome outcome = graft({"exec", file});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("wrong.c:2:10: error: use of undeclared identifier 'missing'"));
  EXPECT_THAT(outcome.err, HasSubstr("return missing;"));
  EXPECT_THAT(outcome.err, HasSubstr("^"));
}

TEST(Exec, AnUndefinedFunctionIsNamedWithItsFile) {
  const TempFolder folder;
  const std::string file =
      folder.write("undefined.c", "int helpr(void);\nint helper(void) { return 1; }\nint main(void) { return helpr(); }\n");
  const Outcome outcome = graft({"exec", file});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("helpr"));
  EXPECT_THAT(outcome.err, HasSubstr("helper"));
  EXPECT_THAT(outcome.err, HasSubstr("undefined.c"));
}

TEST(Exec, AProgramWithoutMainSaysSo) {
  const TempFolder folder;
  const Outcome outcome = graft({"exec", folder.write("no_main.c", "int x;\n")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no main in"));
}

TEST(Exec, WhatCannotBeMeantIsUsedWrongly) {
  const TempFolder folder;
  const std::string file = folder.write("fine.c", "int main(void) { return 0; }\n");
  EXPECT_EQ(graft({"exec", "-O2"}).status, 2);
  EXPECT_EQ(graft({"exec", folder / "nowhere.c"}).status, 2);
  EXPECT_EQ(graft({"exec", "-o", "out", file}).status, 2);
  EXPECT_EQ(graft({"exec", file, "-I"}).status, 2);
  EXPECT_THAT(graft({"exec", file, folder / "nowhere.c"}).err, HasSubstr("put '--' before the program's arguments"));
}

TEST(Exec, ALibraryThatIsNotThereIsNamed) {
  const TempFolder folder;
  const Outcome outcome = graft({"exec", "-lnowhere_at_all", folder.write("fine.c", "int main(void) { return 0; }\n")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no library 'libnowhere_at_all.so'"));
}

TEST(Exec, ALibraryBehindLIsLinked) {
  const TempFolder folder;
  const std::string source = folder.write("plus.c", "int plus(int a, int b) { return a + b; }\n");
  ASSERT_EQ(run({GRAFT_C_COMPILER, "-shared", "-fPIC", "-o", folder / "libplus.so", source}).status, 0);
  const std::string main = folder.write("main.c", "int plus(int, int);\nint main(void) { return plus(20, 3); }\n");
  EXPECT_EQ(graft({"exec", "-L" + folder.path().string(), main, "-lplus"}).status, 23);
}

TEST(Exec, AWarningGoesToStderrAndTheProgramRuns) {
  const TempFolder folder;
  const Outcome outcome = graft({"exec", "-Wall", folder.write("warns.c", "int main(void) { int unused; return 4; }\n")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("warning: unused variable 'unused' [-Wunused-variable]"));
}

} // namespace
} // namespace graft::test
