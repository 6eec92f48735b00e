// `graft completion KIND`: a script that completes commands, options and paths in a shell, or the man page.
#include "completion_scripts.hpp"
#include "usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace graft::tool {
namespace {

/// By the name that the help gives to its value: "FILE", "DIR|URL|off", "KIND:{c,cpp}".
Follows follows_of(const CLI::Option &option) {
  if (option.get_items_expected_max() == 0) return Follows::kNothing;
  if (!values_of(option).empty()) return Follows::kWords;
  const std::string type = option.get_type_name(), name = option.get_name(/*positional=*/true);
  const auto names_path = [](std::string_view text) {
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"FILE", "DIR", "PATH", "HEADER", "OLD", "NEW", "SCRIPT"},
        [&](std::string_view word) { return text.starts_with(word); });
  };
  return names_path(type) || (option.get_positional() && names_path(name)) ? Follows::kPath : Follows::kAnything;
}

OptionWords words_of(const CLI::Option &option) {
  OptionWords words{{}, option.get_description(), follows_of(option), values_of(option)};
  for (const std::string &name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string &name : option.get_lnames()) words.names.push_back("--" + name);
  return words;
}

void add_options(const CLI::App &command, CommandWords &words) {
  for (const CLI::Option *option : command.get_options()) {
    OptionWords one = words_of(*option);
    if (one.names.empty()) {
      words.follows = one.follows, words.values = one.values;
      continue;
    }
    if (std::ranges::find(words.options, one.names, &OptionWords::names) == words.options.end())
      words.options.push_back(std::move(one));
  }
}

/// Those of `graft exec`, which are a compiler's, and in no table of CLI11's.
std::vector<OptionWords> exec_options() {
  std::vector<OptionWords> options = {{{"-I"}, "where headers are", Follows::kPath},
                                      {{"-L"}, "where libraries are", Follows::kPath},
                                      {{"-l"}, "a shared library", Follows::kAnything},
                                      {{"-D"}, "define a macro", Follows::kAnything},
                                      {{"-x"}, "the language of files without an ending", Follows::kWords, {"c", "c++"}},
                                      {{"-g"}, "for debuggers"},
                                      {{"--cache"}, "where compiled programs are kept", Follows::kPath}};
  for (const char *plain :
       {"-O0", "-O1", "-O2", "-O3", "-std=c17", "-std=c23", "-std=c++20", "-std=c++23", "-Wall", "-Wextra"})
    options.push_back({{plain}, "as clang's"});
  return options;
}

} // namespace

std::vector<CommandWords> words_of(const CLI::App &app) {
  std::vector<CommandWords> commands;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); })) {
    CommandWords &words = commands.emplace_back(CommandWords{command->get_name(), command->get_description(), {}});
    add_options(*command, words);
    for (const CLI::App *verb : command->get_subcommands([](const CLI::App *) { return true; })) {
      words.verbs.push_back({{verb->get_name()}, verb->get_description()});
      add_options(*verb, words);
    }
    if (words.name != "exec") continue;
    words.follows = Follows::kPath;
    for (OptionWords &option : exec_options()) words.options.push_back(std::move(option));
  }
  return commands;
}

void add_completion(CLI::App &app, Action &action) {
  auto shell = std::make_shared<std::string>(); // shared with the action, which outlives this call
  CLI::App *command =
      app.add_subcommand("completion", "print a script that completes graft's words in a shell, or the man page");
  command->add_option("KIND", *shell, "bash, zsh, fish, or man")->required()->check(one_of({"bash", "zsh", "fish", "man"}));
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
