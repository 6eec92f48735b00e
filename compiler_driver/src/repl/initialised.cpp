// See initialised.hpp.
#include "initialised.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclTemplate.h>

namespace graft::driver {
namespace {

bool has_code(const clang::ASTContext &context, const clang::VarDecl &variable) {
  if (variable.isInvalidDecl() || variable.isTemplated() || llvm::isa<clang::VarTemplatePartialSpecializationDecl>(variable))
    return false;
  if (!variable.hasGlobalStorage() || variable.isThisDeclarationADefinition() != clang::VarDecl::Definition) return false;
  if (variable.needsDestruction(context) != clang::QualType::DK_none) return true;
  const clang::Expr *value = variable.getInit();
  return value != nullptr && !value->isValueDependent() && !variable.hasConstantInitialization();
}

} // namespace

void keep_initialised(clang::ASTContext &context, clang::Decl &declaration) {
  if (auto *variable = llvm::dyn_cast<clang::VarDecl>(&declaration)) {
    if (has_code(context, *variable) && !variable->hasAttr<clang::UsedAttr>())
      variable->addAttr(clang::UsedAttr::CreateImplicit(context));
    return;
  }
  if (const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(&declaration);
      record != nullptr && record->isDependentContext())
    return;
  if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::ExportDecl, clang::RecordDecl>(declaration))
    for (clang::Decl *one : llvm::cast<clang::DeclContext>(declaration).noload_decls()) keep_initialised(context, *one);
}

} // namespace graft::driver
