// The value of an expression as it is told: the functions that code of a session calls, and the text that they make.
#pragma once

#include <graft/jit/linker.hpp>

#include <set>
#include <string>
#include <vector>

namespace graft::repl {

/// One at a time in a thread: what the functions write to.
class Shown {
 public:
  Shown();
  ~Shown();
  Shown(const Shown &) = delete;
  Shown &operator=(const Shown &) = delete;

  std::string text;
  const std::set<unsigned> *outdated = nullptr; ///< types that were defined anew since

 private:
  Shown *before_;
};

/// Those functions, for the linker.
std::vector<jit::Symbol> shown_symbols();

} // namespace graft::repl
