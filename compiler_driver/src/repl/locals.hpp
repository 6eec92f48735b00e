// Names of C that end with their scope. In an incremental parse of C Clang keeps what every scope had, parameters and the
// variables of blocks too, so that they hide what the session has, and each other.
#pragma once

namespace clang {
class Parser;
class Sema;
} // namespace clang

namespace graft::driver {

/// From here on a local name is not found any more when its scope has ended. For C; `parser` must live as long as what it
/// reads with.
void end_locals(clang::Parser &parser, clang::Sema &sema);

} // namespace graft::driver
