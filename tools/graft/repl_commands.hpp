// The lines that begin with '%': what the half that runs code does for them. The live bundles of a session are here.
#pragma once

#include "repl_channel.hpp"

#include <graft/repl.hpp>
#include <graft/runtime.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::tool {

/// What `%help` says of one.
struct CommandHelp {
  const char *name;
  const char *arguments;
  const char *what;
  const char *example;
};
std::span<const CommandHelp> command_helps();

/// Whether it is said what became of a command; a script's output is what its inputs print.
enum class Talk : bool { kLess, kMore };

/// Why `words` are too many or too few for a command; empty when they are not. What it wants is what its help says.
std::string wrong_words(const CommandHelp &command, const std::string &words);

/// That there is no such command, and which one is meant.
std::string unknown_command(std::string_view name);

/// The commands that may be meant where a name of one stands in `text`, which is to be completed; nothing where none does.
std::optional<std::vector<std::string>> complete_command(const std::string &text);

/// Threads: one. Owns: the runtime, which is made when a bundle is first asked for.
class ReplCommands {
 public:
  ReplCommands(Repl &repl, ReplLanguage language, Talk talk) : repl_(repl), language_(language), talk_(talk) {}

  Reply run(const Question &question);
  /// What may stand as the argument of a command at the end of `text`; nothing where that is code, or no command.
  std::optional<std::vector<std::string>> complete(const std::string &text) const;

 private:
  Reply load(const Question &question, const std::vector<std::string> &words);
  Reply unload(const std::vector<std::string> &words);
  Reply reload(const Question &question, const std::vector<std::string> &words);
  Reply rollback(const std::vector<std::string> &words);
  Reply plan(const std::vector<std::string> &words);
  Reply list_bundles();
  Reply list_contracts();
  Reply call(const std::vector<std::string> &words);
  Reply time(const Question &question, const std::string &code);
  Reply show_text(const Question &question, const std::string &code, ReplText text);
  Reply show_type(const std::string &expression);
  Reply describe(const std::string &name);
  Reply add_library(const std::string &name);

  Result<Runtime *> runtime();
  /// How a command that loaded from these paths is said where their files changed since, and puts the files there.
  std::string otherwise(const Question &question, const std::string &name, const std::vector<std::string> &paths);
  /// What a name or path stands for: where a bundle is that runs from copies of its files.
  std::string place_of(const std::string &name_or_path) const;
  /// Makes the contracts of bundles that were just loaded known to inputs, by their names. C has no expression that holds a
  /// contract for as long as it is called, so there they are called by '%call'.
  Result<void> declare_contracts();

  Repl &repl_;
  ReplLanguage language_;
  Talk talk_;
  std::unique_ptr<Runtime> runtime_;
  std::string kept_; ///< where copies of bundles are; empty before the first
  std::map<std::string, std::vector<ContractFacts>> areas_; ///< contracts that inputs can name, by their variable
  std::size_t area_count_ = 0;
  std::set<std::string> called_by_name_; ///< contracts that they cannot
};

} // namespace graft::tool
