// What a person hears who typed something wrong: what is wrong, what was meant, what to type next. And what is at the other
// end of a path.
#include "process.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Mistake {
  std::vector<std::string> words;
  const char *says;
};

void PrintTo(const Mistake &mistake, std::ostream *out) {
  for (const std::string &word : mistake.words) *out << word << ' ';
}

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreRefusedWithWhatWasMeant) {
  const Outcome outcome = graft(GetParam().words);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, StartsWith(std::string("graft: error: ") + GetParam().says));
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Each, Mistakes,
    testing::Values(
        // Commands.
        Mistake{{"rnu"}, "there is no command 'rnu'; did you mean 'run'?\n"},
        Mistake{{"help", "chekc"}, "there is no command 'chekc'; did you mean 'check'?\n"},
        Mistake{{"frobnicate"}, "there is no command 'frobnicate'; 'graft --help' lists them\n"},
        Mistake{{"--nonsense"}, "'graft' has no option '--nonsense'\n"},
        Mistake{{"cache"}, "'graft cache' needs one of path, stat, verify, prune\n"},
        Mistake{{"cache", "verfy"}, "'graft cache' has no 'verfy'; did you mean 'verify'?\n"},
        Mistake{{"cache", "frobnicate"}, "'graft cache' has no 'frobnicate'; there are path, stat, verify, prune\n"},
        // Options. One that is unknown is told of before what it may have taken with it.
        Mistake{{"run", "--jsno", "x"}, "'graft run' has no option '--jsno'; did you mean '--json'?\n"},
        Mistake{{"watch", "x", "--nonsense"}, "'graft watch' has no option '--nonsense'\n"},
        Mistake{{"check", "--serif=out", "x"}, "'graft check' has no option '--serif'; did you mean '--sarif'?\n"},
        Mistake{{"inspect", "--asn"}, "'graft inspect' has no option '--asn'; did you mean '--asm'?\n"},
        Mistake{{"new", "--tmplate", "c"}, "'graft new' has no option '--tmplate'; did you mean '--template'?\n"},
        Mistake{{"test", "--filtr", "x"}, "'graft test' has no option '--filtr'; did you mean '--filter'?\n"},
        Mistake{{"permissions", "--knwon"}, "'graft permissions' has no option '--knwon'; did you mean '--known'?\n"},
        Mistake{{"contracts", "--jsn"}, "'graft contracts' has no option '--jsn'; did you mean '--json'?\n"},
        Mistake{{"rebind", "a", "--contracts", "b"},
                "'graft rebind' has no option '--contracts'; did you mean '--contract'?\n"},
        Mistake{{"plan", "--jsno", "a", "b"}, "'graft plan' has no option '--jsno'; did you mean '--json'?\n"},
        Mistake{{"doctor", "--jsno"}, "'graft doctor' has no option '--jsno'; did you mean '--json'?\n"},
        Mistake{{"demo", "--fast"}, "'graft demo' has no option '--fast'"},
        Mistake{{"ps", "--jsno"}, "'graft ps' has no option '--jsno'; did you mean '--json'?\n"},
        Mistake{{"reload", "--froce"}, "'graft reload' has no option '--froce'; did you mean '--force'?\n"},
        Mistake{{"unload", "x", "--jsno"}, "'graft unload' has no option '--jsno'; did you mean '--json'?\n"},
        Mistake{{"rollback", "x", "--stps", "1"}, "'graft rollback' has no option '--stps'; did you mean '--steps'?\n"},
        Mistake{{"repl", "--vrebose"}, "'graft repl' has no option '--vrebose'"},
        Mistake{{"cache", "prune", "--mx", "1M"}, "'graft cache prune' has no option '--mx'; did you mean '--max'?\n"},
        Mistake{{"completion", "--bash"}, "'graft completion' has no option '--bash'"},
        // What is missing, and what is too much.
        Mistake{{"run"},
                "'graft run' needs PATH: folders with a graft.toml or sources, or single source files\nusage: graft run "
                "[OPTION...] PATH...\n"},
        Mistake{{"check"}, "'graft check' needs PATH: "}, Mistake{{"inspect"}, "'graft inspect' needs PATH: "},
        Mistake{{"test"}, "'graft test' needs PATH: bundles, or folders of them\n"},
        Mistake{{"plan", "a"}, "'graft plan' needs NEW: "}, Mistake{{"contracts"}, "'graft contracts' needs HEADER: "},
        Mistake{{"unload"}, "'graft unload' needs BUNDLE: "}, Mistake{{"rollback"}, "'graft rollback' needs BUNDLE: "},
        Mistake{{"completion"}, "'graft completion' needs KIND: "},
        Mistake{{"new"}, "a new bundle needs a name: graft new NAME\n"},
        Mistake{{"check", "--sarif"}, "'--sarif' needs FILE behind it\n"},
        Mistake{{"new", "x", "--template"}, "'--template' needs KIND behind it: one of c, cpp, state, hook, host\n"},
        Mistake{{"run", "x", "--call"}, "'--call' needs TARGET [ARG...] behind it\n"},
        Mistake{{"plan", "a", "b", "c"}, "'graft plan' has no use for 'c'\n"},
        Mistake{{"doctor", "extra"}, "'graft doctor' has no use for 'extra'\n"},
        // Values.
        Mistake{{"run", "-O9", "x"}, "'-O' takes a number from 0 to 3, not '9'\n"},
        Mistake{{"run", "--tier-up", "god", "x"},
                "'--tier-up' takes one of fast-then-good, good, fast, not 'god'; did you mean 'good'?\n"},
        Mistake{{"run", "--memory", "lots", "x"}, "'--memory' takes a size, such as 512M or 4G, not 'lots'\n"},
        Mistake{{"run", "--memory", "5 parsecs", "x"}, "'--memory' takes a size, such as 512M or 4G, not '5 parsecs'\n"},
        Mistake{{"new", "--template", "stat", "x"},
                "'--template' takes one of c, cpp, state, hook, host, not 'stat'; did you mean 'state'?\n"},
        Mistake{{"test", "x", "--sanitize", "adress"},
                "'--sanitize' takes one of address, undefined, not 'adress'; did you mean 'address'?\n"},
        Mistake{{"test", "x", "--timeout", "soon"}, "'--timeout' takes seconds, such as 2 or 0.5, not 'soon'\n"},
        Mistake{{"test", "x", "-j", "0"}, "'--jobs' takes a number from 1 to 1024, not '0'\n"},
        Mistake{{"test", "x", "--seed", "x"}, "'--seed' takes NUMBER, not 'x'\n"},
        Mistake{{"rollback", "x", "--steps", "-1"}, "'--steps' takes a number from 1 to 1000000, not '-1'\n"},
        Mistake{{"completion", "tcsh"}, "'KIND' takes one of bash, zsh, fish, man, not 'tcsh'"},
        Mistake{{"new", "a/b"}, "'a/b' cannot name a bundle: "},
        Mistake{{"exec"}, "'graft exec' needs a source file; see 'graft exec --help'\n"},
        Mistake{{"exec", "-o", "x", "y.c"}, "flag '-o' means nothing here: "}));

