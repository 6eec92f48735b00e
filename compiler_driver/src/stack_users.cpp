// See stack_users.hpp. Functions are taken away leaves first; what is part of a circle never becomes a leaf.
#include "stack_users.hpp"

#include "stack_checks.hpp"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// What functions without a check may take together. It fits several times into what is kept of a stack.
constexpr std::uint64_t kQuietBytes = 16 * 1024;
/// For what a function saves and passes on, which its variables do not tell.
constexpr std::uint64_t kFrameBytes = 128;

/// Functions that are not the plugin's, and call nothing that is.
bool is_outside_and_ends(const llvm::Function &function, const llvm::TargetLibraryInfo &library) {
  const llvm::StringRef name = function.getName();
  if (name.starts_with("__cxa_") || name.starts_with("_Unwind_") || name.starts_with("graft_thunk_") ||
      asks_for_stack(function) || function.doesNotReturn())
    return true;
  llvm::LibFunc known;
  return library.getLibFunc(function, known) &&
         llvm::StringSwitch<bool>(name).Cases({"qsort", "qsort_r", "bsearch", "atexit", "scandir"}, false).Default(true);
}

/// How the calls of one function look before anything was taken away.
struct Calls {
  unsigned open = 0; ///< to functions of the module that were not taken away yet
  std::uint64_t deepest = 0;
  llvm::SmallVector<llvm::Function *, 4> callers; ///< one for each call
};

} // namespace

std::uint64_t frame_bytes(const llvm::Function &function) {
  std::uint64_t bytes = 0;
  const llvm::DataLayout &layout = function.getDataLayout();
  for (const llvm::Instruction &instruction : function.getEntryBlock()) {
    const auto *variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
    const auto size = variable != nullptr ? variable->getAllocationSize(layout) : std::nullopt;
    if (size && !size->isScalable()) bytes += size->getFixedValue();
  }
  return bytes;
}

StackUsers::StackUsers(llvm::Module &module) {
  const llvm::TargetLibraryInfoImpl functions(module.getTargetTriple());
  const llvm::TargetLibraryInfo library(functions);
  for (const llvm::Function &function : module)
    if (function.isDeclaration() && (function.isIntrinsic() || is_outside_and_ends(function, library)))
      quiet_.try_emplace(&function, 0);

  llvm::DenseMap<const llvm::Function *, Calls> calls;
  llvm::SmallVector<llvm::Function *, 32> leaves;
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) continue;
    unsigned open = 0;
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const auto *variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
      if (variable != nullptr && !variable->isStaticAlloca()) ++open; // and nobody takes that away
      const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call == nullptr || !may_not_end(*call)) continue;
      ++open;
      if (llvm::Function *callee = call->getCalledFunction()) calls[callee].callers.push_back(&function);
    }
    calls[&function].open = open;
    if (open == 0 && !function.isInterposable()) leaves.push_back(&function);
  }
  while (!leaves.empty()) {
    llvm::Function *leaf = leaves.pop_back_val();
    const std::uint64_t bytes = calls[leaf].deepest + frame_bytes(*leaf) + kFrameBytes;
    if (bytes > kQuietBytes) continue;
    quiet_.try_emplace(leaf, bytes);
    for (llvm::Function *caller : calls[leaf].callers) {
      Calls &its = calls[caller];
      its.deepest = std::max(its.deepest, bytes);
      if (--its.open == 0 && !caller->isInterposable()) leaves.push_back(caller);
    }
  }
}

bool StackUsers::may_not_end(const llvm::CallBase &call) const {
  if (call.isInlineAsm()) return false;
  const llvm::Function *callee = call.getCalledFunction();
  return callee == nullptr || contains(*callee);
}

} // namespace graft::driver
