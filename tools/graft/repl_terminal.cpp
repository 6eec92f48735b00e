// See repl_terminal.hpp. The history is $GRAFT_HISTORY, else `graft_history` in $XDG_STATE_HOME, else `~/.graft_history`.
#include "repl_terminal.hpp"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace graft::tool {
namespace {

constexpr int kMostRemembered = 2000;
constexpr char kEndOfInput = '\4'; // Ctrl-D

std::string history_file() {
  if (const char *given = std::getenv("GRAFT_HISTORY")) return given;
  if (const char *state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') return std::string(state) + "/graft_history";
  const char *home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home) + "/.graft_history";
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Files that begin as `text` does.
std::vector<std::string> paths_like(const std::string &text) {
  std::vector<std::string> found;
  const std::size_t slash = text.rfind('/');
  const std::string folder = slash == text.npos ? std::string() : text.substr(0, slash + 1);
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, failure);
       !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    const std::string name = folder + entry->path().filename().string() + (entry->is_directory(failure) ? "/" : "");
    if (name.starts_with(text)) found.push_back(name);
  }
  std::ranges::sort(found);
  return found;
}

/// What was typed before we listened, an end of the input among it; the terminal edits its lines as yet.
std::string typed_ahead() {
  std::string keys;
  char bytes[1024];
  for (pollfd waiting{STDIN_FILENO, POLLIN, 0}; ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;) {
    const ssize_t read = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (read <= 0) return read == 0 ? keys + kEndOfInput : keys;
    keys.append(bytes, static_cast<std::size_t>(read));
  }
  return keys;
}

} // namespace

struct Terminal::State {
  EditLine *line = nullptr;
  History *history = nullptr;
  Complete complete;
  std::string path; ///< of the history
  Prompt prompt = Prompt::kFirst;

  /// The common beginning of all that may follow; a list of them when there is nothing to add.
  unsigned char complete_here() {
    const LineInfo *info = el_line(line);
    const std::string text(info->buffer, info->cursor);
    const bool is_path = text.starts_with("%load ") || text.starts_with("%reload ") || text.starts_with("%save ") ||
                         text.starts_with("%plan ") || std::count(text.begin(), text.end(), '"') % 2 == 1;
    // A name of a contract has dots, one of a bundle may have anything.
    const bool is_argument = is_path || text.starts_with("%call ") || text.starts_with("%unload ") || text.starts_with("%rollback ");
    std::size_t begin = text.size();
    while (begin > 0 && (is_argument ? text[begin - 1] != ' ' && text[begin - 1] != '"' : is_word(text[begin - 1]))) --begin;
    const std::string word = text.substr(begin);
    std::vector<std::string> found = is_path ? paths_like(word) : complete(text);
    if (text.starts_with("%reload ") || text.starts_with("%plan ")) std::ranges::move(complete(text), std::back_inserter(found));
    if (found.empty()) return CC_ERROR;
    std::string common = found.front();
    for (const std::string &one : found)
      common.resize(static_cast<std::size_t>(std::ranges::mismatch(common, one).in1 - common.begin()));
    if (common.size() > word.size()) {
      el_insertstr(line, common.c_str() + word.size());
      return CC_REFRESH;
    }
    if (found.size() == 1) return CC_REFRESH;
    std::printf("\n");
    for (const std::string &one : found) std::printf("%s  ", one.c_str());
    std::printf("\n");
    return CC_REDISPLAY;
  }
};

namespace {

volatile std::sig_atomic_t interrupts = 0;

void note_interrupt(int) { interrupts = 1; }

} // namespace

Terminal::Terminal(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Terminal>> Terminal::create(Complete complete) {
  auto state = std::make_unique<State>();
  state->complete = std::move(complete);
  state->path = history_file();
  state->line = el_init("graft", stdin, stdout, stderr);
  state->history = history_init();
  if (state->line == nullptr || state->history == nullptr) return error(Code::kEnvironment, "the terminal cannot be edited on");
  HistEvent event;
  history(state->history, &event, H_SETSIZE, kMostRemembered);
  history(state->history, &event, H_SETUNIQUE, 1);
  if (!state->path.empty()) history(state->history, &event, H_LOAD, state->path.c_str());
  EditLine *line = state->line;
  el_set(line, EL_CLIENTDATA, state.get());
  el_set(line, EL_PROMPT, +[](EditLine *of) -> char * {
    void *data = nullptr;
    el_get(of, EL_CLIENTDATA, &data);
    static char first[] = "graft> ", more[] = "   ... ";
    return static_cast<State *>(data)->prompt == Prompt::kFirst ? first : more;
  });
  el_set(line, EL_EDITOR, "emacs");
  el_set(line, EL_SIGNAL, 0);
  el_set(line, EL_HIST, history, state->history);
  el_set(line, EL_ADDFN, "graft-complete", "complete", +[](EditLine *of, int) -> unsigned char {
    void *data = nullptr;
    el_get(of, EL_CLIENTDATA, &data);
    return static_cast<State *>(data)->complete_here();
  });
  el_set(line, EL_BIND, "^I", "graft-complete", nullptr);
  el_set(line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // While an input runs the terminal edits what is typed ahead. Ctrl-D is a key like others there: as the end of a line that nobody
  // reads it would arrive as a zero byte. (libedit shows its prompt before it takes over: even a quick hand is ahead of it.)
  el_set(line, EL_SETTY, "-x", "eof=", nullptr);
  el_source(line, nullptr);
  el_push(line, typed_ahead().c_str());
  struct sigaction action = {};
  action.sa_handler = note_interrupt; // without SA_RESTART: reading ends
  ::sigaction(SIGINT, &action, nullptr);
  return std::unique_ptr<Terminal>(new Terminal(std::move(state)));
}

Terminal::~Terminal() {
  HistEvent event;
  if (!state_->path.empty()) history(state_->history, &event, H_SAVE, state_->path.c_str());
  history_end(state_->history);
  el_end(state_->line);
  std::signal(SIGINT, SIG_DFL);
}

std::optional<std::string> Terminal::read_line(Prompt prompt) {
  state_->prompt = prompt;
  interrupts = 0;
  int size = 0;
  const char *text = el_gets(state_->line, &size);
  if (interrupts != 0) el_reset(state_->line);
  if (interrupts != 0 || text == nullptr || size <= 0) {
    std::printf("\n"); // behind the prompt
    return interrupts != 0 ? std::optional<std::string>(kGivenUp) : std::nullopt;
  }
  std::string line(text, static_cast<std::size_t>(size));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return line;
}

void Terminal::remember(const std::string &input) {
  HistEvent event;
  if (input.empty()) return;
  history(state_->history, &event, H_ENTER, input.c_str());
  // Now: a terminal that is closed ends the session without asking.
  if (!state_->path.empty()) history(state_->history, &event, H_SAVE, state_->path.c_str());
}

} // namespace graft::tool
