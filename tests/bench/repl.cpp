// A session of `graft repl` beside one of clang-repl: how soon it answers at a terminal, what many inputs cost, and what they leave in
// memory.
#include "crowded.hpp"
#include "peers.hpp"
#include "temp_folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

namespace graft::bench {
namespace {

using Words = std::vector<std::string>;

constexpr const char *kPeer = "clang-repl-22";
constexpr int kStarts = 11, kAsks = 51, kBatches = 5;

double milliseconds(const std::function<void()> &what) {
  const auto start = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// A session at a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const Words &words) {
    process_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (process_ != 0) return;
    ::setenv("TERM", "dumb", /*overwrite=*/1);
    std::vector<char *> arguments;
    for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  Terminal(const Terminal &) = delete;
  ~Terminal() {
    ::kill(process_, SIGKILL);
    ::close(terminal_);
    ::waitpid(process_, nullptr, 0);
  }

  void say(const std::string &line) {
    if (::write(terminal_, (line + '\n').data(), line.size() + 1) < 0) end("does not listen");
  }
  /// Reads until `text` has come, and forgets what came before.
  void await(const std::string &text) {
    while (heard_.find(text) == std::string::npos) {
      pollfd source{terminal_, POLLIN, 0};
      if (::poll(&source, 1, /*timeout=*/30'000) != 1) end("does not say '" + text + "'");
      char bytes[4096];
      const ssize_t count = ::read(terminal_, bytes, sizeof bytes);
      if (count <= 0) end("ended before it said '" + text + "'");
      heard_.append(bytes, static_cast<std::size_t>(count));
    }
    heard_.erase(0, heard_.find(text) + text.size());
  }
  /// What the session's processes have for themselves, shared pages by their share.
  double kilobytes() const { return kilobytes_of(process_); }

 private:
  [[noreturn]] void end(const std::string &what) {
    std::fprintf(stderr, "graft_bench: a session %s; it said '%s'\n", what.c_str(), heard_.c_str());
    std::exit(1);
  }
  static double kilobytes_of(pid_t process) {
    const std::string folder = "/proc/" + std::to_string(process);
    double sum = 0;
    std::string word;
    for (std::ifstream file(folder + "/smaps_rollup"); file >> word;)
      if (word == "Pss:" && file >> word) sum += std::stod(word);
    for (const auto &task : std::filesystem::directory_iterator(folder + "/task"))
      for (std::ifstream children(task.path() / "children"); children >> word;) sum += kilobytes_of(std::stoi(word));
    return sum;
  }

  int terminal_ = -1;
  pid_t process_ = -1;
  std::string heard_;
};

/// Medians of one program.
struct Measured {
  Median start_ms, answer_ms, include_ms, declarations_ms, printing_ms;
  double kilobytes_each = 0;
};

Measured measure(const Words &words, const std::string &prompt) {
  Measured measured;
  std::vector<double> starts, answers, includes;
  for (int i = 0; i < kStarts; ++i) starts.push_back(milliseconds([&] { Terminal(words).await(prompt); }));
  {
    Terminal terminal(words);
    terminal.await(prompt);
    for (int i = 0; i < kAsks; ++i) { // the sum is nowhere in the echo
      const double took = milliseconds([&] {
        terminal.say("400+" + std::to_string(200 + i));
        terminal.await(std::to_string(600 + i));
      });
      terminal.await(prompt);
      if (i != 0) answers.push_back(took);
    }
    for (int i = 0; i < kAsks; ++i) {
      const double took = milliseconds([&] {
        terminal.say("#include <vector>");
        terminal.await(prompt);
      });
      if (i != 0) includes.push_back(took);
    }
  }
  {
    constexpr int kBefore = 100, kInputs = 5'000; // at first both take from what start-up left free
    Terminal terminal(words);
    terminal.await(prompt);
    double before = 0;
    const auto settled = [&](int i) { // a prompt may be seen twice; an answer says that all before it is done
      terminal.say("700000+grown" + std::to_string(i));
      terminal.await(std::to_string(700'000 + i));
      terminal.await(prompt);
      return terminal.kilobytes();
    };
    for (int i = 0; i < kBefore + kInputs; ++i) {
      if (i == kBefore) before = settled(i - 1);
      terminal.say("int grown" + std::to_string(i) + " = " + std::to_string(i) + ";");
      terminal.await(prompt);
    }
    measured.kilobytes_each = (settled(kBefore + kInputs - 1) - before) / kInputs;
  }
  const test::TempFolder folder;
  const auto batch = [&](const std::string &head, const std::function<std::string(int)> &line) {
    std::string text = head;
    for (int i = 0; i < 200; ++i) text += line(i) + '\n';
    std::string command;
    for (const std::string &word : words) command += word + ' ';
    command += "< " + folder.write("inputs", text) + " > /dev/null";
    std::vector<double> times;
    for (int i = 0; i < kBatches; ++i)
      times.push_back(milliseconds([&] {
        if (std::system(command.c_str()) != 0) std::exit(1);
      }));
    return median(times);
  };
  measured.start_ms = median(starts);
  measured.answer_ms = median(answers);
  measured.include_ms = median(includes);
  measured.declarations_ms = batch("", [](int i) { return "int d" + std::to_string(i) + " = " + std::to_string(i) + ";"; });
  measured.printing_ms = batch("extern \"C\" int printf(const char *, ...);\n",
                               [](int i) { return "printf(\"%d\\n\", " + std::to_string(i) + ");"; });
  return measured;
}

} // namespace

void add_repl_rows(std::vector<Row> &rows) {
  const Measured ours = measure({GRAFT_COMMAND, "repl"}, "graft> ");
  const bool has_peer = is_installed(kPeer);
  const Measured theirs = has_peer ? measure({kPeer}, "clang-repl> ") : Measured();
  const auto add = [&](const char *name, Median Measured::*what, Bar kind, double bar) {
    rows.push_back(make_row(name, ours.*what, "ms", has_peer ? kPeer : "", theirs.*what, kind, bar));
  };
  add("repl: first prompt", &Measured::start_ms, Bar::kValueAtMost, 40);
  add("repl: a sum, at the terminal", &Measured::answer_ms, Bar::kValueAtMost, 5);
  add("repl: a header once more", &Measured::include_ms, Bar::kValueAtMost, 5);
  if (!has_peer) return;
  add("repl: 200 declarations", &Measured::declarations_ms, Bar::kRatioAtMost, 1);
  add("repl: 200 printing lines", &Measured::printing_ms, Bar::kRatioAtMost, 1);
  rows.push_back(make_row("repl: memory an input, of 5,000", ours.kilobytes_each, "kB", kPeer, theirs.kilobytes_each,
                          Bar::kRatioAtMost, 0.5));
}

} // namespace graft::bench
