// See import_places.hpp. Runs after the back end, once it is known which symbols are undefined, and stops at the last of
// them; headers of the system are not searched, so that an STL file costs no more than its own text.
#include "import_places.hpp"

#include "diagnostics.hpp"

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Mangle.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <llvm/ADT/StringMap.h>

namespace graft::driver {
namespace {

class UseCollector : public clang::ASTConsumer {
 public:
  explicit UseCollector(Uses &uses) : uses_(uses) {}

  void Initialize(clang::ASTContext &context) override { context_ = &context; }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl *declaration : group)
      if (!context_->getSourceManager().isInSystemHeader(declaration->getLocation())) uses_.push_back(declaration);
    return true;
  }

 private:
  Uses &uses_;
  clang::ASTContext *context_ = nullptr;
};

/// Looks at every expression that names a function or a variable.
class UseFinder : public clang::RecursiveASTVisitor<UseFinder> {
 public:
  UseFinder(clang::ASTContext &context, std::vector<Import> &imports) : context_(context), names_(context) {
    for (Import &import : imports) {
      llvm::StringRef name = import.symbol;
      name.consume_front("__emutls_v.");
      wanted_[name] = &import;
    }
  }

  bool shouldVisitTemplateInstantiations() const { return true; }
  bool shouldVisitImplicitCode() const { return true; }

  bool VisitDeclRefExpr(clang::DeclRefExpr *use) { return look_at(use->getDecl(), use->getLocation()); }
  bool VisitMemberExpr(clang::MemberExpr *use) { return look_at(use->getMemberDecl(), use->getMemberLoc()); }
  bool VisitCXXConstructExpr(clang::CXXConstructExpr *use) { return look_at(use->getConstructor(), use->getLocation()); }
  bool VisitCXXNewExpr(clang::CXXNewExpr *use) { return look_at(use->getOperatorNew(), use->getBeginLoc()); }
  bool VisitCXXDeleteExpr(clang::CXXDeleteExpr *use) { return look_at(use->getOperatorDelete(), use->getBeginLoc()); }

 private:
  /// False ends the search: every import has its place.
  bool look_at(const clang::NamedDecl *named, clang::SourceLocation location) {
    if (!llvm::isa_and_nonnull<clang::FunctionDecl, clang::VarDecl>(named) || !named->isExternallyVisible()) return true;
    const auto *function = llvm::dyn_cast<clang::FunctionDecl>(named);
    if (function && (function->isDependentContext() || function->isImmediateFunction())) return true;
    if (!seen_.insert(named->getCanonicalDecl()).second) return true;
    const auto found = wanted_.find(names_.getName(named));
    if (found == wanted_.end()) return true;
    found->second->where = position(context_.getSourceManager(), location);
    wanted_.erase(found);
    return !wanted_.empty();
  }

  clang::ASTContext &context_;
  clang::ASTNameGenerator names_;
  llvm::StringMap<Import *> wanted_;
  llvm::SmallPtrSet<const clang::Decl *, 32> seen_;
};

} // namespace

std::unique_ptr<clang::ASTConsumer> make_use_collector(Uses &uses) { return std::make_unique<UseCollector>(uses); }

void place_imports(clang::ASTContext &context, const Uses &uses, std::vector<Import> &imports) {
  if (imports.empty()) return;
  UseFinder finder(context, imports);
  for (std::size_t i = 0; i < uses.size(); ++i) // what is looked at may be read out of the head only now, and is told of, too
    if (!finder.TraverseDecl(uses[i])) return;
}

} // namespace graft::driver
