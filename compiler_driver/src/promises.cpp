// See promises.hpp.
#include "promises.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DynamicRecursiveASTVisitor.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instructions.h>

namespace graft::driver {
namespace {

/// Finds what an exception would have to stop for.
class Stops : public clang::DynamicRecursiveASTVisitor {
 public:
  Stops() { ShouldVisitImplicitCode = true; }

  bool VisitCXXTryStmt(clang::CXXTryStmt *) override { return false; }
  bool VisitCXXBindTemporaryExpr(clang::CXXBindTemporaryExpr *) override { return false; }
  bool VisitExprWithCleanups(clang::ExprWithCleanups *) override { return false; }
  bool VisitCXXNewExpr(clang::CXXNewExpr *) override { return false; }
  bool VisitCXXThrowExpr(clang::CXXThrowExpr *) override { return false; }
  bool VisitCoroutineBodyStmt(clang::CoroutineBodyStmt *) override { return false; }
  bool VisitVarDecl(clang::VarDecl *variable) override {
    return !variable->isStaticLocal() && !variable->hasAttr<clang::CleanupAttr>() &&
           variable->needsDestruction(variable->getASTContext()) == clang::QualType::DK_none;
  }
};

const clang::FunctionDecl *declaration_of(const llvm::Function &function, clang::CodeGenerator &generator) {
  return llvm::dyn_cast_or_null<clang::FunctionDecl>(generator.GetDeclForMangledName(function.getName()));
}

bool promises(const clang::FunctionDecl &function) {
  if (llvm::isa<clang::CXXDestructorDecl>(function) || function.hasAttr<clang::NoThrowAttr>()) return true;
  const auto *type = function.getType()->getAs<clang::FunctionProtoType>();
  return type == nullptr || clang::isUnresolvedExceptionSpec(type->getExceptionSpecType()) || type->isNothrow();
}

bool may_stop_what_passes(const clang::FunctionDecl *function) {
  // Of a constructor's members those that are there already go.
  if (function == nullptr || llvm::isa<clang::CXXConstructorDecl>(function) || !function->hasBody()) return true;
  return !Stops().TraverseStmt(function->getBody());
}

} // namespace

bool is_merely_inferred(const llvm::Function &function, clang::CodeGenerator &generator) {
  const clang::FunctionDecl *declaration = declaration_of(function, generator);
  if (declaration == nullptr || promises(*declaration)) return false;
  return llvm::none_of(function.users(), [&](const llvm::User *user) {
    const auto *call = llvm::dyn_cast<llvm::CallInst>(user); // an `invoke` knows where to go
    return call != nullptr && call->getCalledOperand() == &function &&
           may_stop_what_passes(declaration_of(*call->getFunction(), generator));
  });
}

} // namespace graft::driver
