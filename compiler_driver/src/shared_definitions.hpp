// Tells Clang which functions a learned preamble has the code of: it calls them and does not compile them again.
#pragma once

#include "preamble.hpp"

namespace clang {
class CompilerInstance;
}

namespace graft::driver {

/// Adds a source of declarations to `compiler`, which has read a preamble and not begun to parse. `preamble` must outlive
/// the compile.
void use_shared_definitions(clang::CompilerInstance &compiler, const Preamble &preamble);

} // namespace graft::driver
