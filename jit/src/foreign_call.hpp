// Calls into code that nobody here wrote, whose exceptions must not travel on.
#pragma once

#include <cxxabi.h>

namespace graft::jit {

/// Calls `code`; what it throws ends here, except the unwinding of a cancelled or exiting thread, which must go on.
///
/// Rationale: natively a destructor or an atexit function that throws ends the process. A host survives its plugins.
template <class Code>
void call_foreign(Code &&code) {
  try {
    code();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) {
  }
}

} // namespace graft::jit
