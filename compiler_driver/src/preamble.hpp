// The head of a source, precompiled: parsed once, and read back at each compile as far as that compile asks. A learned
// preamble also holds the instantiations of header templates that earlier compiles needed, and their code, compiled once and
// shared.
#pragma once

#include "cache/input_record.hpp"
#include "front_end.hpp"
#include "head_text.hpp"
#include "header_code.hpp"
#include "inputs.hpp"
#include "invocation.hpp"
#include "open_names.hpp"
#include "recipe.hpp"

#include <graft/base/artifact.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace graft::driver {

/// Immutable.
struct Preamble {
  PrecompiledHead head; ///< `head.bytes` lies in `bytes`
  std::string bytes;
  Inputs inputs;
  InputRecord record;                     ///< of what it was made from: by it one tells whether it still stands
  std::vector<std::uint32_t> contracts;   ///< the contracts that the head declares, as the precompiled file numbers them
  std::vector<Diagnostic> warnings;       ///< what a compile would have said of the head
  OpenNames open;                         ///< the names that it leaves open, when it has learned
  bool has_learned = false;               ///< it holds instantiations that no text of the head asks for
  std::shared_ptr<const HeaderCode> code; ///< theirs; null when there is none
};

struct PreambleRequest {
  const clang::CompilerInvocation &invocation;
  std::string name; ///< the source's: its folder is where quoted includes are looked for
  std::string head;
  bool ends_at_line_start = false;
  const std::vector<Source> &headers; ///< of the job, from memory
  std::vector<Recipe> learned;
};

/// Parses the head, makes what was learned, and compiles that. Null when the head does not compile, holds more than headers
/// should (code of the bundle's own), means something else at each compile (`__TIME__`), or when `stop` was set meanwhile.
/// May crash: call it guarded.
std::shared_ptr<const Preamble> make_preamble(const PreambleRequest &request, const std::atomic<bool> &stop);

} // namespace graft::driver
