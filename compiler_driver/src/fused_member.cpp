// See fused_member.hpp.
#include "fused_member.hpp"

#include "bitcode.hpp"
#include "drop_dead.hpp"
#include "images.hpp"
#include "stack_checks.hpp"

#include <graft/base/first_image.hpp>
#include <graft/base/fused_name.hpp>
#include <graft/driver/fuse.hpp>

#include <llvm/ADT/StringExtras.h>
#include <llvm/Analysis/CFG.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <array>

namespace graft::driver {
namespace {

constexpr llvm::StringLiteral kEntries("graft_entries_");
constexpr std::size_t kBriefInstructions = 256;
constexpr std::uint64_t kBriefBytes = 1'024; // of one copy

/// Known to the code generator by their names, which may put instructions in the place of calls, and one for the whole
/// process.
bool is_everybodys(const llvm::Function &function, const llvm::TargetLibraryInfo &library) {
  static constexpr std::array<llvm::StringLiteral, 3> kUnwinding = {"__gxx_personality_v0", "__gcc_personality_v0",
                                                                    "_Unwind_Resume"};
  llvm::LibFunc known;
  return function.isIntrinsic() || asks_for_stack(function) || llvm::is_contained(kUnwinding, function.getName()) ||
         (function.isDeclaration() && library.getLibFunc(function, known) && library.hasOptimizedCodeGen(known));
}

/// The function that an element of a table is, in this module; null when another file has it, or nobody.
llvm::Function *function_of(llvm::Module &module, const llvm::Constant *element) {
  const auto *function = element != nullptr ? llvm::dyn_cast<llvm::Function>(element->stripPointerCasts()) : nullptr;
  if (function == nullptr) return nullptr;
  const auto first = parse_first_name(std::string_view(function->getName()));
  llvm::Function *own = module.getFunction(first ? llvm::StringRef(first->name) : function->getName());
  return own != nullptr && !own->isDeclaration() ? own : nullptr;
}

void outside(llvm::GlobalValue &value, std::size_t index) {
  value.setName(to_string(MemberName{index, std::string_view(value.getName())}));
  value.setVisibility(llvm::GlobalValue::DefaultVisibility);
  value.setDSOLocal(false); // it may be far off
}

/// F1. Not even constants are looked into: what the optimiser knows to be there for ever it may read before the member's pin
/// was looked at.
void leave(llvm::GlobalVariable &variable, std::size_t index) {
  variable.setComdat(nullptr);
  variable.setSection({});
  if (variable.hasInitializer() && holds_labels(*variable.getInitializer())) { // of its function, wherever that is
    variable.setLinkage(llvm::GlobalValue::InternalLinkage);
    return variable.setName("graft.labels." + llvm::Twine(index));
  }
  if (variable.hasInitializer()) variable.setLinkage(llvm::GlobalValue::ExternalLinkage);
  variable.setInitializer(nullptr);
  variable.setConstant(false);
  outside(variable, index);
}

void leave(llvm::Function &function, std::size_t index, const llvm::TargetLibraryInfo &library) {
  if (is_everybodys(function, library)) return;
  function.setComdat(nullptr);
  if (function.hasAvailableExternallyLinkage()) function.deleteBody();
  if (function.isDeclaration()) return outside(function, index);
  function.setLinkage(llvm::GlobalValue::InternalLinkage);
  function.setVisibility(llvm::GlobalValue::DefaultVisibility);
  function.setName("graft.code." + llvm::Twine(index) + "." + function.getName());
}

/// Types of one name may be others elsewhere, and what is invariant is so while the member is there.
void forget_assumptions(llvm::Function &function) {
  for (llvm::Instruction &instruction : llvm::instructions(function))
    for (const unsigned kind :
         {llvm::LLVMContext::MD_tbaa, llvm::LLVMContext::MD_tbaa_struct, llvm::LLVMContext::MD_invariant_load})
      instruction.setMetadata(kind, nullptr);
}

std::string find_obstacle(const llvm::Module &module) {
  for (const llvm::GlobalVariable &variable : module.globals())
    if (variable.isThreadLocal()) return "it uses thread-local variables";
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      const auto *assembly = call != nullptr ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
      if (assembly != nullptr && !assembly->getAsmString().empty()) return "it contains assembly";
    }
  return {};
}

bool is_brief_call(const llvm::CallBase &call) {
  const auto *intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&call);
  if (intrinsic == nullptr) return false;
  if (const auto *transfer = llvm::dyn_cast<llvm::AnyMemIntrinsic>(intrinsic)) {
    const auto *bytes = llvm::dyn_cast<llvm::ConstantInt>(transfer->getLength());
    return bytes != nullptr && bytes->getZExtValue() <= kBriefBytes;
  }
  return !intrinsic->mayReadOrWriteMemory() || intrinsic->isAssumeLikeIntrinsic();
}

} // namespace

