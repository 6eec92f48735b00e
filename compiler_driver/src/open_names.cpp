// See open_names.hpp. Templates are looked at as they were written; what was instantiated of them says nothing more.
#include "open_names.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/ExprCXX.h>
#include <clang/AST/RecursiveASTVisitor.h>

#include <algorithm>

namespace graft::driver {
namespace {

class OpenCalls : public clang::RecursiveASTVisitor<OpenCalls> {
 public:
  bool VisitCallExpr(clang::CallExpr *call) {
    const auto *callee = llvm::dyn_cast<clang::UnresolvedLookupExpr>(call->getCallee());
    if (callee == nullptr || !callee->requiresADL() || !callee->getName().isIdentifier()) return true;
    const bool has_pack = std::ranges::any_of(call->arguments(), llvm::IsaPred<clang::PackExpansionExpr>);
    names_[callee->getName().getAsString()].insert(has_pack ? kAnyNumber : call->getNumArgs());
    return true;
  }
  bool VisitCXXForRangeStmt(clang::CXXForRangeStmt *loop) {
    const clang::Expr *range = loop->getRangeInit();
    if (range != nullptr && range->isTypeDependent()) names_["begin"].insert(1), names_["end"].insert(1);
    return true;
  }
  bool VisitDecompositionDecl(clang::DecompositionDecl *bindings) {
    const clang::QualType type = bindings->getType().getNonReferenceType();
    if (type->isDependentType() || type->isUndeducedType()) names_["get"].insert(1);
    return true;
  }
  OpenNames take() { return std::move(names_); }

 private:
  OpenNames names_;
};

} // namespace

OpenNames open_names(clang::ASTContext &context) {
  OpenCalls calls;
  calls.TraverseDecl(context.getTranslationUnitDecl());
  return calls.take();
}

} // namespace graft::driver
