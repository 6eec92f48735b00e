// `graft completion KIND`: a script that completes commands, options and paths in a shell, or the man page; made of the
// commands that there are, so that neither can be behind.
#include "command.hpp"
#include "output.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

namespace graft::tool {
namespace {

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<std::string> options; ///< "--json", "-O"
};

std::vector<CommandWords> words_of(const CLI::App &app) {
  std::vector<CommandWords> commands;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); })) {
    CommandWords &words = commands.emplace_back(CommandWords{command->get_name(), command->get_description(), {}});
    for (const CLI::Option *option : command->get_options()) {
      for (const std::string &name : option->get_snames()) words.options.push_back("-" + name);
      for (const std::string &name : option->get_lnames()) words.options.push_back("--" + name);
    }
    for (const CLI::App *verb : command->get_subcommands([](const CLI::App *) { return true; }))
      words.options.push_back(verb->get_name());
  }
  return commands;
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string names_of(const std::vector<CommandWords> &commands) {
  std::string text;
  for (const CommandWords &command : commands) text += (text.empty() ? "" : " ") + command.name;
  return text;
}

/// For single quotes of a POSIX shell, and of fish.
std::string quoted(const std::string &text) {
  std::string result;
  for (const char character : text) result += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return "'" + result + "'";
}

std::string bash_script(const std::vector<CommandWords> &commands) {
  std::string text = "# bash completion for graft:  eval \"$(graft completion bash)\"\n_graft() {\n"
                     "  local word=${COMP_WORDS[COMP_CWORD]} options=\n  COMPREPLY=()\n"
                     "  if ((COMP_CWORD == 1)); then\n";
  text += fmt::format("    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n    return\n  fi\n",
                      names_of(commands));
  text += "  case ${COMP_WORDS[1]} in\n";
  for (const CommandWords &command : commands)
    text += fmt::format("    {}) options='{}' ;;\n", command.name, joined(command.options));
  return text + "  esac\n  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n  else\n"
                "    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _graft graft\n";
}

std::string zsh_script(const std::vector<CommandWords> &commands) {
  std::string text = "#compdef graft\n# zsh completion for graft:  eval \"$(graft completion zsh)\"\n_graft() {\n  local -a "
                     "commands options\n  commands=(\n";
  for (const CommandWords &command : commands) text += "    " + quoted(command.name + ":" + command.help) + "\n";
  text += "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n";
  for (const CommandWords &command : commands)
    text += fmt::format("    {}) options=({}) ;;\n", command.name, joined(command.options));
  return text + "  esac\n  if [[ $words[CURRENT] == -* ]]; then\n    compadd -- $options\n  else\n    _files\n  "
                "fi\n}\ncompdef _graft graft\n";
}

std::string fish_script(const std::vector<CommandWords> &commands) {
  std::string text = "# fish completion for graft:  graft completion fish | source\n";
  for (const CommandWords &command : commands) {
    text += fmt::format("complete -c graft -n __fish_use_subcommand -f -a {} -d {}\n", command.name, quoted(command.help));
    for (const std::string &option : command.options) {
      const bool is_long = option.starts_with("--"), is_verb = !option.starts_with('-');
      text += fmt::format("complete -c graft -n '__fish_seen_subcommand_from {}' {} {}\n", command.name,
                          is_verb   ? "-a"
                          : is_long ? "-l"
                                    : "-s",
                          option.substr(is_verb   ? 0
                                        : is_long ? 2
                                                  : 1));
    }
  }
  return text;
}

/// For troff: a hyphen that is one, and no line that is a request.
std::string troff(const std::string &text) {
  std::string result;
  for (const char character : text) {
    if (character == '-' || character == '\\') result += '\\';
    result += character == '\\' ? std::string("e") : std::string(1, character);
    if (character == '\n') result += "\\&";
  }
  return result;
}

/// A footer of a help text, as it is, in a block without filling.
std::string troff_block(const std::string &text) { return text.empty() ? "" : ".nf\n\\&" + troff(text) + "\n.fi\n"; }

std::string man_page(const CLI::App &app) {
  std::string text = ".TH GRAFT 1\n.SH NAME\ngraft \\- " + troff(app.get_description()) +
                     "\n.SH SYNOPSIS\n.B graft\n.I COMMAND\n[\\fIOPTION\\fR...] "
                     "[\\fIPATH\\fR...]\n.SH COMMANDS\n";
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); })) {
    text += ".SS graft " + troff(command->get_name()) + "\n" + troff(command->get_description()) + ".\n";
    for (const CLI::Option *option : command->get_options())
      text += ".TP\n.B " + troff(option->get_name(/*positional=*/true, /*all_options=*/true)) + "\n" +
              troff(option->get_description()) + "\n";
    text += ".PP\n" + troff_block(command->get_footer());
  }
  text += ".SH EXIT STATUS\n0 done, 1 failed, 2 used wrongly; of 'graft exec' the program's own.\n.SH ENVIRONMENT\n"
          ".TP\n.B GRAFT_CACHE\nWhere compiled bundles are kept: a folder, a redis:// URL, or off.\n"
          ".TP\n.B GRAFT_PERF_MAP\n1: perf is told the names of bundles' functions.\n"
          ".TP\n.B NO_COLOR\nNo colour on a terminal either.\n";
  return text;
}

} // namespace

void add_completion(CLI::App &app, Action &action) {
  auto shell = std::make_shared<std::string>(); // shared with the action, which outlives this call
  CLI::App *command =
      app.add_subcommand("completion", "print a script that completes graft's words in a shell, or the man page");
  command->add_option("KIND", *shell, "bash, zsh, fish, or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "man"}));
  command->footer(R"text(
Examples:
  eval "$(graft completion bash)"                                        in ~/.bashrc
  eval "$(graft completion zsh)"                                         in ~/.zshrc
  graft completion man > ~/.local/share/man/man1/graft.1
  graft completion fish > ~/.config/fish/completions/graft.fish)text");
  command->callback([&app, &action, shell] {
    action = [&app, shell] {
      if (*shell == "man") return fmt::print("{}", man_page(app)), kDone;
      const std::vector<CommandWords> commands = words_of(app);
      fmt::print("{}", *shell == "bash"  ? bash_script(commands)
                       : *shell == "zsh" ? zsh_script(commands)
                                         : fish_script(commands));
      return kDone;
    };
  });
}

} // namespace graft::tool
