// What a failed input said more of what earlier ones had declared: another declaration of a function, the definition of a
// class, a specialisation of a template. Clang lists those with what they belong to, and has no way to take one back.
#pragma once

namespace clang {
class Decl;
class NamedDecl;
class TagDecl;
class TranslationUnitDecl;
} // namespace clang

namespace graft::driver {

/// Whether code generation heard of the input; then it has the layouts of its classes, and they stay.
enum class Generated : bool { kNo, kYes };

/// In which the text of a declaration stands; of a member that is defined outside of its class, not the class's.
const clang::TranslationUnitDecl *unit_of(const clang::Decl &declaration);

/// Lets the declarations of what `one`, of `newest`, declares end with the last that is not of `newest`. A specialisation
/// that has no older one is never found again, nor is what was instantiated from a definition of `newest`.
void unlink(clang::NamedDecl &one, const clang::TranslationUnitDecl &newest, Generated generated);

/// `last` is the last declaration of what it declares.
void end_with(clang::TagDecl &last);

bool is_wrong(const clang::Decl &declaration);
/// Of what was made of a template, wrong or from nothing: who asks for it next gets it made, or is told why not.
void make_again(clang::Decl &made);

} // namespace graft::driver
