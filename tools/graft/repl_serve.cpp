// See repl_serve.hpp. While it waits, an interrupt is none of its business; while code runs, it ends the process.
#include "output.hpp"
#include "repl_commands.hpp"
#include "repl_serve.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace graft::tool {
namespace {

/// Nothing is seen of what is printed while it lives.
class Silence {
 public:
  Silence() {
    flush();
    out_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    error_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~Silence() {
    flush();
    put_back(out_, STDOUT_FILENO);
    put_back(error_, STDERR_FILENO);
  }
  Silence(const Silence &) = delete;
  Silence &operator=(const Silence &) = delete;

  static void flush() {
    std::cout.flush();
    std::fflush(nullptr);
  }

 private:
  /// What the code had closed is closed again.
  static void put_back(int kept, int place) {
    if (kept >= 0) ::dup2(kept, place);
    ::close(kept >= 0 ? kept : place);
  }

  int out_;
  int error_;
};

/// Once the half that owns the session is gone nobody can interrupt what runs here.
void end_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

class Server {
 public:
  Server(Channel channel, const ServeSettings &settings) : channel_(std::move(channel)), settings_(settings) {}

  void serve() {
    end_with_parent();
    std::signal(SIGINT, SIG_IGN);
    if (!settings_.has_input) empty_input();
    Result<std::unique_ptr<Repl>> repl = Repl::create(settings_.options);
    if (!repl) {
      print_error(repl.error());
      std::_Exit(2);
    }
    repl_ = *std::move(repl);
    commands_ = std::make_unique<ReplCommands>(*repl_, settings_.options.language, settings_.says_more ? Talk::kMore : Talk::kLess);
    int along = -1;
    while (const std::optional<Question> question = channel_.next_question(along)) {
      if (question->what == Asks::kEnd) {
        commands_.reset();
        std::exit(has_written() ? 0 : 1);
      }
      if (question->what == Asks::kSnapshot)
        copy(along);
      else
        reply(answer(*question));
    }
    std::_Exit(0); // a copy that is not needed any more
  }

 private:
  static void empty_input() {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::close(nothing);
  }

  void reply(const Reply &reply) {
    if (::getpid() != process_) std::_Exit(0); // a process that the input forked; its inputs are not these
    if (channel_.reply(reply)) return;
    std::signal(SIGPIPE, SIG_DFL);
    ::raise(SIGPIPE); // the input closed what we listen to
  }

  Reply answer(const Question &question) {
    if (question.what == Asks::kComplete) {
      std::string words;
      const std::optional<std::vector<std::string>> arguments = commands_->complete(question.text);
      for (const std::string &word : arguments ? *arguments : repl_->complete(question.text)) words += word + "\n";
      return {Outcome::kNothingNew, words};
    }
    std::optional<Silence> silence;
    if (question.is_silent) silence.emplace();
    ::sigaction(SIGINT, &interrupted_, nullptr);
    Reply reply = question.what == Asks::kCommand ? commands_->run(question) : evaluate(question);
    if (reply.outcome == Outcome::kFailed && includes(question) && repl_->has_lost_headers()) reply.outcome = Outcome::kSpoilt;
    struct sigaction ignored = {};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignored, &interrupted_);
    Silence::flush();
    return reply;
  }

  Reply evaluate(const Question &question) {
    const Result<ReplAnswer> answer = repl_->evaluate({question.text, question.name, question.line});
    Silence::flush();
    if (!answer) {
      print_error(answer.error());
      return {Outcome::kFailed, {}};
    }
    print_diagnostics(answer->warnings);
    if (!answer->type.empty()) {
      if (settings_.shows_types) fmt::print("{} ", paint(stdout, Ink::kDim, fmt::format("({})", answer->type)));
      fmt::print("{}\n", answer->value);
    }
    return {};
  }

  /// A copy is no child of ours, which code may wait for, but of the half that owns the terminal.
  void copy(int along) {
    Channel own(along);
    if (has_threads()) {
      reply({Outcome::kFailed, {}});
      return;
    }
    Silence::flush();
    const pid_t between = ::fork();
    if (between == 0) {
      const pid_t first = ::getpid();
      const pid_t copy = ::fork();
      if (copy != 0) std::_Exit(copy > 0 ? 0 : 1);
      while (::getppid() == first) ::sched_yield(); // its end is not the one that counts
      end_with_parent();
      channel_ = std::move(own);
      process_ = ::getpid();
      channel_.reply({Outcome::kDone, std::to_string(process_)});
      return;
    }
    int status = 1;
    while (between > 0 && ::waitpid(between, &status, 0) < 0 && errno == EINTR) {}
    reply({between > 0 && status == 0 ? Outcome::kDone : Outcome::kFailed, {}});
  }

  /// Whether all that was printed got where it was to go.
  static bool has_written() {
    Silence::flush();
    if (std::ferror(stdout) == 0 && std::cout) return true;
    print_error("the output could not be written");
    return false;
  }

  static bool has_threads() {
    std::error_code failure;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator tasks("/proc/self/task", failure); tasks != std::filesystem::directory_iterator();
         tasks.increment(failure))
      ++count;
    return count != 1;
  }

  Channel channel_;
  const ServeSettings &settings_;
  std::unique_ptr<Repl> repl_;
  std::unique_ptr<ReplCommands> commands_;
  pid_t process_ = ::getpid();
  struct sigaction interrupted_ = {}; ///< what the code does about an interrupt; at first the usual
};

} // namespace

void serve_session(Channel channel, const ServeSettings &settings) {
  Server(std::move(channel), settings).serve();
  std::_Exit(0);
}

} // namespace graft::tool
