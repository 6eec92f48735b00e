// Names of C that end with their scope. In an incremental parse of C Clang keeps what every scope had, parameters and the
// variables of blocks too, so that they hide what the session has, and each other.
#pragma once

#include <functional>

namespace clang {
class Parser;
class Sema;
class Token;
} // namespace clang

namespace graft::driver {

/// Who is told of each token that is read, by which a local name is not found any more when its scope has ended. For C;
/// `parser` must live as long as what it reads with.
std::function<void(const clang::Token &)> ends_of_locals(clang::Parser &parser, clang::Sema &sema);

} // namespace graft::driver
