// `graft completion SHELL`: a script that completes commands, options and paths, made of the commands that there are.
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
  text += fmt::format("    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n    return\n  fi\n", names_of(commands));
  text += "  case ${COMP_WORDS[1]} in\n";
  for (const CommandWords &command : commands) text += fmt::format("    {}) options='{}' ;;\n", command.name, joined(command.options));
  return text + "  esac\n  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n  else\n"
                "    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _graft graft\n";
}

std::string zsh_script(const std::vector<CommandWords> &commands) {
  std::string text = "#compdef graft\n# zsh completion for graft:  eval \"$(graft completion zsh)\"\n_graft() {\n  local -a commands options\n  commands=(\n";
  for (const CommandWords &command : commands) text += "    " + quoted(command.name + ":" + command.help) + "\n";
  text += "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n";
  for (const CommandWords &command : commands) text += fmt::format("    {}) options=({}) ;;\n", command.name, joined(command.options));
  return text + "  esac\n  if [[ $words[CURRENT] == -* ]]; then\n    compadd -- $options\n  else\n    _files\n  fi\n}\ncompdef _graft graft\n";
}

std::string fish_script(const std::vector<CommandWords> &commands) {
  std::string text = "# fish completion for graft:  graft completion fish | source\n";
  for (const CommandWords &command : commands) {
    text += fmt::format("complete -c graft -n __fish_use_subcommand -f -a {} -d {}\n", command.name, quoted(command.help));
    for (const std::string &option : command.options) {
      const bool is_long = option.starts_with("--"), is_verb = !option.starts_with('-');
      text += fmt::format("complete -c graft -n '__fish_seen_subcommand_from {}' {} {}\n", command.name,
                          is_verb ? "-a" : is_long ? "-l" : "-s", option.substr(is_verb ? 0 : is_long ? 2 : 1));
    }
  }
  return text;
}

} // namespace

void add_completion(CLI::App &app, Action &action) {
  auto shell = std::make_shared<std::string>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("completion", "print a script that completes graft's words in a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(R"text(
Examples:
  eval "$(graft completion bash)"                                        in ~/.bashrc
  eval "$(graft completion zsh)"                                         in ~/.zshrc
  graft completion fish > ~/.config/fish/completions/graft.fish)text");
  command->callback([&app, &action, shell] {
    action = [&app, shell] {
      const std::vector<CommandWords> commands = words_of(app);
      fmt::print("{}", *shell == "bash" ? bash_script(commands) : *shell == "zsh" ? zsh_script(commands) : fish_script(commands));
      return kDone;
    };
  });
}

} // namespace graft::tool