TEST(Usage, SaysWhatToTypeNext) {
  EXPECT_THAT(graft({"plan", "a"}).err, HasSubstr("\nusage: graft plan [OPTION...] OLD NEW\ntry 'graft plan --help'\n"));
  EXPECT_THAT(graft({"rebind"}).err, HasSubstr("\nusage: graft rebind [OPTION...] --contract HEADER BUNDLE\n"));
  EXPECT_THAT(graft({"cache", "prune", "--mx"}).err, HasSubstr("\ntry 'graft cache prune --help'\n"));
}

TEST(Usage, HelpOfACommandIsItsHelp) {
  for (const char *command :
       {"run",  "watch", "exec",   "repl", "check", "inspect",    "permissions", "contracts", "rebind",   "plan",
        "test", "new",   "doctor", "demo", "cache", "completion", "ps",          "reload",    "rollback", "unload"}) {
    const Outcome asked = graft({"help", command}), option = graft({command, "--help"});
    EXPECT_EQ(asked.status, 0) << command;
    EXPECT_EQ(asked.out, option.out);
    EXPECT_THAT(asked.out, HasSubstr(command));
  }
  EXPECT_EQ(graft({"help"}).out, graft({"--help"}).out);
  EXPECT_EQ(graft({"help", "help"}).out, graft({"--help"}).out);
  EXPECT_EQ(graft({"help", "cache", "prune"}).out, graft({"cache", "prune", "--help"}).out);
  EXPECT_THAT(graft({"help"}).out, HasSubstr("'graft help COMMAND'"));
  EXPECT_THAT(graft({"--version"}).out, HasSubstr("graft "));
  EXPECT_EQ(graft({"version"}).out, graft({"--version"}).out);
}

