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
