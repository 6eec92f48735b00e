// A session over a pipe, for the tests of this folder.
#pragma once

#include "process.hpp"

#include <string>

namespace graft::test {

/// `graft repl WORD...` with `inputs` on its standard input.
inline Outcome session(const std::string &inputs, std::vector<std::string> words = {}, std::vector<std::string> environment = {}) {
  words.insert(words.begin(), "repl");
  return graft(std::move(words), {inputs, std::move(environment), {}});
}

} // namespace graft::test
