// See identity.hpp.
#include "identity.hpp"

#include "escapes.hpp"

#include <clang/AST/DeclCXX.h>
#include <clang/AST/ExprCXX.h>
#include <clang/AST/Stmt.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

bool is_type_without_linkage(const llvm::GlobalVariable &variable) {
  return variable.getName().starts_with("_ZTV") || variable.getName().starts_with("_ZTI");
}

bool is_tag(const clang::VarDecl &variable) {
  const clang::CXXRecordDecl *record = variable.getType()->getAsCXXRecordDecl();
  return record != nullptr && record->hasDefinition() && record->isEmpty();
}

bool is_only_called(const llvm::Function &function) {
  return llvm::all_of(function.uses(), [](const llvm::Use &use) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(use.getUser());
    return call != nullptr && call->isCallee(&use);
  });
}

/// `constexpr const char *kNone = "none";`, of which Clang writes the value: where another module's literal lies.
bool points_at_literal(const clang::VarDecl &variable) {
  if (variable.isLocalVarDecl() || !variable.getType()->isPointerType() || !variable.getType().isConstQualified())
    return false;
  const clang::Expr *value = variable.getAnyInitializer();
  return value != nullptr && llvm::isa<clang::StringLiteral>(value->IgnoreParenCasts());
}

/// What a body has in it, at any depth.
struct Contents {
  bool has_static = false;
  bool has_function = false; ///< a lambda's, or a local class's
  bool names_literal = false;

  void look(const clang::Stmt &statement) {
    if (llvm::isa<clang::LambdaExpr>(statement)) has_function = true;
    if (const auto *declared = llvm::dyn_cast<clang::DeclStmt>(&statement))
      for (const clang::Decl *one : declared->decls()) {
        has_function |= llvm::isa<clang::RecordDecl>(one);
        if (const auto *variable = llvm::dyn_cast<clang::VarDecl>(one)) has_static |= variable->isStaticLocal();
      }
    if (const auto *named = llvm::dyn_cast<clang::DeclRefExpr>(&statement))
      if (const auto *variable = llvm::dyn_cast<clang::VarDecl>(named->getDecl()))
        names_literal |= points_at_literal(*variable);
    if (const auto *implied = llvm::dyn_cast<clang::CXXDefaultInitExpr>(&statement)) look(*implied->getExpr());
    if (const auto *implied = llvm::dyn_cast<clang::CXXDefaultArgExpr>(&statement)) look(*implied->getExpr());
    for (const clang::Stmt *inner : statement.children())
      if (inner != nullptr) look(*inner);
  }
};

bool needs_its_file(const clang::FunctionDecl &function) {
  const clang::FunctionDecl *defined = nullptr;
  const clang::Stmt *body = function.getBody(defined);
  if (body == nullptr) return false;
  Contents contents;
  contents.look(*body);
  if (const auto *constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(defined))
    for (const clang::CXXCtorInitializer *member : constructor->inits())
      if (member->getInit() != nullptr) contents.look(*member->getInit());
  return contents.names_literal || (contents.has_static && contents.has_function);
}

bool has_identity(const llvm::GlobalVariable &variable, const clang::Decl *declared) {
  if (!variable.hasLocalLinkage() || variable.hasGlobalUnnamedAddr()) return false;
  if (is_type_without_linkage(variable)) return true;
  const auto *one = llvm::dyn_cast_or_null<clang::VarDecl>(declared); // null: Clang's own
  return one != nullptr && variable.isConstant() && !is_tag(*one) && address_escapes(variable);
}

bool has_identity(const llvm::Function &function, const clang::Decl *declared) {
  const auto *one = llvm::dyn_cast_or_null<clang::FunctionDecl>(declared); // null: Clang's own
  return one != nullptr && ((function.hasLocalLinkage() && !is_only_called(function)) || needs_its_file(*one));
}

} // namespace

std::set<std::string> with_identity(const llvm::Module &module, clang::CodeGenerator &generator) {
  std::set<std::string> found;
  const auto look = [&](const auto &global) {
    if (!global.isDeclaration() && has_identity(global, generator.GetDeclForMangledName(global.getName())))
      found.insert(global.getName().str());
  };
  for (const llvm::GlobalVariable &variable : module.globals()) look(variable);
  for (const llvm::Function &function : module) look(function);
  return found;
}

} // namespace graft::driver
