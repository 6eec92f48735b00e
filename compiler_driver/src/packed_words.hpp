// Which types hold words, any of which may be an address, at places that are no multiple of a word's size.
#pragma once

#include <clang/AST/Type.h>

namespace clang {
class ASTContext;
} // namespace clang

namespace graft::driver {

/// Whether a value of the type, in memory that is aligned for words, may hold a pointer, or an integer as wide, where none of
/// its aligned words is: in a packed struct, or in an array of structs of an odd size.
bool has_packed_words(clang::QualType type, const clang::ASTContext &context);

} // namespace graft::driver
