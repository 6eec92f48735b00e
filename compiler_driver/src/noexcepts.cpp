// Clang gives each that calls what may throw a call of one helper, so the helper's users are the list; and those that may
// run out of stack.
#include "noexcepts.hpp"

#include "diagnostics.hpp"
#include "stack_checks.hpp"

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
  llvm::SmallPtrSet<const llvm::Function *, 8> seen;
  const auto add = [&](const llvm::Function &function) {
    if (!seen.insert(&function).second) return;
    const clang::Decl *declaration = generator.GetDeclForMangledName(function.getName());
    if (declaration == nullptr || sources.isInSystemHeader(declaration->getLocation())) return;
    found.push_back({function.getName().str(), position(sources, declaration->getLocation())});
  };
  if (const llvm::Function *helper = module.getFunction("__clang_call_terminate"))
    for (const llvm::User *user : helper->users())
      if (const auto *call = llvm::dyn_cast<llvm::Instruction>(user)) add(*call->getFunction());
  for (const llvm::Function &function : module)
    if (ends_at_overflow(function)) add(function);
  return found;
}

} // namespace graft::driver
