// Which texts a compile read: the headers as facts, all of them as a content key.
#pragma once

#include "unit.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
}

namespace graft::driver {

/// The files behind a compile, the source itself aside.
struct Inputs {
  /// What of the source, besides its tokens, its code depends on.
  enum class Depends : std::uint8_t { kOnTokens, kOnLines, kOnColumns, kOnMoment } depends = Depends::kOnTokens;
  std::vector<HeaderFacts> read;   ///< in the order of the first `#include`
  std::vector<HeaderFacts> probed; ///< asked for without being read as text: `__has_include`, `#embed`, not found
  InputTrace trace;                ///< filled while the front end runs
};

/// Notes in `inputs` the files that `compiler`'s source asks for without reading them as text, and whether it asks for the
/// time. Call it before parsing.
void watch_inputs(clang::CompilerInstance &compiler, Inputs &inputs);

/// Adds to `inputs` what the source manager read. Call it after parsing.
void collect_inputs(clang::CompilerInstance &compiler, Inputs &inputs);

/// Fills `unit.facts.headers`, `unit.text_key` and `unit.token_key`.
void record_inputs(clang::CompilerInstance &compiler, const SourceText &text, Inputs &inputs, Unit &unit);

} // namespace graft::driver
