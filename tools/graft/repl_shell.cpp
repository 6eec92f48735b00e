// See repl_shell.hpp.
#include "repl_shell.hpp"

#include "command.hpp"
#include "output.hpp"
#include "repl_commands.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace graft::tool {
namespace {

std::string repeated_text(std::size_t count) {
  if (count == 0) return {};
  return fmt::format("; {} before it {} run again, unseen", counted(count, "input"), count == 1 ? "was" : "were");
}

/// One line, cut short.
std::string first_line(const std::string &text) {
  const std::size_t end = text.find('\n');
  return end == text.npos ? text : text.substr(0, end) + " ...";
}

/// What other prompts take as a command, and C++ as a name: the command that is meant.
std::string bare_command(const Question &question) {
  std::string word = question.text.substr(0, question.text.find_last_not_of(" \t\n;") + 1);
  if (question.what != Asks::kEvaluate) return {};
  if (word == "exit" || word == "quit" || word == "exit()" || word == "quit()") return "quit";
  return word == "help" ? word : std::string();
}

} // namespace

int ReplShell::run(InputReader &inputs) {
  while (std::optional<Question> question = inputs.next())
    if (!take(*std::move(question))) break;
  const int end = finish();
  return status_ == 0 ? end : status_;
}

int ReplShell::finish() {
  const int status = session_.finish();
  if (session_.signal_at_end() != 0)
    print_error(fmt::format("the session's end crashed ({}), in what runs when a program ends", ::strsignal(session_.signal_at_end())));
  return status;
}

bool ReplShell::take(Question question) {
  if (question.text.empty()) return true;
  if (question.what == Asks::kCommand)
    if (const std::optional<bool> goes_on = take_command(question.text)) return *goes_on;
  const std::string place = fmt::format("{}:{}", question.name, question.line);
  const std::string bare = bare_command(question);
  const auto begin = std::chrono::steady_clock::now();
  switch (session_.run(std::move(question))) {
  case Ended::kExited:
    status_ = session_.exit_status();
    return false;
  case Ended::kCrashed:
    tell_crash(place);
    status_ = session_.exit_status();
    return on_failure_ == OnFailure::kGoOn;
  case Ended::kFailed:
    if (!bare.empty()) fmt::print(stderr, "'%{}' is the command of the session\n", bare);
    status_ = kFailed;
    return on_failure_ == OnFailure::kGoOn;
  case Ended::kDone:
    break;
  }
  if (has_timings_)
    fmt::print(stderr, "{}\n", duration(static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count())));
  return true;
}

void ReplShell::tell_crash(const std::string &place) const {
  if (session_.signal() == SIGINT)
    fmt::print(stderr, "interrupted: the input is taken back{}\n", repeated_text(session_.repeated()));
  else
    fmt::print(stderr, "{}: the input crashed ({}) and is taken back{}\n", place, ::strsignal(session_.signal()),
               repeated_text(session_.repeated()));
  tell_lost();
}

void ReplShell::tell_lost() const {
  for (const std::string &one : session_.lost()) fmt::print(stderr, "run again it failed, and is lost: {}\n", first_line(one));
}

bool ReplShell::fail(const std::string &sentence) {
  print_error(sentence);
  status_ = kFailed;
  return on_failure_ == OnFailure::kGoOn;
}

std::optional<bool> ReplShell::take_command(const std::string &line) {
  std::istringstream words(line.substr(line.find('%') + 1));
  std::string name, rest;
  words >> name;
  std::getline(words >> std::ws, rest);
  const auto known = std::ranges::find(command_helps(), name, [](const CommandHelp &one) { return std::string_view(one.name); });
  if (known != command_helps().end())
    if (const std::string wrong = wrong_words(*known, rest); !wrong.empty()) return fail(wrong);
  if (name == "quit" || name == "exit" || name == "q") return false;
  if (name == "help" || name.empty()) return help(rest);
  if (name == "undo") return undo(rest);
  if (name == "save") return save(rest);
  if (name == "edit") return edit();
  if (name == "reset") return session_.reset() ? true : fail("the session could not be started again");
  if (name == "timings") {
    has_timings_ = !has_timings_;
    return true;
  }
  if (name == "history") {
    for (std::size_t i = 0; i < session_.accepted().size(); ++i)
      fmt::print("{:>4}  {}\n", i + 1, first_line(session_.accepted()[i].text));
    std::fflush(stdout);
    return true;
  }
  return std::nullopt;
}

bool ReplShell::undo(const std::string &rest) {
  std::size_t count = 1;
  const auto [end, wrong] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (!rest.empty() && (wrong != std::errc() || end != rest.data() + rest.size() || count == 0))
    return fail(fmt::format("'%undo' wants a number of inputs of 1 or more, not '{}'", rest));
  const std::size_t there = session_.accepted().size();
  if (count > there) return fail(fmt::format("there {} {} to take back, not {}", there == 1 ? "is" : "are", counted(there, "input"), count));
  if (!session_.undo(count)) return fail("what was before could not be run again");
  tell_lost();
  return true;
}

bool ReplShell::save(const std::string &path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const Question &one : session_.accepted()) file << one.text << '\n';
  file.close();
  return file ? true : fail(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

bool ReplShell::edit() {
  const char *editor = std::getenv("VISUAL");
  if (editor == nullptr || *editor == '\0') editor = std::getenv("EDITOR");
  if (editor == nullptr || *editor == '\0') return fail("'%edit' wants an editor in the environment variable EDITOR");
  std::error_code none;
  std::string path = (std::filesystem::temp_directory_path(none) / "graft-edit-XXXXXX.cpp").string();
  const int descriptor = ::mkstemps(path.data(), 4);
  if (descriptor < 0) return fail(fmt::format("cannot make a file to edit: {}", std::strerror(errno)));
  ::close(descriptor);
  if (!session_.accepted().empty()) std::ofstream(path) << session_.accepted().back().text << '\n';
  const pid_t process = ::fork();
  if (process == 0) {
    ::execl("/bin/sh", "sh", "-c", (std::string(editor) + " \"$0\"").c_str(), path.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  while (process > 0 && ::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  ::unlink(path.c_str());
  if (process < 0 || status != 0) return fail("the editor did not end well; nothing was run");
  InputReader inputs(lines_of(text.str()), "edit", Ahead::kAlways);
  while (std::optional<Question> question = inputs.next())
    if (!take(*std::move(question))) return false;
  return true;
}

bool ReplShell::help(const std::string &name) const {
  const std::string_view wanted = std::string_view(name).substr(name.starts_with('%') ? 1 : 0);
  bool is_known = wanted.empty();
  for (const CommandHelp &one : command_helps()) {
    if (!wanted.empty() && wanted != one.name) continue;
    is_known = true;
    fmt::print("%{:<28}{}\n", fmt::format("{} {}", one.name, one.arguments), one.what);
    if (!wanted.empty()) fmt::print("for example  {}\n", one.example);
  }
  if (!is_known) print_error(unknown_command(wanted));
  if (wanted.empty()) fmt::print("\nAnything else is an input; an expression without a semicolon at its end is shown.\n");
  std::fflush(stdout);
  return true;
}

} // namespace graft::tool
