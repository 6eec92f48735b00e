// A session that outlives its code. The half that runs code is a process of its own; copies of it, made when it was idle, wait for
// the case that it crashes or that inputs are to be undone: then a copy goes on, exactly as it was, and what came after it is run
// again without being seen.
#pragma once

#include "repl_channel.hpp"

#include <graft/base/result.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graft::tool {

/// When copies are made.
enum class Copies : bool {
  kSeldom,   ///< when they cost little of the time that has passed
  kAlways, ///< after each input: a person types the next one meanwhile
};

/// How an input ended.
enum class Ended : std::uint8_t {
  kDone,
  kFailed,  ///< it did not compile, or threw
  kCrashed, ///< and was taken back
  kExited,  ///< with `exit_status`: the session is over
};

/// The list of what was accepted, and the processes behind it.
///
/// Owns: those processes. Threads: one, and no other in this process when it is made or goes on after a crash.
class ReplSession {
 public:
  using Serve = std::function<void(Channel)>; ///< the other half; does not return

  ReplSession(Serve serve, Copies copies) : serve_(std::move(serve)), copies_(copies) {}
  ~ReplSession();

  Result<void> start();
  Ended run(Question question);
  /// Takes the last `count` inputs back. False: there are not so many.
  bool undo(std::size_t count);
  bool reset() { return undo(accepted_.size()); }
  std::vector<std::string> complete(const std::string &text);
  /// Ends the code's half as a program ends. Its exit status.
  int finish();

  const std::vector<Question> &accepted() const { return accepted_; }
  int exit_status() const { return exit_status_; }
  int signal() const { return signal_; }
  int signal_at_end() const { return signal_at_end_; } ///< what `finish` ended with; 0: with a status
  std::size_t repeated() const { return repeated_; } ///< inputs that the last crash or undo ran again
  /// Of these, what failed this time, and so is lost.
  const std::vector<std::string> &lost() const { return lost_; }

 private:
  struct Worker {
    Channel channel{-1};
    pid_t process = -1;
    std::size_t accepted = 0; ///< how many inputs it has seen
  };

  Result<Worker> make_worker();
  void copy();
  bool copy_is_due() const;
  /// Where copies of what a command loads are to be; empty for one that loads nothing.
  std::string folder_for(const Question &question);
  /// As it is run again: with the bundles as they were.
  static Question again(const Question &question);
  /// Whether there is one that saw all that was accepted, so that to go back to it runs nothing again.
  bool has_newest_copy() const;
  /// The newest copy that saw no more than `count` inputs, or a new process, brought up to `count`.
  bool go_back_to(std::size_t count);
  void drop(std::vector<Worker>::iterator copy);
  void drop_after(std::size_t count);
  static int wait_for(pid_t process);

  Serve serve_;
  Copies copies_;
  Worker worker_;
  std::vector<Worker> waiting_; ///< copies, the oldest first
  std::vector<pid_t> dropped_;  ///< copies that end
  std::vector<Question> accepted_;
  std::string kept_; ///< the folder of those that accepted commands loaded; empty: there is none
  std::size_t kept_count_ = 0;
  std::chrono::steady_clock::time_point last_copy_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds copy_cost_ = std::chrono::milliseconds(1);
  int exit_status_ = 0;
  int signal_ = 0;
  int signal_at_end_ = 0;
  std::size_t repeated_ = 0;
  std::vector<std::string> lost_;
};

} // namespace graft::tool
