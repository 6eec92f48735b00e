// What shells and man are told of the command: scripts and pages, made of the commands that there are, so that none can be
// behind.
#pragma once

#include "command.hpp"

#include <string>
#include <vector>

namespace graft::tool {

/// What may follow an option, or a command.
enum class Follows : std::uint8_t { kNothing, kPath, kWords, kAnything };

struct OptionWords {
  std::vector<std::string> names; ///< "-j", "--jobs"
  std::string help;
  Follows follows = Follows::kNothing;
  std::vector<std::string> values{}; ///< of kWords
};

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> options; ///< those of its verbs, too
  std::vector<OptionWords> verbs{}; ///< "stat" of "cache"
  Follows follows = Follows::kNothing;
  std::vector<std::string> values{}; ///< of kWords
};

std::vector<CommandWords> words_of(const CLI::App &app);

std::string bash_script(const std::vector<CommandWords> &commands);
std::string zsh_script(const std::vector<CommandWords> &commands);
std::string fish_script(const std::vector<CommandWords> &commands);
std::string man_page(const CLI::App &app);

} // namespace graft::tool
