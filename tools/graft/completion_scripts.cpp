// See completion_scripts.hpp. All three shells ask the same in the same order: which command, what the option before wants,
// an option, a verb, a path.
#include "completion_scripts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

namespace graft::tool {
namespace {

/// For single quotes of a POSIX shell, and of fish.
std::string quoted(const std::string &text) {
  std::string result;
  for (const char character : text) result += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return "'" + result + "'";
}

std::string names_of(const std::vector<CommandWords> &commands) {
  std::string text = "help";
  for (const CommandWords &command : commands) text += " " + command.name;
  return text;
}

std::string names_of(const std::vector<OptionWords> &options) {
  std::string text;
  for (const OptionWords &option : options)
    text += fmt::format("{}{}", text.empty() ? "" : " ", fmt::join(option.names, " "));
  return text;
}

/// "test:-j|test:--jobs": the command and the word before.
std::string behind(const CommandWords &command, const OptionWords &option) {
  std::string text;
  for (const std::string &name : option.names) text += (text.empty() ? "" : "|") + command.name + ":" + name;
  return text;
}

/// A line of a shell's `case` for each option that something follows, and for each command whose own words are known.
std::string cases_of(const std::vector<CommandWords> &commands, const char *path, const char *anything,
                     const std::function<std::string(const std::vector<std::string> &values)> &words) {
  std::string text;
  for (const CommandWords &command : commands) {
    for (const OptionWords &option : command.options)
      if (option.follows != Follows::kNothing)
        text += fmt::format("    {}) {} ;;\n", behind(command, option),
                            option.follows == Follows::kPath    ? std::string(path)
                            : option.follows == Follows::kWords ? words(option.values)
                                                                : std::string(anything));
    if (command.follows == Follows::kWords)
      text += fmt::format("    {0}:{0}) {1} ;;\n", command.name, words(command.values));
  }
  return text;
}

} // namespace

std::string bash_script(const std::vector<CommandWords> &commands) {
  std::string text = R"text(# bash completion for graft:  eval "$(graft completion bash)"
_graft_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}
_graft() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words='' verbs=''
  COMPREPLY=()
)text";
  text += fmt::format("  if ((COMP_CWORD == 1)) || [[ $COMP_CWORD == 2 && $command == help ]]; then\n"
                      "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n    return\n  fi\n",
                      names_of(commands));
  text += "  case $command:$previous in\n";
  text += cases_of(commands, "_graft_paths \"$word\"; return", "return",
                   [](const auto &values) { return fmt::format("words='{}'", fmt::join(values, " ")); });
  text += "  esac\n  if [[ -z $words ]]; then\n    case $command in\n";
  for (const CommandWords &command : commands) {
    text += fmt::format("      {}) [[ $word != -* ]] || words='{}'", command.name, names_of(command.options));
    if (!command.verbs.empty()) text += fmt::format("; verbs='{}'", names_of(command.verbs));
    text += " ;;\n";
  }
  return text + R"text(    esac
  fi
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ -n $verbs ]]; then
    COMPREPLY=($(compgen -W "$verbs" -- "$word"))
  elif [[ $word != -* ]]; then
    _graft_paths "$word"
  fi
}
complete -F _graft graft
)text";
}

std::string zsh_script(const std::vector<CommandWords> &commands) {
  const auto described = [](const std::vector<OptionWords> &options) {
    std::string list;
    for (const OptionWords &option : options)
      for (const std::string &name : option.names) list += " " + quoted(name + ":" + option.help);
    return list;
  };
  std::string text = R"text(#compdef graft
# zsh completion for graft:  eval "$(graft completion zsh)"  behind compinit, or as the file _graft in a folder of $fpath
_graft() {
  local -a subcommands flags values verbs
  local command=$words[2]
  subcommands=(
    'help:explain a command'
)text";
  for (const CommandWords &command : commands) text += "    " + quoted(command.name + ":" + command.help) + "\n";
  text += R"text(  )
  if ((CURRENT == 2)) || [[ $CURRENT == 3 && $command == help ]]; then
    _describe -t commands command subcommands
    return
  fi
  case $command:$words[CURRENT-1] in
)text";
  text += cases_of(commands, "_files; return", "return 1",
                   [](const auto &values) { return fmt::format("values=({})", fmt::join(values, " ")); });
  text += "  esac\n  case $command in\n";
  for (const CommandWords &command : commands) {
    text += fmt::format("    {}) flags=({})", command.name, described(command.options));
    if (!command.verbs.empty()) text += fmt::format("; verbs=({})", described(command.verbs));
    text += " ;;\n";
  }
  return text + R"text(  esac
  if (($#values)); then
    compadd -a values
  elif [[ $words[CURRENT] == -* ]]; then
    _describe -o option flags
  elif (($#verbs)); then
    _describe -t commands command verbs
  else
    _files
  fi
}
if [[ $funcstack[1] == _graft ]]; then _graft "$@"; else compdef _graft graft; fi
)text";
}

std::string fish_script(const std::vector<CommandWords> &commands) {
  std::string text = R"text(# fish completion for graft:  graft completion fish | source
function __graft_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end
function __graft_is_first
    set -l words (commandline -opc)
    test (count $words) -eq 1; or test (count $words) -eq 2 -a "$words[2]" = help
end
complete -c graft -n __graft_is_first -f -a help -d 'explain a command'
)text";
  for (const CommandWords &command : commands) {
    text += fmt::format("complete -c graft -n __graft_is_first -f -a {} -d {}\n", command.name, quoted(command.help));
    const std::string here = fmt::format("complete -c graft -n '__graft_is {}'", command.name);
    for (const OptionWords &verb : command.verbs)
      text += fmt::format("{} -f -a {} -d {}\n", here, verb.names[0], quoted(verb.help));
    if (command.follows == Follows::kWords) text += fmt::format("{} -f -a '{}'\n", here, fmt::join(command.values, " "));
    for (const OptionWords &option : command.options) {
      text += here;
      for (const std::string &name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2)
                : name.size() == 2     ? " -s " + name.substr(1)
                                       : " -o " + name.substr(1);
      if (option.follows == Follows::kPath) text += " -r -F";
      if (option.follows == Follows::kWords) // behind its tab each would have words of its own; the option's are said of none
        text += fmt::format(" -x -a \"(printf '%s\\t\\n' {})\"", fmt::join(option.values, " "));
      if (option.follows == Follows::kAnything) text += " -x";
      text += " -d " + quoted(option.help) + "\n";
    }
  }
  return text;
}

} // namespace graft::tool
