// See throws.hpp. Bounded by depth and by what was already seen, so that it stays cheap at -O0.
#include "throws.hpp"

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

namespace graft::driver {
namespace {

constexpr int kDepth = 4;
constexpr unsigned kFunctions = 32;

using Seen = llvm::SmallPtrSet<const llvm::Function *, kFunctions>;

bool may_throw(const llvm::Function &function, Seen &seen, int depth);

bool may_throw(const llvm::Instruction &instruction, Seen &seen, int depth) {
  if (const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
    if (call->doesNotThrow()) return false;
    const llvm::Function *callee = call->getCalledFunction();
    return callee == nullptr || may_throw(*callee, seen, depth - 1);
  }
  return instruction.mayThrow();
}

bool may_throw(const llvm::Function &function, Seen &seen, int depth) {
  if (function.doesNotThrow()) return false;
  if (!function.hasExactDefinition() || depth == 0 || seen.size() >= kFunctions) return true;
  if (!seen.insert(&function).second) return false; // being looked at already: its own instructions decide
  return llvm::any_of(llvm::instructions(function),
                      [&](const llvm::Instruction &instruction) { return may_throw(instruction, seen, depth); });
}

} // namespace

bool may_throw(const llvm::Function &function) {
  Seen seen;
  return may_throw(function, seen, kDepth);
}

} // namespace graft::driver
