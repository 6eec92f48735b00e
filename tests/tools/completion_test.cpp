// Completion as shells do it, and the man page. bash and zsh are typed to at a terminal; fish can be asked.
#include "process.hpp"
#include "terminal.hpp"

#include <gmock/gmock.h>

#include <optional>

namespace graft::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// An interactive shell whose `graft` is the built one and echoes what it is called with, in a folder of files to complete.
class Shell {
 public:
  Shell(std::vector<std::string> words, const std::string &start_file, const std::string &start) {
    folder_.write("plain.c", "");
    folder_.write("with space.c", "");
    folder_.write("rc/" + start_file, start);
    for (std::string &word : words)
      if (word == "RC") word = folder_ / ("rc/" + start_file);
    terminal_.emplace(words, std::vector<std::string>{"ZDOTDIR=" + (folder_ / "rc"), "HOME=" + folder_.path().string()},
                      folder_.path().string());
  }

  /// What the line became once the shell had completed it, and ran it: the words behind "graft", with '|' between them.
  std::string complete(const std::string &typed) {
    if (!terminal_->await("ready> ")) return "no prompt: " + terminal_->seen();
    terminal_->type("graft " + typed + "\t\n");
    if (!terminal_->await("said <")) return "nothing said: " + terminal_->seen();
    const std::size_t begin = terminal_->position();
    if (!terminal_->await(">")) return "no end: " + terminal_->seen();
    return terminal_->seen().substr(begin, terminal_->position() - 1 - begin);
  }

 private:
  TempFolder folder_;
  std::optional<Terminal> terminal_;
};

/// The script is taken as its help says; behind it `graft` only says its words.
std::string start_of(const std::string &shell) {
  const std::string say = "graft() { local IFS='|'; echo \"said <$*>\"; }\n";
  return "eval \"$('" + graft_command() + "' completion " + shell + ")\"\n" + say;
}

bool is_here(const std::string &program) { return run({"sh", "-c", "command -v " + program + " >/dev/null"}).status == 0; }

/// What each shell makes of a line.
struct Line {
  const char *typed;
  const char *becomes;
};
constexpr Line kLines[] = {
    {"inspe", "inspect"},                                    // a command
    {"help contra", "help|contracts"},                       // after help, too
    {"test --jun", "test|--junit"},                          // an option
    {"test --sanitize ad", "test|--sanitize|address"},       // what it can be
    {"new mine --template st", "new|mine|--template|state"}, // with words before it
    {"completion zs", "completion|zsh"},                     // what a command takes
    {"cache veri", "cache|verify"},                          // a command of a command
    {"cache prune --al", "cache|prune|--all"},               // its option
    {"check pla", "check|plain.c"},                          // a path
    {"test --junit pla", "test|--junit|plain.c"},            // an option's path
    {"run wi", "run|with space.c"},                          // is one word
    {"exec -x c+", "exec|-x|c++"},                           // a compiler's flag
};

TEST(Completion, OfBashAtATerminal) {
  Shell shell({"bash", "--noprofile", "--rcfile", "RC", "-i"}, "bashrc",
              start_of("bash") + "PS1='ready> '\nbind 'set bell-style none' 'set enable-bracketed-paste off'\n");
  for (const Line &line : kLines) EXPECT_EQ(shell.complete(line.typed), line.becomes) << line.typed;
}

TEST(Completion, OfZshAtATerminal) {
  if (!is_here("zsh")) GTEST_SKIP() << "there is no zsh";
  Shell shell({"zsh", "-i"}, ".zshrc",
              "autoload -Uz compinit && compinit -u -D\n" + start_of("zsh") +
                  "unsetopt prompt_cr prompt_sp zle_bracketed_paste\nunset zle_bracketed_paste\nPS1='ready> '\n");
  for (const Line &line : kLines) EXPECT_EQ(shell.complete(line.typed), line.becomes) << line.typed;
}

TEST(Completion, OfFishAsItAnswers) {
  if (!is_here("fish")) GTEST_SKIP() << "there is no fish";
  const TempFolder folder;
  folder.write("plain.c", "");
  const std::string load = "'" + graft_command() + "' completion fish | source; ";
  const auto offers = [&](const std::string &typed) {
    const Outcome outcome = run({"fish", "--no-config", "-c", load + "complete -C 'graft " + typed + "'"},
                                {{}, {"HOME=" + folder.path().string()}, folder.path()});
    return "\n" + outcome.out + outcome.err;
  };
  EXPECT_THAT(offers("inspe"), HasSubstr("\ninspect\tprint what compiling"));
  EXPECT_THAT(offers("help contra"), HasSubstr("\ncontracts\t"));
  EXPECT_THAT(offers("test --jun"), HasSubstr("\n--junit\twrite the results"));
  EXPECT_EQ(offers("test --sanitize ad"), "\naddress\n") << "the option's words are not its values'";
  EXPECT_EQ(offers("new mine --template st"), "\nstate\n");
  EXPECT_EQ(offers("completion zs"), "\nzsh\n");
  EXPECT_THAT(offers("cache veri"), HasSubstr("\nverify\t"));
  EXPECT_THAT(offers("cache prune --al"), HasSubstr("\n--all\t"));
  EXPECT_EQ(offers("check pla"), "\nplain.c\n");
  EXPECT_THAT(offers("test --junit pla"), HasSubstr("\nplain.c\n"));
  EXPECT_THAT(offers("inspe pla"), Not(HasSubstr("inspect")));
  EXPECT_THAT(offers("run test --"), Not(HasSubstr("--junit"))) << "a path that is named like a command is none";
}

TEST(Completion, HidesWhatIsNobodysBusiness) {
  for (const char *kind : {"bash", "zsh", "fish", "man"})
    EXPECT_THAT(graft({"completion", kind}).out, Not(HasSubstr("test-child"))) << kind;
}

TEST(ManPage, HasEveryCommandAndNoLineThatTroffTakesForItsOwn) {
  const std::string page = graft({"completion", "man"}).out;
  for (const char *words : {".SS graft run\n", ".SS graft test\n", ".SS graft new\n", ".SH EXIT STATUS\n", "\\-\\-junit"})
    EXPECT_THAT(page, HasSubstr(words));
  for (std::size_t at = page.find("\n."); at != page.npos; at = page.find("\n.", at + 1))
    EXPECT_THAT(page.substr(at + 2, 2), testing::AnyOf("TH", "SH", "SS", "TP", "PP", "nf", "fi", "B ", "I "));
  EXPECT_THAT(page, Not(HasSubstr("\n'"))) << "a request, too";
}

TEST(ManPage, IsReadByTroffWithoutAWarningAndLosesNothing) {
  if (!is_here("groff")) GTEST_SKIP() << "there is no groff";
  const TempFolder folder;
  const std::string page = folder.write("graft.1", graft({"completion", "man"}).out);
  const Outcome read = run({"groff", "-man", "-ww", "-Tascii", "-P-cbou", page});
  EXPECT_EQ(read.status, 0);
  EXPECT_EQ(read.err, "");
  for (const char *words : {"--tier-up fast-then-good|good|fast", "'fast-then-good' (as ever), 'good' or 'fast'", "-O LEVEL",
                            "--junit FILE", "--memory BYTES", "-I DIR", "-j,--jobs COUNT", "graft cache prune", "--max BYTES"})
    EXPECT_THAT(read.out, HasSubstr(words));
}

} // namespace
} // namespace graft::test
