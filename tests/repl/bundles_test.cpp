// Bundles in a session's reach.
#include "session.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace graft::test {
namespace {

using testing::HasSubstr;

const std::string kGreeter = std::string(GRAFT_SOURCE_DIR) + "/plugins_src/greeter";

TEST(ReplBundles, ContractsAreCalledWithPlainSyntax) {
  const Outcome outcome = session("graft_buf out{};\ndemo.greeter->greet(graft_str_of(\"world\"), &out)\nout\n", {kGreeter});
  EXPECT_THAT(outcome.out, testing::EndsWith("0\n\"Hello, world!\"\n")) << outcome.err;
  EXPECT_EQ(outcome.status, 0);
}

TEST(ReplBundles, MayStandBehindAnyOption) {
  for (const std::vector<std::string> &option : {std::vector<std::string>{"-I", "."}, {"-D", "A"}, {"-e", "1"}}) {
    std::vector<std::string> words = {"repl", option[0], option[1], kGreeter, "-e", "%ps"};
    EXPECT_THAT(graft(words).out, HasSubstr("greeter 1.0.0")) << option[0];
  }
}

TEST(ReplStandards, AreOfTheSessionsLanguage) {
  EXPECT_THAT(graft({"repl", "--std", "nope", "-e", "1"}).err, HasSubstr("'-std=nope' is no standard of C++"));
  EXPECT_THAT(graft({"repl", "--c", "--std", "c++20", "-e", "1"}).err, HasSubstr("'-std=c++20' is no standard of C"));
  EXPECT_EQ(graft({"repl", "--c", "--std", "gnu17", "-e", "1"}).out, "1\n");
}

TEST(ReplBundles, AreReplacedAndBroughtBack) {
  const TempFolder folder;
  const std::string bundle = folder / "greeter";
  std::filesystem::copy(kGreeter, bundle);
  const std::string source = bundle + "/greeter.c";
  const Outcome outcome = session("%load " + bundle + "\n%call demo.greeter.greet a\n#include <cstdlib>\nsystem(\"sed -i s/Hello/Bye/ " + source +
                                  "\");\n%plan greeter\n%reload greeter\n%call demo.greeter.greet a\n%rollback greeter\n%call demo.greeter.greet a\n"
                                  "%ps\n%contracts\n%unload greeter\n%ps\n");
  EXPECT_THAT(outcome.out, HasSubstr("Hello, a!"));
  EXPECT_THAT(outcome.out, HasSubstr("Bye, a!"));
  EXPECT_THAT(outcome.out, HasSubstr("demo.greeter@1.0  greeter"));
  EXPECT_THAT(outcome.out, testing::EndsWith("no bundle is loaded; '%load PATH' loads one\n"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST(ReplBundles, AContractThatNobodyProvidesAnyMoreIsAnException) {
  const Outcome outcome = session("%unload greeter\ngraft_buf out{};\ndemo.greeter->greet(graft_str_of(\"world\"), &out)\n", {kGreeter});
  EXPECT_THAT(outcome.err, HasSubstr("no bundle that is loaded provides demo.greeter"));
}

TEST(ReplBundles, AreThereAgainAfterACrash) {
  const Outcome outcome = session("__builtin_trap();\n%call demo.greeter.greet again\n", {kGreeter});
  EXPECT_THAT(outcome.out, HasSubstr("Hello, again!")) << outcome.err;
}

TEST(ReplBundles, AreAfterACrashWhatTheyWereWhateverTheirFilesSay) {
  for (const std::string &change : {"sed -i s/Bye/Later/ ", "echo syntax error >> ", "rm -f "}) {
    const TempFolder folder;
    const std::string bundle = folder / "greeter", source = bundle + "/greeter.c";
    std::filesystem::copy(kGreeter, bundle);
    const Outcome outcome = session("%load " + bundle + "\n#include <cstdlib>\nsystem(\"sed -i s/Hello/Bye/ " + source +
                                    "\");\n%reload greeter\nsystem(\"" + change + source +
                                    "\");\n__builtin_trap();\n%call demo.greeter.greet b\n%ps\n%rollback greeter\n"
                                    "%call demo.greeter.greet a\n");
    EXPECT_THAT(outcome.out, testing::MatchesRegex(".*Bye, b!.*generation 2 .*" + bundle + "\n.*Hello, a!.*")) << outcome.err;
    EXPECT_THAT(outcome.err, testing::Not(HasSubstr("lost"))) << change;
  }
}

TEST(ReplBundles, ThatWentBackToAnOlderTextAreReloadedFromTheirOwnFolder) {
  const TempFolder folder;
  const std::string bundle = folder / "greeter";
  std::filesystem::copy(kGreeter, bundle);
  const Outcome outcome = session("%load " + bundle + "\n#include <cstdlib>\nsystem(\"sed -i s/Hello/Bye/ " + bundle +
                                  "/greeter.c\");\n__builtin_trap();\n%call demo.greeter.greet a\n%reload greeter\n"
                                  "%call demo.greeter.greet a\n");
  EXPECT_THAT(outcome.out, testing::EndsWith("{\"out\":\"Hello, a!\"}\n{\"out\":\"Bye, a!\"}\n")) << outcome.err;
}

TEST(ReplSession, SaysWhatItCouldNotDoAgain) {
  const TempFolder folder;
  const std::string header = folder.write("own.h", "inline int f() { return 1; }\n");
  // While a thread runs there are no copies, so all that comes behind it is run again.
  const Outcome outcome = session("#include <cstdio>\n#include <thread>\n#include <unistd.h>\n"
                                  "std::thread([] { for (;;) pause(); }).detach();\n#include \"" +
                                  header + "\"\nremove(\"" + header + "\");\n__builtin_trap();\n1\n");
  EXPECT_THAT(outcome.err, HasSubstr("run again it failed, and is lost: #include \"" + header));
}

TEST(ReplBundles, AreCalledByNameInASessionOfC) {
  const Outcome outcome = session("int a = 5;\n%load " + kGreeter + "\n%call demo.greeter.greet C\na\n", {"--c"});
  EXPECT_THAT(outcome.out, testing::EndsWith("Hello, C!\"}\n5\n"));
  EXPECT_EQ(outcome.err, "");
}

TEST(ReplBundles, AreCalledWithBlanksInQuotes) {
  const Outcome outcome = session("%call demo.greeter.greet \"a b\"\n"
                                  "%call demo.greeter.greet 'c  \"d\"'\n"
                                  "%call demo.greeter.greet e\\ f\n", {kGreeter});
  EXPECT_EQ(outcome.out, "{\"out\":\"Hello, a b!\"}\n"
                         "{\"out\":\"Hello, c  \\\"d\\\"!\"}\n{\"out\":\"Hello, e f!\"}\n") << outcome.err;
}

TEST(ReplBundles, AreLoadedAllOrNone) {
  const Outcome outcome = session("%load " + kGreeter + " /nowhere/bundle\n%ps\n%load " + kGreeter +
                                  "\n%call demo.greeter.greet a\n");
  EXPECT_THAT(outcome.out, HasSubstr("no bundle is loaded"));
  EXPECT_THAT(outcome.out, HasSubstr("Hello, a!")) << outcome.err;
}

TEST(ReplBundles, ThatCannotBeLoadedSayWhy) {
  const Outcome outcome = session("%load /nowhere/bundle\n%call demo.greeter.greet a\n%reload greeter\n%unload greeter\n%plan greeter\n%rollback greeter 0\n1\n");
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/bundle"));
  EXPECT_THAT(outcome.err, HasSubstr("'%rollback' wants a number of steps of 1 or more, not '0'"));
  EXPECT_EQ(outcome.out, "1\n");
}

} // namespace
} // namespace graft::test
