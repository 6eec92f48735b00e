// How far a compile of several files is: told file by file, so that what is wrong with one is known while others are still
// compiled.
#pragma once

#include "diagnostic.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace graft {

/// A file of a bundle that was compiled. Valid during the call that tells it.
struct CompiledFile {
  std::string_view source; ///< as the bundle names it
  std::size_t done = 0;    ///< files, this one included
  std::size_t total = 0;
  const std::vector<Diagnostic>
      &diagnostics; ///< what the compiler says of it; an error among them means that the compile will fail
};

/// Called once a file, in the order in which they are done: from any thread, one call at a time. Must not throw.
using TellCompiled = std::function<void(const CompiledFile &)>;

} // namespace graft