void name_constants(llvm::Module &module, std::string_view source) {
  const std::string prefix = "graft.own." + llvm::utohexstr(file_of_image(source)) + ".";
  std::size_t count = 0;
  for (llvm::GlobalVariable &variable : module.globals()) {
    if (variable.isDeclaration() || variable.hasAvailableExternallyLinkage() || !variable.hasLocalLinkage()) continue;
    // What nobody uses stands in for the first image's, under its own name.
    if (variable.getName().starts_with("llvm.") || variable.use_empty()) continue;
    variable.setName(prefix + llvm::Twine(count++));
    variable.setLinkage(llvm::GlobalValue::ExternalLinkage);
    variable.setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
}

std::string entry_name(const std::string &tag, std::size_t index) {
  return "graft.entry." + tag + "." + std::to_string(index);
}

void keep_member(llvm::Module &module, std::vector<char> &out) {
  std::vector<llvm::GlobalAlias *> names;
  for (llvm::GlobalVariable &table : module.globals()) {
    llvm::StringRef tag = table.getName();
    if (!tag.consume_front(kEntries) || !table.hasInitializer()) continue;
    const llvm::Constant &entries = *table.getInitializer();
    for (unsigned index = 0; const llvm::Constant *element = entries.getAggregateElement(index); ++index)
      if (llvm::Function *function = function_of(module, element))
        names.push_back(
            llvm::GlobalAlias::create(llvm::GlobalValue::ExternalLinkage, entry_name(tag.str(), index), function));
  }
  write_bitcode(module, out);
  for (llvm::GlobalAlias *name : names) name->eraseFromParent();
}

std::string make_member(llvm::Module &module, std::size_t index, const std::string &entry, const std::string &function) {
  llvm::GlobalAlias *const name = module.getNamedAlias(entry);
  auto *called = name != nullptr ? llvm::dyn_cast<llvm::Function>(name->getAliaseeObject()) : nullptr;
  if (called == nullptr) return "what it provides is not in its own code";
  for (llvm::GlobalAlias &alias : llvm::make_early_inc_range(module.aliases())) {
    alias.replaceAllUsesWith(alias.getAliasee());
    alias.eraseFromParent();
  }
  llvm::StripDebugInfo(module);
  for (llvm::GlobalVariable &variable : module.globals()) leave(variable, index);
  const llvm::TargetLibraryInfoImpl functions(module.getTargetTriple());
  const llvm::TargetLibraryInfo library(functions);
  for (llvm::Function &one : module) {
    leave(one, index, library);
    forget_assumptions(one);
  }
  called->setName(function);
  called->setLinkage(llvm::GlobalValue::ExternalLinkage);
  drop_dead(module);
  return find_obstacle(module);
}

bool is_brief(const llvm::Function &function) {
  llvm::SmallVector<std::pair<const llvm::BasicBlock *, const llvm::BasicBlock *>, 4> loops;
  llvm::FindFunctionBackedges(function, loops);
  if (!loops.empty() || function.getInstructionCount() > kBriefInstructions) return false;
  return llvm::all_of(llvm::instructions(function), [](const llvm::Instruction &instruction) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    return call == nullptr || is_brief_call(*call);
  });
}

} // namespace graft::driver
