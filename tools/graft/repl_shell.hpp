// A session as a person or a script sees it: inputs one after another, the commands that are about the session itself, and what is
// said when an input ends otherwise than it should.
#pragma once

#include "repl_lines.hpp"
#include "repl_session.hpp"

#include <optional>
#include <string>

namespace graft::tool {

/// What an input that does not succeed means for those behind it.
enum class OnFailure : bool { kGoOn, kStop };

class ReplShell {
 public:
  ReplShell(ReplSession &session, OnFailure on_failure) : session_(session), on_failure_(on_failure) {}

  /// Runs all of them. The status to leave with.
  int run(InputReader &inputs);
  /// Ends the session; says so when that crashes. The code's exit status.
  int finish();
  /// Whether the session goes on.
  bool take(Question question);

 private:
  /// `place` is the input's.
  void tell_crash(const std::string &place) const;
  /// What could not be done again when the session went back.
  void tell_lost() const;
  bool fail(const std::string &sentence);
  /// Nothing: the command is none of ours.
  std::optional<bool> take_command(const std::string &line);
  bool undo(const std::string &rest);
  bool save(const std::string &path);
  bool edit();
  bool help(const std::string &name) const;

  ReplSession &session_;
  OnFailure on_failure_;
  int status_ = 0;
  bool has_timings_ = false;
};

} // namespace graft::tool
