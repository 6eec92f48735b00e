// See references.hpp.
#include "references.hpp"

#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

void add_globals(const llvm::Value *value, Globals &found, llvm::SmallPtrSetImpl<const llvm::Value *> &seen) {
  const auto *constant = llvm::dyn_cast_or_null<llvm::Constant>(value);
  if (constant == nullptr || !seen.insert(constant).second) return;
  if (const auto *global = llvm::dyn_cast<llvm::GlobalValue>(constant)) {
    found.insert(global);
    return;
  }
  for (const llvm::Value *operand : constant->operands()) add_globals(operand, found, seen);
}

Globals references_of(const llvm::GlobalValue &global) {
  Globals found;
  llvm::SmallPtrSet<const llvm::Value *, 16> seen;
  if (const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(&global)) {
    if (variable->hasInitializer()) add_globals(variable->getInitializer(), found, seen);
  } else if (const auto *function = llvm::dyn_cast<llvm::Function>(&global)) {
    if (function->hasPersonalityFn()) add_globals(function->getPersonalityFn(), found, seen);
    for (const llvm::Instruction &instruction : llvm::instructions(*function))
      for (const llvm::Value *operand : instruction.operand_values()) add_globals(operand, found, seen);
  }
  return found;
}

} // namespace

References::References(const llvm::Module &module) {
  for (const llvm::GlobalValue &global : module.global_values()) of[&global] = references_of(global);
}

llvm::DenseSet<const llvm::GlobalValue *> References::reached_from(std::vector<const llvm::GlobalValue *> to_do) const {
  llvm::DenseSet<const llvm::GlobalValue *> reached;
  while (!to_do.empty()) {
    const llvm::GlobalValue *global = to_do.back();
    to_do.pop_back();
    if (!reached.insert(global).second) continue;
    const auto used = of.find(global);
    if (used != of.end()) to_do.insert(to_do.end(), used->second.begin(), used->second.end());
  }
  return reached;
}

} // namespace graft::driver
