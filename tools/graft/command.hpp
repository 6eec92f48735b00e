// What every subcommand shares: exit codes, the options that most have, and the one function each offers to main.cpp.
#pragma once

#include <graft/runtime.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace graft::tool {

/// The process's exit code. Scripts count on these three.
enum Exit : int { kDone = 0, kFailed = 1, kUsedWrongly = 2 };

/// What the chosen subcommand will do, once all arguments are known to be good.
using Action = std::function<int()>;

enum class Format : bool { kText, kJson };

/// `--json`, as every subcommand that prints facts has it.
void add_json(CLI::App &command, Format &format);
/// `-I`, as every subcommand that compiles a bundle has it.
void add_include_dirs(CLI::App &command, std::vector<std::string> &directories);

// Each makes its subcommand in `app` and, when it is the one that was asked for, leaves what it does in `action`.
void add_watch(CLI::App &app, Action &action);
/// `graft ps`, `reload` and `unload`: what a running host is asked.
void add_remotes(CLI::App &app, Action &action);
void add_check(CLI::App &app, Action &action);
void add_inspect(CLI::App &app, Action &action);
void add_permissions(CLI::App &app, Action &action);
void add_contracts(CLI::App &app, Action &action);
void add_rebind(CLI::App &app, Action &action);
void add_plan(CLI::App &app, Action &action);
void add_new(CLI::App &app, Action &action);
void add_doctor(CLI::App &app, Action &action);
void add_demo(CLI::App &app, Action &action);
void add_cache(CLI::App &app, Action &action);
/// Knows the commands that were added before it is run.
void add_completion(CLI::App &app, Action &action);
void add_test(CLI::App &app, Action &action);
/// What `graft test` starts itself as; in no help.
void add_test_child(CLI::App &app, Action &action);
void add_exec(CLI::App &app);
void add_repl(CLI::App &app, Action &action);

/// `graft exec`, by hand: its flags are a C compiler's, which CLI11 cannot read. `words` begin behind "exec".
int run_exec(std::vector<std::string> words);

/// One `--call TARGET ARG...` of `graft run`.
struct CallWords {
  std::string target;
  std::vector<std::string> arguments;
};
/// Takes every `--call` with its words out of `words`; a call's words end at the next option of `graft run`, or at `--`.
std::vector<CallWords> take_calls(std::vector<std::string> &words);
void add_run(CLI::App &app, const std::vector<CallWords> &calls, Action &action);

} // namespace graft::tool
