// Whether values of a type may lead to code or data of the version that made them through memory that they point at: then no
// look at the value itself can tell when that version may be unmapped.
#pragma once

#include <clang/AST/Type.h>

#include <string>

namespace clang {
class ASTContext;
class RecordDecl;
}

namespace graft::driver {

/// What leads there: "std::function", "'struct node *'", "virtual functions of 'shape'"; empty when nothing does.
///
/// Pointers in the value itself lead nowhere that a look at its words would miss, so they count only for what they point at:
/// there, any pointer counts, and whatever hides one. The containers of the standard library point at what they hold and
/// nothing else.
/// To be asked when a file was read to its end: template arguments may be completed as late as that.
std::string code_reach(clang::QualType type, const clang::ASTContext &context);

/// Whether it is one of those containers: a `std::map` and its like.
bool is_container(const clang::RecordDecl &record);

} // namespace graft::driver
