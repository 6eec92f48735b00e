// See waiting.hpp. What is not known to be plain does not wait.
#include "waiting.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/DeclTemplate.h>

namespace graft::driver {
namespace {

/// Of which somebody else than code may know: the loader, the linker, another symbol.
bool is_marked(const clang::Decl &declaration) {
  return declaration.hasAttr<clang::UsedAttr>() || declaration.hasAttr<clang::RetainAttr>() ||
         declaration.hasAttr<clang::ConstructorAttr>() || declaration.hasAttr<clang::DestructorAttr>() ||
         declaration.hasAttr<clang::AliasAttr>() || declaration.hasAttr<clang::IFuncAttr>() ||
         declaration.hasAttr<clang::WeakRefAttr>();
}

bool has_no_code(const clang::Decl &declaration) {
  if (is_marked(declaration)) return false;
  if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration))
    return !function->isThisDeclarationADefinition() && !function->isInlineSpecified() &&
           function->getTemplatedKind() == clang::FunctionDecl::TK_NonTemplate;
  if (const auto *variable = llvm::dyn_cast<clang::VarDecl>(&declaration))
    return variable->isThisDeclarationADefinition() == clang::VarDecl::DeclarationOnly;
  return llvm::isa<clang::TypedefNameDecl, clang::UsingDecl, clang::UsingDirectiveDecl, clang::NamespaceAliasDecl,
                   clang::StaticAssertDecl, clang::ConceptDecl, clang::ClassTemplateDecl, clang::FunctionTemplateDecl,
                   clang::TypeAliasTemplateDecl, clang::EmptyDecl>(declaration);
}

bool can_wait(const clang::FunctionDecl &function) {
  return function.isThisDeclarationADefinition() && !llvm::isa<clang::CXXMethodDecl>(function) && !function.isInlined() &&
         function.isExternallyVisible() && function.getTemplatedKind() == clang::FunctionDecl::TK_NonTemplate &&
         !function.isMultiVersion();
}

bool can_wait(const clang::VarDecl &variable) {
  return variable.isThisDeclarationADefinition() == clang::VarDecl::Definition && variable.isFileVarDecl() &&
         !variable.isStaticDataMember() && !variable.isInline() && variable.isExternallyVisible() &&
         variable.getTLSKind() == clang::VarDecl::TLS_None &&
         !llvm::isa<clang::VarTemplateSpecializationDecl, clang::DecompositionDecl>(variable) &&
         (!variable.hasInit() || variable.hasConstantInitialization()) &&
         variable.needsDestruction(variable.getASTContext()) == clang::QualType::DK_none;
}

bool can_wait(const clang::Decl &declaration) {
  if (is_marked(declaration)) return false;
  if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration)) return can_wait(*function);
  const auto *variable = llvm::dyn_cast<clang::VarDecl>(&declaration);
  return variable != nullptr && can_wait(*variable);
}

clang::GlobalDecl global(const clang::Decl &declaration) {
  if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration)) return function;
  return llvm::cast<clang::VarDecl>(&declaration);
}

} // namespace

bool WaitingDefinitions::take(clang::DeclGroupRef group) {
  if (!llvm::all_of(group, [](const clang::Decl *one) { return has_no_code(*one) || can_wait(*one); })) return false;
  for (clang::Decl *one : group)
    if (!has_no_code(*one)) definitions_[names_.of(global(*one))] = one;
  return true;
}

std::vector<clang::Decl *> WaitingDefinitions::call(const std::vector<std::string> &symbols) {
  std::vector<clang::Decl *> called;
  for (const std::string &symbol : symbols) {
    const auto found = definitions_.find(symbol);
    if (found == definitions_.end()) continue;
    called.push_back(found->second);
    definitions_.erase(found);
  }
  return called;
}

} // namespace graft::driver
