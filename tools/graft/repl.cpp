// `graft repl`: C and C++ a line at a time. Its options, and where inputs come from.
#include "command.hpp"
#include "output.hpp"
#include "repl_commands.hpp"
#include "repl_kept.hpp"
#include "repl_lines.hpp"
#include "repl_serve.hpp"
#include "repl_session.hpp"
#include "repl_shell.hpp"
#include "repl_terminal.hpp"
#include "usage.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace graft::tool {
namespace {

struct ReplCommand {
  std::vector<std::string> paths;
  std::vector<std::string> code;
  std::vector<std::string> include_dirs;
  std::vector<std::string> definitions;
  std::string standard;
  std::string optimise;
  bool keeps_going = false;
  ServeSettings settings;
};

ServeSettings settings_of(const ReplCommand &command) {
  ServeSettings settings = command.settings;
  std::vector<std::string> &flags = settings.options.flags;
  for (const std::string &one : command.include_dirs) flags.push_back("-I" + one);
  for (const std::string &one : command.definitions) flags.push_back("-D" + one);
  if (!command.standard.empty()) flags.push_back("-std=" + command.standard);
  if (!command.optimise.empty()) flags.push_back("-O" + command.optimise);
  return settings;
}

/// Folders are bundles, to be loaded first; a file is a script.
struct Paths {
  std::vector<std::string> bundles;
  std::string script;
};

Result<Paths> sort_out(const std::vector<std::string> &paths) {
  Paths result;
  for (const std::string &path : paths) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) {
      result.bundles.push_back(path);
      continue;
    }
    if (!std::filesystem::exists(path, failure)) {
      if (result.script.empty()) return error(Code::kNotFound, fmt::format("there is no '{}'", path));
      return error(Code::kNotFound, fmt::format("there is no '{}'; a script has no arguments: what stands behind it are bundles "
                                                "to load. Variables of the environment reach it", path));
    }
    if (!result.script.empty())
      return error(Code::kInvalid, fmt::format("'{}' and '{}' are both scripts; one can run", result.script, path));
    result.script = path;
  }
  return result;
}

int run_at_terminal(ReplSession &session) {
  ReplShell shell(session, OnFailure::kGoOn);
  auto terminal = Terminal::create([&](const std::string &text) {
    const std::optional<std::vector<std::string>> commands = complete_command(text);
    return commands ? *commands : session.complete(text);
  });
  if (!terminal) {
    print_error(terminal.error());
    return kFailed;
  }
  fmt::print("{}; %help says more\n", version_text());
  InputReader inputs([&](Prompt prompt) { return terminal->read_line(prompt); }, "input", Ahead::kNo);
  while (std::optional<Question> question = inputs.next()) {
    terminal->remember(question->text);
    if (!shell.take(*std::move(question))) break;
  }
  const int status = shell.finish();
  return session.exit_status() != 0 && session.signal() == 0 ? session.exit_status() : status;
}

int repl(const ReplCommand &command) {
  const ServeSettings settings = settings_of(command);
  Result<Paths> paths = sort_out(command.paths);
  if (!paths) {
    print_error(paths.error());
    return kUsedWrongly;
  }
  const bool is_program = !command.code.empty() || !paths->script.empty();
  const bool reads_terminal = !is_program && ::isatty(STDIN_FILENO) == 1;
  ServeSettings served = settings;
  served.shows_types |= reads_terminal;
  served.says_more = reads_terminal;
  served.has_input = reads_terminal || is_program;
  ReplSession session([&](Channel channel) { serve_session(std::move(channel), served); },
                      reads_terminal ? Copies::kAlways : Copies::kSeldom);
  if (const Result<void> started = session.start(); !started) {
    print_error(started.error());
    return kFailed;
  }
  ReplShell shell(session, is_program && !command.keeps_going ? OnFailure::kStop : OnFailure::kGoOn);
  for (const std::string &bundle : paths->bundles)
    if (!shell.take({Asks::kCommand, false, 1, "bundle", "%load " + quoted(bundle)})) return session.finish() != 0 ? session.exit_status() : kFailed;
  if (reads_terminal) return run_at_terminal(session);
  std::string text;
  for (const std::string &one : command.code) text += one + "\n";
  if (!paths->script.empty()) {
    std::ifstream file(paths->script, std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    text = all.str();
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3); // a mark of UTF-8, which says nothing else
  }
  const std::string name = !command.code.empty() ? "-e" : is_program ? paths->script : "stdin";
  InputReader inputs(is_program ? lines_of(std::move(text)) : lines_of(STDIN_FILENO), name,
                     is_program ? Ahead::kAlways : Ahead::kWhenUnsure);
  return shell.run(inputs);
}

} // namespace

void add_repl(CLI::App &app, Action &action) {
  auto options = std::make_shared<ReplCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("repl", "C and C++ a line at a time, with bundles in reach");
  command->add_option("PATH", options->paths, "folders with bundles to load, and a script to run");
  command->add_option("-e", options->code, "run this instead of reading inputs; may be repeated")
      ->type_name("CODE")
      ->expected(1)
      ->allow_extra_args(false) // a bundle may follow
      ->take_all();
  command->add_flag_callback(
      "--c", [options] { options->settings.options.language = ReplLanguage::kC; }, "inputs are C");
  command->add_flag("--types", options->settings.shows_types, "show values with their types, as at a terminal");
  command->add_flag("--keep-going", options->keeps_going, "a script goes on behind an input that fails");
  command->add_option("--std", options->standard, "c++20 or newer, c11, gnu17, ...")->type_name("STANDARD");
  command->add_option("-O", options->optimise, "-O0 to -O3")->check(between(0, 3))->type_name("LEVEL");
  command->add_option("-D", options->definitions, "define a macro; may be repeated")->type_name("NAME[=VALUE]")->expected(1)->allow_extra_args(false)->take_all();
  command->add_option("-l", options->settings.options.libraries, "a shared library to link against; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->allow_extra_args(false) // a bundle may follow
      ->take_all();
  command->add_option("-L", options->settings.options.library_dirs, "where those are looked for first")
      ->type_name("DIR")
      ->expected(1)
      ->allow_extra_args(false) // a bundle may follow
      ->take_all();
  add_include_dirs(*command, options->include_dirs);
  command->get_option("-I")->allow_extra_args(false);
  command->footer(R"(
Declarations, statements and expressions in any order; an expression without a semicolon at its end is shown. What is defined again
replaces what was there. An input that crashes is taken back, and the session goes on. '%help' lists what else there is.

Without a terminal nothing is printed but what the inputs print and show. The exit status is what 'exit' was given, 1 after an input
that does not compile or throws, 128 and the signal's number after one that crashes. A script and -e stop there; stdin goes on.

Examples:
  graft repl                                      at a prompt
  graft repl -e 'int n = 20;' -e 'n * n'          400
  graft repl plugins/greeter                      with a bundle loaded
  graft repl script.cpp                           also as '#!/usr/bin/env -S graft repl'
  echo '1 + 1' | graft repl)");
  command->callback([&action, options] { action = [options] { return repl(*options); }; });
}

} // namespace graft::tool
