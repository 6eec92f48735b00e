// Declarations and their symbols. A constructor or destructor has several.
#pragma once

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/GlobalDecl.h>
#include <clang/AST/Mangle.h>
#include <llvm/Support/raw_ostream.h>

#include <memory>
#include <string>

namespace graft::driver {

/// Everything that one function is compiled to.
inline llvm::SmallVector<clang::GlobalDecl, 3> variants_of(const clang::FunctionDecl &function) {
  if (const auto *constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(&function))
    return {{constructor, clang::Ctor_Complete}, {constructor, clang::Ctor_Base}};
  if (const auto *destructor = llvm::dyn_cast<clang::CXXDestructorDecl>(&function)) {
    if (destructor->isVirtual())
      return {{destructor, clang::Dtor_Complete}, {destructor, clang::Dtor_Base}, {destructor, clang::Dtor_Deleting}};
    return {{destructor, clang::Dtor_Complete}, {destructor, clang::Dtor_Base}};
  }
  return {clang::GlobalDecl(&function)};
}

/// Threads: one compile.
class GlobalNames {
 public:
  explicit GlobalNames(clang::ASTContext &context) : mangle_(context.createMangleContext()) {}

  std::string of(const clang::GlobalDecl &declaration) {
    const auto *named = llvm::cast<clang::NamedDecl>(declaration.getDecl());
    if (!mangle_->shouldMangleDeclName(named)) return named->getNameAsString();
    std::string name;
    llvm::raw_string_ostream stream(name);
    mangle_->mangleName(declaration, stream);
    return name;
  }

 private:
  std::unique_ptr<clang::MangleContext> mangle_;
};

} // namespace graft::driver
