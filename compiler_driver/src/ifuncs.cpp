// See ifuncs.hpp. LLVM lowers the calls alone, and leaves the function and its address to the linker.
#include "ifuncs.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/GlobalIFunc.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <vector>

namespace graft::driver {

/// A function in the place of `ifunc` that jumps to where `chosen` points.
static void replace(llvm::GlobalIFunc &ifunc, llvm::GlobalVariable &chosen) {
  llvm::Module &module = *ifunc.getParent();
  auto *type = llvm::cast<llvm::FunctionType>(ifunc.getValueType());
  llvm::Function *jump = llvm::Function::Create(type, ifunc.getLinkage(), ifunc.getAddressSpace(), "", &module);
  jump->copyAttributesFrom(ifunc.getResolverFunction()); // the features that calls of this file count on
  jump->setAttributes(llvm::AttributeList::get(module.getContext(), jump->getAttributes().getFnAttrs(), {}, {}));
  jump->setVisibility(ifunc.getVisibility());
  jump->setDSOLocal(ifunc.isDSOLocal());
  jump->setComdat(nullptr);
  jump->setPersonalityFn(nullptr);
  jump->setSection("");
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "", jump));
  std::vector<llvm::Value *> arguments;
  for (llvm::Argument &argument : jump->args()) arguments.push_back(&argument);
  llvm::CallInst *call = builder.CreateCall(type, builder.CreateLoad(builder.getPtrTy(), &chosen), arguments);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (type->getReturnType()->isVoidTy())
    builder.CreateRetVoid();
  else
    builder.CreateRet(call);
  jump->takeName(&ifunc);
  ifunc.replaceAllUsesWith(jump);
  ifunc.eraseFromParent();
}

void lower_ifuncs(llvm::Module &module) {
  if (module.ifunc_empty()) return;
  llvm::LLVMContext &context = module.getContext();
  auto *choose = llvm::Function::createWithDefaultAttr(llvm::FunctionType::get(llvm::Type::getVoidTy(context), false),
                                                       llvm::GlobalValue::InternalLinkage, 0, "graft.choose", &module);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", choose));
  for (llvm::GlobalIFunc &ifunc : llvm::make_early_inc_range(module.ifuncs())) {
    auto *chosen =
        new llvm::GlobalVariable(module, builder.getPtrTy(), /*isConstant=*/false, llvm::GlobalValue::InternalLinkage,
                                 llvm::ConstantPointerNull::get(builder.getPtrTy()), ifunc.getName() + ".chosen");
    builder.CreateStore(builder.CreateCall(llvm::FunctionType::get(builder.getPtrTy(), false), ifunc.getResolver()), chosen);
    replace(ifunc, *chosen);
  }
  builder.CreateRetVoid();
  llvm::appendToGlobalCtors(module, choose, /*Priority=*/0);
}

} // namespace graft::driver
