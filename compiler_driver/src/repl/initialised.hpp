// When variables of a session get their first value: with the input that defines them, as at the same place of a program.
#pragma once

namespace clang {
class ASTContext;
class Decl;
} // namespace clang

namespace graft::driver {

/// Clang leaves a variable that only its own file can see, or that is `inline`, until code uses it; in a session that is a
/// later input. Marks those in `declaration` that have code to run as used, so that it runs with the input.
void keep_initialised(clang::ASTContext &context, clang::Decl &declaration);

} // namespace graft::driver
