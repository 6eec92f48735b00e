// See out_of_line.hpp.
#include "out_of_line.hpp"

#include "global_names.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/Decl.h>
#include <clang/Basic/TargetInfo.h>
#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// Whether it looks at the frame that it runs in, or returns into it twice.
bool is_of_its_frame(const llvm::Function &function) {
  if (function.callsFunctionThatReturnsTwice()) return true;
  return std::ranges::any_of(llvm::instructions(function), [](const llvm::Instruction &instruction) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    if (call == nullptr) return false;
    switch (call->getIntrinsicID()) {
    case llvm::Intrinsic::returnaddress:
    case llvm::Intrinsic::addressofreturnaddress:
    case llvm::Intrinsic::frameaddress:
    case llvm::Intrinsic::sponentry:
    case llvm::Intrinsic::read_register:
    case llvm::Intrinsic::stacksave:
      return true;
    default:
      return call->isInlineAsm();
    }
  });
}

/// Whether `type` is passed in the same place by every caller, whatever instructions a caller alone may use (psABI 3.2.3).
bool is_passed_alike(const llvm::Type *type, const clang::TargetInfo &target) {
  if (!type->isVectorTy()) return true;
  const auto bits = type->getPrimitiveSizeInBits().getFixedValue();
  return bits <= 128 || target.hasFeature(bits <= 256 ? "avx" : "avx512f");
}

} // namespace

void call_out_of_line(llvm::ArrayRef<clang::FunctionDecl *> functions, const llvm::Module &module,
                      const clang::TargetInfo &target, GlobalNames &names) {
  const auto is_free = [&](const clang::GlobalDecl &variant) {
    const llvm::Function *code = module.getFunction(names.of(variant));
    if (code == nullptr || code->isDeclaration()) return code == nullptr; // one variant may stand for the others
    return !is_of_its_frame(*code) && is_passed_alike(code->getReturnType(), target) &&
           std::ranges::all_of(code->getFunctionType()->params(),
                               [&](const llvm::Type *type) { return is_passed_alike(type, target); });
  };
  for (clang::FunctionDecl *function : functions) {
    if (!function->hasAttr<clang::AlwaysInlineAttr>() || function->hasAttr<clang::TargetAttr>()) continue;
    if (!std::ranges::all_of(variants_of(*function), is_free)) continue;
    for (clang::FunctionDecl *each : function->redecls()) each->dropAttr<clang::AlwaysInlineAttr>();
  }
}

} // namespace graft::driver
