// See assembly_inputs.hpp. Asked of the IR and not of the text: string literals are put together there.
#include "assembly_inputs.hpp"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

/// The directives that read files, and those that can put such a directive together. The assembler takes them in either
/// case.
std::string find_in(llvm::StringRef assembly) {
  for (const char *directive : {".incbin", ".include", ".macro", ".irp"})
    if (assembly.contains_insensitive(directive)) return std::string(directive) + " in inline assembly";
  return {};
}

} // namespace

std::string unrepeatable_assembly(const llvm::Module &module) {
  if (std::string found = find_in(module.getModuleInlineAsm()); !found.empty()) return found;
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      const auto *assembly = call != nullptr ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
      if (assembly == nullptr) continue;
      if (std::string found = find_in(assembly->getAsmString()); !found.empty()) return found;
    }
  return {};
}

} // namespace graft::driver
