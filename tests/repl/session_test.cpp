// What happens to a session: definitions and redefinitions, errors, crashes, undo, and how it ends.
#include "session.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace graft::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Repl, ShowsTheValueOfAnExpressionAndNothingElse) {
  const Outcome outcome = graft({"repl", "-e", "1+1"});
  EXPECT_EQ(outcome.out, "2\n");
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_EQ(outcome.status, 0);
}

TEST(Repl, PassesDefinitionsFromOneInputToTheNext) {
  EXPECT_EQ(graft({"repl", "-e", "int n = 20;", "-e", "int square(int x) { return x * x; }", "-e", "square(n)"}).out, "400\n");
}

TEST(Repl, PutsLinesTogetherToInputs) {
  EXPECT_EQ(session("int f(int x)\n{\n  return x;\n}\nint y = 1 +\n2;\nif (y > 2)\n{\n  y = 7;\n}\nelse\n{\n  y = 0;\n}\nf(y)\n").out, "7\n");
}

TEST(Repl, ReplacesFunctionsVariablesTypesAndTemplates) {
  const Outcome outcome = session("int f() { return 1; }\nint f() { return 2; }\nf()\n"
                                  "int v = 1;\ndouble v = 2.5;\nv\nint v() { return 3; }\nv()\n"
                                  "struct P { int x; };\nstruct P { int z; };\nP{3}\n"
                                  "using T = int;\nusing T = char;\nsizeof(T)\n"
                                  "enum E { one };\nenum E { two, one };\nint(one)\n"
                                  "namespace n { int q = 1; }\nnamespace n { int q = 2; }\nn::q\n"
                                  "template <class X> X g(X x) { return x; }\ntemplate <class X> X g(X x) { return x + x; }\ng(4)\n");
  EXPECT_EQ(outcome.out, "2\n2.5\n3\nP{z = 3}\n1\n1\n2\n8\n");
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Repl, ReplacedDefinitionsGoOnForThoseWhoWereCompiledAgainstThem) {
  EXPECT_EQ(session("int f() { return 1; }\nint g() { return f(); }\nint f() { return 2; }\ng() * 10 + f()\n").out, "12\n");
}

TEST(Repl, SaysOfAnObjectThatItsTypeWasRedefined) {
  EXPECT_EQ(session("struct P { int w; };\nP p{4};\np\nstruct P { int v; };\np\n").out,
            "P{w = 4}\nP (as it was before it was redefined) {w = 4}\n");
}

TEST(Repl, ReplacesFunctionsOfCWithTheirPlainNames) {
  EXPECT_EQ(session("extern \"C\" int f() { return 1; }\nextern \"C\" int f() { return 2; }\nf()\n").out, "2\n");
  EXPECT_EQ(session("int f(void) { return 1; }\nint f(void) { return 2; }\nf()\nstruct P { int x; };\nstruct P { int y; } p = {3};\np.y\n", {"--c"}).out, "2\n3\n");
}

TEST(Repl, LosesNothingToAnInputThatDoesNotCompile) {
  const Outcome outcome = session("int a = 5;\nint b = a; int c = undeclared;\na\nb\n#include <vector>\n#include <nothing_here.h>\n"
                                  "#include <map>\nint d = ;\nstd::vector<int>{1}\n");
  EXPECT_EQ(outcome.out, "5\n{1}\n");
  EXPECT_THAT(outcome.err, HasSubstr("stdin:2:20: error: use of undeclared identifier 'undeclared'"));
  EXPECT_THAT(outcome.err, HasSubstr("use of undeclared identifier 'b'"));
  EXPECT_EQ(outcome.status, 1);
}

TEST(Repl, TakesMacrosAndHeadersOfAFailedInputBack) {
  const Outcome outcome = session("void f() {\n#define LOST 1\n#include <cstddef>\n  undeclared;\n}\n#ifdef LOST\nint lost = 1;\n#else\nint lost = 0;\n#endif\nlost\n#include <cstddef>\nstd::size_t(2)\n");
  EXPECT_EQ(outcome.out, "0\n2\n");
}