/// Commands that read a bundle, with the words around its path.
std::vector<std::string> words_of(const std::string &command, const std::string &path) {
  if (command == "plan") return {"plan", path, path};
  return {command, path};
}

class Paths : public testing::TestWithParam<const char *> {
 protected:
  void expect(const std::string &path, const std::string &sentence) {
    const Outcome outcome = graft(words_of(GetParam(), path));
    EXPECT_EQ(outcome.status, 1) << path;
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr(sentence));
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("internal error")));
  }
  TempFolder folder_;
};

TEST_P(Paths, ThatLeadNowhereAreNamed) {
  expect(folder_ / "none", "there is no '" + folder_ / "none" + "'");
  std::filesystem::create_symlink("loop.c", folder_ / "loop.c");
  expect(folder_ / "loop.c", "loop.c': Too many levels of symbolic links");
}

TEST_P(Paths, WithoutASourceSayWhatToPutThere) {
  folder_.write("notes/readme.txt", "hello");
  expect(folder_ / "notes", "notes' has no sources: put a file that ends in one of .c .cc .cpp");
  expect(folder_.write("notes.txt", "hello"), "notes.txt' is of no kind that graft takes (.c .cc .cpp");
}

TEST_P(Paths, OfWhatIsNoTextSayWhatItIs) {
  expect(folder_.write("program.c", std::string("\177ELF\2\1\1\0", 8)),
         "program.c' is no source: it is machine code, whose name ends in .o, .a or .so");
  expect(folder_.write("bits.c", "BC\xC0\xDE"), "bits.c' is no source: it is LLVM bitcode, whose name ends in .bc");
  expect(folder_.write("wide.c", std::string("\xFF\xFEi\0n\0", 6)),
         "wide.c' is no source: it is UTF-16, and sources are UTF-8; 'iconv");
  expect(folder_.write("picture.c", std::string("\x89PNG\0\1", 6)),
         "picture.c' is no source: its byte 4 is zero, so it is no text");
}

INSTANTIATE_TEST_SUITE_P(Each, Paths, testing::Values("run", "check", "inspect", "permissions", "plan", "test"),
                         [](const auto &info) { return std::string(info.param); });

TEST(Path, OfAnEmptyFileSaysWhatABundleNeeds) {
  const TempFolder folder;
  const std::string file = folder.write("empty.c", "");
  for (const char *command : {"run", "check", "inspect"})
    EXPECT_THAT(graft({command, file}).err, HasSubstr("bundle 'empty' has no provider; add GRAFT_PROVIDE")) << command;
  EXPECT_THAT(graft({"test", file}).err, HasSubstr("there are no tests; write GRAFT_TEST"));
  EXPECT_THAT(graft({"exec", file}).err, HasSubstr("there is no main in '"));
}

TEST(Path, OfAProgramIsReadAsWell) {
  const TempFolder folder;
  EXPECT_THAT(graft({"exec", folder / "none.c"}).err, HasSubstr("there is no '"));
  EXPECT_THAT(graft({"exec", folder.path()}).err,
              AllOf(HasSubstr("is a folder"), HasSubstr("if it is a bundle: graft run ")));
  const Outcome binary = graft({"exec", folder.write("program.c", std::string("\177ELF\2\1\1\0", 8))});
  EXPECT_EQ(binary.status, 1);
  EXPECT_THAT(binary.err, HasSubstr("is no source: it is machine code"));
  std::filesystem::create_symlink("loop.c", folder / "loop.c");
  EXPECT_THAT(graft({"exec", folder / "loop.c"}).err, HasSubstr("Too many levels of symbolic links"));
}

TEST(Path, ThatMayNotBeReadSaysSo) {
  if (::geteuid() == 0 && run({"sh", "-c", "command -v setpriv >/dev/null"}).status != 0)
    GTEST_SKIP() << "root reads everything";
  const TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const std::string file = folder.write("secret.c", "int x;\n");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  for (const char *command : {"run", "check", "inspect", "test", "exec"}) {
    std::vector<std::string> words = {graft_command(), command, file};
    if (::geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr("cannot read '" + file + "': Permission denied")) << command;
  }
}

} // namespace
} // namespace graft::test
