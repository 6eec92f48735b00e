// From an address of linked code back to lines of its source, where the object was compiled with debug information.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graft::jit {

struct CodeLine {
  std::string function; ///< demangled; empty: not known
  std::string file;
  std::uint32_t line = 0; ///< 0: not known
};

/// Innermost first, with what that was inlined into behind it. Empty when no live image has debug information there. Any
/// thread; takes a lock and memory, so that a signal handler may ask only when the process is lost anyway.
std::vector<CodeLine> lines_at(std::uintptr_t address);

/// A run of code, and the lines in it.
struct CodeRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0; ///< exclusive
};

/// The lines of each range as far as the function goes that it begins in, without functions, each once; for many at a time.
std::vector<std::vector<CodeLine>> lines_between(const std::vector<CodeRange> &ranges);

} // namespace graft::jit