TEST(Repl, KeepsADeclarationWhoseDefinitionDidNotCompile) {
  EXPECT_EQ(session("int f();\nint g() { return f(); }\nint f() { return undeclared; }\nint f() { return 4; }\ng()\n").out, "4\n");
}

TEST(Repl, GoesOnBehindAnInputThatCannotBeLinked) {
  const Outcome outcome = session("int missing();\nint a = missing();\nint b = 3;\nb\nint missing() { return 6; }\nmissing()\n");
  EXPECT_EQ(outcome.out, "3\n6\n");
  EXPECT_THAT(outcome.err, HasSubstr("undefined symbol 'missing()'"));
}

TEST(Repl, SaysWhatWasThrownAndGoesOn) {
  const Outcome outcome = session("#include <stdexcept>\nint n = 1;\nn = 2; throw std::out_of_range(\"no such row\");\nn\n");
  EXPECT_EQ(outcome.out, "2\n");
  EXPECT_THAT(outcome.err, HasSubstr("stdin:3: error: uncaught std::out_of_range: no such row"));
  EXPECT_EQ(outcome.status, 1);
}

TEST(Repl, SurvivesEveryKindOfCrash) {
  const Outcome outcome = session("int n = 1;\nn = 2;\nint *null = nullptr;\n*null\nn\nint zero = 0; n / zero\nn\n"
                                  "extern \"C\" void abort();\nn = 3; abort();\nn\n");
  EXPECT_EQ(outcome.out, "2\n2\n2\n");
  EXPECT_THAT(outcome.err, HasSubstr("the input crashed (Segmentation fault) and is taken back"));
  EXPECT_THAT(outcome.err, HasSubstr("the input crashed (Floating point exception) and is taken back"));
  EXPECT_THAT(outcome.err, HasSubstr("the input crashed (Aborted) and is taken back"));
  EXPECT_EQ(outcome.status, 134);
}

TEST(Repl, RunsNothingTwiceInSightAfterACrash) {
  const Outcome outcome = session("#include <cstdio>\nint n = 1; puts(\"once\");\n__builtin_trap();\nn\n");
  EXPECT_EQ(outcome.out, "once\n1\n");
}

TEST(Repl, UndoTakesBackValuesNamesAndMacros) {
  const Outcome outcome = session("int x = 1;\nx = 5;\n%undo\nx\n#define M 3\n%undo\n#ifdef M\nint m = 1;\n#else\nint m = 0;\n#endif\nm\n"
                                  "int x = 9;\n%undo\nx\n%undo 5\nx\n");
  EXPECT_EQ(outcome.out, "1\n0\n1\n");
  EXPECT_THAT(outcome.err, HasSubstr("use of undeclared identifier 'x'"));
}

TEST(Repl, UndoOfMoreThanThereIsSaysHowMuchThereIs) {
  EXPECT_THAT(session("int a;\n%undo 2\n").err, HasSubstr("there is 1 input to take back, not 2"));
  EXPECT_THAT(session("%undo many\n").err, HasSubstr("'%undo' wants a number of inputs of 1 or more, not 'many'"));
}

TEST(Repl, ResetBeginsAnew) {
  EXPECT_EQ(session("int a = 1;\n%reset\nint a() { return 2; }\na()\n").out, "2\n");
}

TEST(Repl, LeavesWithTheStatusOfExitAndRunsWhatIsLeft) {
  const Outcome outcome = session("#include <cstdlib>\n#include <cstdio>\nstruct Last { ~Last() { puts(\"end\"); } } last;\nexit(7);\n1\n");
  EXPECT_EQ(outcome.out, "end\n");
  EXPECT_EQ(outcome.status, 7);
}

TEST(Repl, RunsDestructorsAtTheEnd) {
  EXPECT_EQ(session("#include <cstdio>\nstruct Last { ~Last() { puts(\"end\"); } } last;\n").out, "end\n");
}

