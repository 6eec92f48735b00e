// The command line of `graft exec`, which reads like a C compiler's: flags, sources, and what belongs to the program.
#pragma once

#include <graft/base/result.hpp>
#include <graft/program.hpp>

#include <string>
#include <vector>

namespace graft::tool {

struct ExecWords {
  ProgramOptions options;             ///< without argc and argv
  std::vector<std::string> arguments; ///< the program's, its own name first
};

/// kInvalid with a sentence for what cannot be meant.
///
/// Flags and sources may be mixed. The program's arguments begin
///   - behind `--`;
///   - behind a source whose first line begins with `#!`: it is a script, and every word behind it is the script's;
///   - at the first word after a source that is neither a flag nor ends like a source.
Result<ExecWords> parse_exec_words(const std::vector<std::string> &words);

} // namespace graft::tool
