// A person at a terminal: line editing, history across sessions, completion. libedit does the work.
#pragma once

#include "repl_lines.hpp"

#include <graft/base/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace graft::tool {

/// Threads: one. One at a time in a process.
class Terminal {
 public:
  /// What may follow a text, whose last word may have begun: whole words.
  using Complete = std::function<std::vector<std::string>(const std::string &)>;

  static Result<std::unique_ptr<Terminal>> create(Complete complete);
  ~Terminal();

  /// Nothing at the end of all input. kGivenUp after an interrupt.
  std::optional<std::string> read_line(Prompt prompt);
  void remember(const std::string &input);

 private:
  struct State;
  explicit Terminal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace graft::tool