TEST(Repl, AScriptStopsAtTheFirstFailureAndStdinGoesOn) {
  const TempFolder folder;
  const std::string script = folder.write("script.cpp", "#!/usr/bin/env -S graft repl\nint a = 1;\nundeclared;\na\n");
  const Outcome stopped = graft({"repl", script});
  EXPECT_EQ(stopped.out, "");
  EXPECT_EQ(stopped.status, 1);
  EXPECT_THAT(stopped.err, HasSubstr("script.cpp:3:1: error"));
  EXPECT_EQ(graft({"repl", "--keep-going", script}).out, "1\n");
  EXPECT_EQ(session("undeclared;\n2\n").out, "2\n");
}

TEST(Repl, AScriptThatCrashesLeavesAsAProgramThatCrashes) { EXPECT_EQ(graft({"repl", "-e", "__builtin_trap();"}).status, 132); }

TEST(Repl, RefusesWhatItCannotRunWithASentence) {
  EXPECT_THAT(graft({"repl", "/nowhere/script.cpp"}).err, HasSubstr("there is no '/nowhere/script.cpp'"));
  EXPECT_EQ(graft({"repl", "/nowhere/script.cpp"}).status, 2);
  EXPECT_THAT(graft({"repl", "--std", "c++17", "-e", "1"}).err, HasSubstr("say -std=c++20 or newer"));
  EXPECT_THAT(graft({"repl", "-l", "no_such_library", "-e", "1"}).err, HasSubstr("no_such_library"));
}

