// Clang gives each of them a call of one helper, so the helper's users are the list.
#include "noexcepts.hpp"

#include "diagnostics.hpp"

#include <clang/AST/Decl.h>
#include <clang/Basic/SourceManager.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/Instruction.h>
#include <llvm/IR/Module.h>

namespace graft::driver {

std::vector<NoexceptFacts> find_noexcepts(clang::CodeGenerator &generator, const llvm::Module &module,
                                          const clang::SourceManager &sources) {
  std::vector<NoexceptFacts> found;
  const llvm::Function *helper = module.getFunction("__clang_call_terminate");
  if (helper == nullptr) return found;
  llvm::SmallPtrSet<const llvm::Function *, 8> seen;
  for (const llvm::User *user : helper->users()) {
    const auto *call = llvm::dyn_cast<llvm::Instruction>(user);
    const llvm::Function *function = call != nullptr ? call->getFunction() : nullptr;
    if (function == nullptr || !seen.insert(function).second) continue;
    const clang::Decl *declaration = generator.GetDeclForMangledName(function->getName());
    if (declaration == nullptr || sources.isInSystemHeader(declaration->getLocation())) continue;
    found.push_back({function->getName().str(), position(sources, declaration->getLocation())});
  }
  return found;
}

} // namespace graft::driver
