// See repl_session.hpp. A copy is `fork` of the idle half; with threads of the code's own running there is none, since they would
// not be in it.
#include "repl_session.hpp"

#include "repl_kept.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace graft::tool {
namespace {

constexpr std::size_t kMostCopies = 8;
/// A copy is due when this many times its cost has passed since the last one.
constexpr int kPatience = 20;

} // namespace

ReplSession::~ReplSession() {
  if (worker_.process > 0) ::kill(worker_.process, SIGKILL);
  std::error_code failure; // what cannot be removed is the system's to clean up
  if (!kept_.empty()) std::filesystem::remove_all(kept_, failure);
}

std::string ReplSession::folder_for(const Question &question) {
  const std::size_t begin = question.text.find_first_not_of(" \t%");
  const auto is = [&](std::string_view name) {
    return begin != question.text.npos && std::string_view(question.text).substr(begin).starts_with(name);
  };
  if (question.what != Asks::kCommand || (!is("load") && !is("reload"))) return {};
  if (kept_.empty()) {
    std::error_code failure;
    std::string folder = (std::filesystem::temp_directory_path(failure) / "graft-repl-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return {};
    kept_ = std::move(folder);
  }
  std::error_code failure;
  const std::string folder = kept_ + "/" + std::to_string(++kept_count_);
  std::filesystem::create_directory(folder, failure);
  return folder;
}

Question ReplSession::again(const Question &question) {
  Question next = question;
  next.is_silent = true;
  if (!next.otherwise.empty() && is_changed(next.keeps)) next.text = next.otherwise;
  return next;
}

Result<ReplSession::Worker> ReplSession::make_worker() {
  const auto [ours, theirs] = make_channel();
  if (ours < 0) return error(Code::kExhausted, std::string("cannot make a socket: ") + std::strerror(errno));
  const pid_t process = ::fork();
  if (process < 0) return error(Code::kExhausted, std::string("cannot fork: ") + std::strerror(errno));
  if (process == 0) {
    ::close(ours);
    waiting_.clear();
    serve_(Channel(theirs));
    std::_Exit(1); // it does not return
  }
  ::close(theirs);
  return Worker{Channel(ours), process, 0};
}

Result<void> ReplSession::start() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); // copies of what crashed become our children
  GRAFT_TRY_ASSIGN(worker_, make_worker());
  if (copies_ == Copies::kAlways) copy();
  return {};
}

int ReplSession::wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return 0;
  return status;
}

Ended ReplSession::run(Question question) {
  repeated_ = 0;
  lost_.clear();
  question.keeps = folder_for(question);
  if (includes(question) && !has_newest_copy()) copy();
  if (worker_.channel.ask(question)) {
    if (const std::optional<Reply> reply = worker_.channel.next_reply()) {
      if (reply->outcome == Outcome::kSpoilt && has_newest_copy()) go_back_to(accepted_.size());
      if (reply->outcome == Outcome::kFailed || reply->outcome == Outcome::kSpoilt) return Ended::kFailed;
      if (reply->outcome == Outcome::kDone) {
        question.otherwise = reply->text;
        accepted_.push_back(std::move(question));
        worker_.accepted = accepted_.size();
        if (copy_is_due()) copy();
      }
      return Ended::kDone;
    }
  }
  const int status = wait_for(worker_.process);
  worker_.process = -1;
  if (WIFEXITED(status)) {
    exit_status_ = WEXITSTATUS(status);
    return Ended::kExited;
  }
  signal_ = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
  exit_status_ = 128 + signal_;
  return go_back_to(accepted_.size()) ? Ended::kCrashed : Ended::kExited;
}

bool ReplSession::copy_is_due() const {
  return copies_ == Copies::kAlways || std::chrono::steady_clock::now() - last_copy_ > kPatience * copy_cost_;
}

bool ReplSession::has_newest_copy() const { return !waiting_.empty() && waiting_.back().accepted == accepted_.size(); }

void ReplSession::copy() {
  const auto begin = std::chrono::steady_clock::now();
  const auto [ours, theirs] = make_channel();
  if (ours < 0) return;
  Channel channel(ours);
  const bool asked = worker_.channel.ask({Asks::kSnapshot, true, 1, {}, {}}, theirs);
  ::close(theirs);
  const std::optional<Reply> reply = asked ? worker_.channel.next_reply() : std::nullopt;
  last_copy_ = std::chrono::steady_clock::now();
  copy_cost_ = std::max<std::chrono::nanoseconds>(last_copy_ - begin, std::chrono::microseconds(200));
  if (!reply || reply->outcome != Outcome::kDone) return;
  const std::optional<Reply> name = channel.next_reply(); // of the copy itself
  if (!name) return;
  waiting_.push_back({std::move(channel), std::atoi(name->text.c_str()), accepted_.size()});
  if (waiting_.size() > kMostCopies) drop(waiting_.begin() + 1); // the first is where a reset begins
}

void ReplSession::drop(std::vector<Worker>::iterator copy) {
  dropped_.push_back(copy->process);
  waiting_.erase(copy);
  std::erase_if(dropped_, [](pid_t one) { return ::waitpid(one, nullptr, WNOHANG) != 0; });
}

void ReplSession::drop_after(std::size_t count) {
  while (!waiting_.empty() && waiting_.back().accepted > count) drop(std::prev(waiting_.end()));
}

bool ReplSession::go_back_to(std::size_t count) {
  if (worker_.process > 0) {
    ::kill(worker_.process, SIGKILL);
    wait_for(worker_.process);
    worker_.process = -1;
  }
  drop_after(count);
  if (!waiting_.empty()) {
    worker_ = std::move(waiting_.back());
    waiting_.pop_back();
  } else if (Result<Worker> fresh = make_worker()) {
    worker_ = *std::move(fresh);
  } else {
    return false;
  }
  accepted_.resize(count);
  repeated_ = count - worker_.accepted;
  lost_.clear();
  for (; worker_.accepted < count; ++worker_.accepted) {
    const Question &question = accepted_[worker_.accepted];
    const std::optional<Reply> reply =
        worker_.channel.ask(again(question)) ? worker_.channel.next_reply() : std::nullopt;
    if (!reply) return false;
    if (reply->outcome == Outcome::kFailed) lost_.push_back(question.text);
  }
  copy();
  return true;
}

bool ReplSession::undo(std::size_t count) {
  return count <= accepted_.size() && go_back_to(accepted_.size() - count);
}

std::vector<std::string> ReplSession::complete(const std::string &text) {
  std::vector<std::string> words;
  if (!worker_.channel.ask({Asks::kComplete, true, 1, {}, text})) return words;
  const std::optional<Reply> reply = worker_.channel.next_reply();
  if (!reply) return words;
  std::istringstream lines(reply->text);
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  return words;
}

int ReplSession::finish() {
  waiting_.clear();
  if (worker_.process <= 0) return exit_status_;
  worker_.channel.ask({Asks::kEnd, false, 1, {}, {}});
  const int status = wait_for(std::exchange(worker_.process, -1));
  if (WIFSIGNALED(status)) signal_at_end_ = WTERMSIG(status);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace graft::tool