TEST(Repl, CommandsSayWhatTheyWant) {
  const Outcome outcome = session("%nonsense\n%load\n%help undo\n%type 1 + 1.0\nint twice(int n);\n%doc twice\n%doc nobody\n");
  EXPECT_THAT(outcome.err, HasSubstr("there is no command '%nonsense'; '%help' lists them"));
  EXPECT_THAT(outcome.err, HasSubstr("'%load' wants PATH...; for example %load plugins/greeter"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing here is named 'nobody'"));
  EXPECT_THAT(outcome.out, HasSubstr("for example  %undo 2"));
  EXPECT_THAT(outcome.out, HasSubstr("double\n"));
  EXPECT_THAT(outcome.out, HasSubstr("int twice(int n)"));
}

TEST(Repl, HelpNamesEveryCommandWithAnExample) {
  const std::string all = session("%help\n").out;
  for (const char *name : {"load", "unload", "reload", "plan", "rollback", "ps", "contracts", "call", "time", "ir", "asm", "type",
                           "doc", "timings", "include", "lib", "save", "edit", "undo", "reset", "help"}) {
    EXPECT_THAT(all, HasSubstr("%" + std::string(name)));
    EXPECT_THAT(session("%help " + std::string(name) + "\n").out, HasSubstr("for example"));
  }
}

TEST(Repl, ShowsTheIrAndTheAssemblyOfAnInputAndKeepsIt) {
  const Outcome outcome = session("%ir int twice(int n) { return 2 * n; }\n%asm int thrice(int n) { return 3 * n; }\ntwice(3) + thrice(3)\n");
  EXPECT_THAT(outcome.out, HasSubstr("define"));
  EXPECT_THAT(outcome.out, HasSubstr("_Z6thricei:"));
  EXPECT_THAT(outcome.out, HasSubstr("\n15\n"));
}

TEST(Repl, SavesWhatCountsAsAScript) {
  const TempFolder folder;
  const std::string path = folder / "saved.cpp";
  session("int a = 1;\nundeclared;\na = 2;\na = 3;\n%undo\na\n%save " + path + "\n");
  EXPECT_EQ(read(path), "int a = 1;\na = 2;\na\n");
  EXPECT_EQ(graft({"repl", path}).out, "2\n");
}

TEST(Repl, EditRunsWhatTheEditorLeft) {
  EXPECT_EQ(session("int a = 1;\n%edit\na\n", {}, {"VISUAL=sed -i s/1/8/"}).out, "8\n");
  EXPECT_THAT(session("%edit\n", {}, {"VISUAL=", "EDITOR="}).err, HasSubstr("wants an editor"));
}

TEST(Repl, ThreadsOfTheCodeGoOnBetweenInputs) {
  const Outcome outcome = session("#include <thread>\n#include <atomic>\nstd::atomic<int> seen{0}; std::atomic<bool> end{false};\n"
                                  "std::thread one([] { while (!end) { seen = 1; std::this_thread::yield(); } });\n"
                                  "while (seen == 0) std::this_thread::yield();\nend = true; one.join();\nseen.load()\n");
  EXPECT_EQ(outcome.out, "1\n");
  EXPECT_EQ(outcome.status, 0);
}

TEST(Comments, ThatDocumentWhatComesNextAreOneInputWithIt) {
  const Outcome outcome = session("/// Adds one.\nint inc(int x) { return x + 1; }\n%doc inc\n/** Block,\n * of two lines. */\nint block;\n"
                                  "%doc block\n/// One line,\n/// another.\n\nstruct Both {};\n%doc Both\n/// of nothing\n%type 1\n/// last");
  EXPECT_THAT(outcome.out, HasSubstr("Adds one.\nint inc(int x)"));
  EXPECT_THAT(outcome.out, HasSubstr("of two lines."));
  EXPECT_THAT(outcome.out, HasSubstr("another.\nstruct Both"));
  EXPECT_THAT(outcome.out, testing::EndsWith("int\n"));
  EXPECT_EQ(outcome.err, "");
}

TEST(Failures, AreSaidOnceWithTheirPlaceAndValue) {
  const Outcome outcome = session("std::cout << 3\nextern int ext;\next\nthrow 3;\n#include <string>\nthrow std::string(\"why\");\n"
                                  "#include <stdexcept>\nstruct E : std::runtime_error { using runtime_error::runtime_error; };\n"
                                  "struct E : std::runtime_error { using runtime_error::runtime_error; };\nthrow E(\"mine\");\n%hepl\nquit\n");
  EXPECT_THAT(outcome.err, testing::StartsWith("stdin:1:1: error: use of undeclared identifier 'std'\nstd::cout << 3\n^\n"
                                               "stdin:3: error: undefined symbol 'ext'"));
  EXPECT_THAT(outcome.err, HasSubstr("stdin:4: error: uncaught int: 3\n"));
  EXPECT_THAT(outcome.err, HasSubstr("stdin:6: error: uncaught std::string: why\n"));
  EXPECT_THAT(outcome.err, HasSubstr("stdin:10: error: uncaught E: mine\n"));
  EXPECT_THAT(outcome.err, HasSubstr("there is no command '%hepl'; did you mean '%help'?"));
  EXPECT_THAT(outcome.err, HasSubstr("'%quit' is the command of the session"));
}

TEST(InputsThatEndTooEarly, SayWhereTheyEnd) {
  const Outcome outcome = session("1;\nthrow\nint a = 1;\n", {});
  EXPECT_THAT(outcome.err, HasSubstr("stdin:2:6: error: expected expression\nthrow\n     ^\n"));
}

/// What it declared is taken back, but Clang remembers of <compare> and <new> what they may say once.
TEST(ReplHeaders, OfTheLibraryAreThereAfterAnotherOneFailedThatIncludedThem) {
  const TempFolder folder;
  const std::string header = folder / "own.h";
  for (const char *name : {"vector", "string", "new", "thread"}) {
    std::ofstream(header) << "#include <" << name << ">\nint f() { return nosuch; }\n";
    const Outcome outcome = session("#include <cstdlib>\nint runs = 0;\n++runs;\n#include \"" + header + "\"\nsystem(\"sed -i s/nosuch/5/ " +
                                    header + "\");\n#include \"" + header + "\"\nf()\n#include <vector>\nstd::vector<int>{1}\nruns\n");
    EXPECT_EQ(outcome.out, "5\n{1}\n1\n") << name << outcome.err;
  }
}

TEST(ReplHeaders, ThatFailCostNoOtherInput) {
  const TempFolder folder;
  std::ofstream(folder / "own.h") << "#include <vector>\nint f() { return nosuch; }\n";
  const std::string include = "#include \"" + (folder / "own.h") + "\"\n";
  const Outcome outcome = session("#include <cstdio>\nint n = (std::puts(\"once\"), 1);\n++n;\n" + include + include + "n\n");
  EXPECT_EQ(outcome.out, "once\n2\n") << outcome.err;
}

} // namespace
} // namespace graft::test
