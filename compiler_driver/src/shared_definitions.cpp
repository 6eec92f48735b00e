// See shared_definitions.hpp. Clang asks its external source whether a definition lies elsewhere, as it would with a module
// that was compiled to an object of its own; at -O0 it then emits no body, above it emits one for inlining alone.
#include "shared_definitions.hpp"

#include "global_names.hpp"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Sema/MultiplexExternalSemaSource.h>
#include <clang/Serialization/ASTReader.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// The reader of the preamble, and behind it nothing: a multiplexer of two takes "yes" from neither, since that is zero
/// (Clang 22), so the question is answered here.
class SharedDefinitions : public clang::MultiplexExternalSemaSource {
 public:
  SharedDefinitions(clang::ASTContext &context, llvm::IntrusiveRefCntPtr<clang::ExternalSemaSource> reader,
                    const Preamble &preamble)
      : MultiplexExternalSemaSource(std::move(reader), llvm::makeIntrusiveRefCnt<clang::ExternalSemaSource>()),
        names_(context), preamble_(preamble) {}

  ExtKind hasExternalDefinitions(const clang::Decl *declaration) override {
    if (const auto *variable = llvm::dyn_cast<clang::VarDecl>(declaration))
      return variable->hasGlobalStorage() && !variable->isLocalVarDecl() && variable->isExternallyVisible() &&
                     !variable->getType()->isDependentType() && offers(clang::GlobalDecl(variable))
                 ? EK_Always
                 : EK_ReplyHazy;
    const auto *function = llvm::dyn_cast<clang::FunctionDecl>(declaration);
    if (function == nullptr || function->isDependentContext() || !function->isExternallyVisible()) return EK_ReplyHazy;
    const clang::Decl *one = function->getCanonicalDecl();
    if (const auto known = known_.find(one); known != known_.end()) return known->second;
    const bool offers_all =
        std::ranges::all_of(variants_of(*function), [&](const clang::GlobalDecl &variant) { return offers(variant); });
    return known_[one] = offers_all ? EK_Always : EK_ReplyHazy;
  }

 private:
  bool offers(const clang::GlobalDecl &variant) { return preamble_.code && preamble_.code->offers(names_.of(variant)); }

  GlobalNames names_;
  const Preamble &preamble_;
  llvm::DenseMap<const clang::Decl *, ExtKind> known_;
};

} // namespace

void use_shared_definitions(clang::CompilerInstance &compiler, const Preamble &preamble) {
  clang::ASTContext &context = compiler.getASTContext();
  auto reader = compiler.getASTReader();
  if (!preamble.has_learned || !reader) return;
  context.setExternalSource(llvm::makeIntrusiveRefCnt<SharedDefinitions>(context, std::move(reader), preamble));
}

} // namespace graft::driver
