// `graft repl`: C and C++ a line at a time. Where inputs come from, and what becomes of how they end.
#include "command.hpp"
#include "output.hpp"
#include "repl_lines.hpp"
#include "repl_serve.hpp"
#include "repl_session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace graft::tool {
namespace {

struct ReplCommand {
  std::vector<std::string> paths;
  std::vector<std::string> code;
  ServeSettings settings;
};

/// What an input that does not succeed means for those behind it.
enum class OnFailure : bool { kGoOn, kStop };

void tell_crash(const ReplSession &session) {
  const std::string again = session.repeated() == 0
                                ? std::string()
                                : fmt::format("; {} before it {} run again, unseen", counted(session.repeated(), "input"),
                                              session.repeated() == 1 ? "was" : "were");
  if (session.signal() == SIGINT)
    fmt::print(stderr, "interrupted: the input is taken back{}\n", again);
  else
    print_error(fmt::format("the input crashed ({}) and is taken back{}", ::strsignal(session.signal()), again));
}

/// The status to leave with, or nothing.
int run_all(ReplSession &session, InputReader &inputs, OnFailure on_failure) {
  int status = kDone;
  while (std::optional<Question> question = inputs.next()) {
    const Ended ended = session.run(*std::move(question));
    if (ended == Ended::kExited) return session.exit_status();
    if (ended == Ended::kDone) continue;
    if (ended == Ended::kCrashed) tell_crash(session);
    status = ended == Ended::kCrashed ? session.exit_status() : kFailed;
    if (on_failure == OnFailure::kStop) return status;
  }
  const int end = session.finish();
  return end != 0 ? end : status;
}

int repl(const ReplCommand &command) {
  const ServeSettings settings = command.settings;
  ReplSession session([&](Channel channel) { serve_session(std::move(channel), settings); }, Copies::kSeldom);
  if (const Result<void> started = session.start(); !started) {
    print_error(started.error());
    return kFailed;
  }
  if (!command.code.empty()) {
    std::string text;
    for (const std::string &one : command.code) text += one + "\n";
    InputReader inputs(lines_of(std::move(text)), "-e", /*looks_ahead=*/true);
    return run_all(session, inputs, OnFailure::kStop);
  }
  for (const std::string &path : command.paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    InputReader inputs(lines_of(text.str()), path, /*looks_ahead=*/true);
    return run_all(session, inputs, OnFailure::kStop);
  }
  InputReader inputs(lines_of(STDIN_FILENO), "stdin", /*looks_ahead=*/true);
  return run_all(session, inputs, OnFailure::kGoOn);
}

} // namespace

void add_repl(CLI::App &app, Action &action) {
  auto options = std::make_shared<ReplCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("repl", "C and C++ a line at a time");
  command->add_option("PATH", options->paths, "a script, or folders with bundles to load");
  command->add_option("-e", options->code, "run this instead of reading inputs; may be repeated")->type_name("CODE")->expected(1)->take_all();
  command->add_flag_callback(
      "--c", [options] { options->settings.options.language = ReplLanguage::kC; }, "inputs are C");
  command->callback([&action, options] { action = [options] { return repl(*options); }; });
}

} // namespace graft::tool
