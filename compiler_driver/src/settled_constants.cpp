// See settled_constants.hpp. LLVM's evaluator runs the initialisers, as its own optimiser would.
#include "settled_constants.hpp"

#include "references.hpp"

#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Evaluator.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// What is called at the start, one variable's initialiser each. Clang lists some, and has others called by one that it
/// lists.
std::vector<llvm::Function *> initialisers_of(llvm::Module &module) {
  std::vector<llvm::Function *> found;
  const llvm::GlobalVariable *list = module.getNamedGlobal("llvm.global_ctors");
  if (list == nullptr || !list->hasInitializer()) return found;
  for (const llvm::Use &entry : list->getInitializer()->operands()) {
    auto *function = llvm::dyn_cast<llvm::Function>(llvm::cast<llvm::ConstantStruct>(entry)->getOperand(1));
    if (function == nullptr) continue;
    found.push_back(function);
    for (llvm::Instruction &instruction : llvm::instructions(*function))
      if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction); call && call->getCalledFunction())
        found.push_back(call->getCalledFunction());
  }
  return found;
}

} // namespace

void settle_constants(llvm::Module &module, llvm::function_ref<bool(llvm::StringRef)> is_const) {
  const References references(module);
  for (llvm::Function *initialiser : initialisers_of(module)) {
    if (initialiser->isDeclaration() || !initialiser->arg_empty()) continue;
    llvm::Evaluator evaluator(module.getDataLayout(), /*TLI=*/nullptr);
    llvm::Constant *nothing = nullptr;
    if (!evaluator.EvaluateFunction(initialiser, nothing, llvm::SmallVector<llvm::Constant *, 0>())) continue;
    const auto mutated = evaluator.getMutatedInitializers(); // also of the evaluator's own, for what is on the stack
    std::vector<std::pair<llvm::GlobalVariable *, llvm::Constant *>> values;
    const llvm::DenseSet<const llvm::GlobalValue *> reached = references.reached_from({initialiser});
    for (llvm::GlobalVariable &variable : module.globals()) {
      if (!reached.contains(&variable) || variable.isConstant() || !variable.hasInitializer()) continue;
      // An empty constructor changes nothing: the variable then is what it was, zero.
      const auto found = mutated.find(&variable);
      values.emplace_back(&variable, found != mutated.end() ? found->second : variable.getInitializer());
    }
    const bool is_alone = std::ranges::all_of(reached, [&](const llvm::GlobalValue *global) {
      const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(global);
      return variable == nullptr || variable->isConstant() ||
             (variable->hasLocalLinkage() && !variable->isThreadLocal() && variable->hasInitializer() &&
              is_const(variable->getName()));
    });
    if (!is_alone || values.size() != 1) continue; // one that reads another depends on who comes first
    const auto [variable, value] = values.front();
    variable->setInitializer(value);
    variable->setConstant(true);
  }
}

} // namespace graft::driver
