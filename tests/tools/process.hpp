// Runs the built command and other programs, and says what they did.
#pragma once

#include "temp_folder.hpp"

#include <string>
#include <vector>

namespace graft::test {

struct Outcome {
  int status = -1; ///< as a shell gives it: 128 + signal for a killed process
  std::string out;
  std::string err;
};

struct Input {
  std::string text;                     ///< of stdin
  std::vector<std::string> environment; ///< NAME=value, added to our own
  std::string directory;                ///< to run in; empty: ours
};

/// Waits for the end of `words[0]` with the rest as its arguments. stdout and stderr are files, as with a shell's
/// redirection.
Outcome run(const std::vector<std::string> &words, const Input &input = {});

/// The `graft` that was built.
std::string graft_command();
/// `graft WORD...`
Outcome graft(std::vector<std::string> words, const Input &input = {});

std::string read(const std::string &path);

} // namespace graft::test
