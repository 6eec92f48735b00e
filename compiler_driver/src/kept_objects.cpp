// See kept_objects.hpp. A constructor, which Clang wrote as `init`, becomes
//
//     void construct() {
//       if (life != kFresh) return
//       init()
//       life = kConstructed
//     }
//
// called where `init` was, so that the order of initialisation is the author's. `life` is a byte of the runtime's.
#include "kept_objects.hpp"

#include "kept_ast.hpp"

#include <graft/base/hash.hpp>

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Path.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

namespace graft::driver {
namespace {

/// Tells this file's names from those of all others.
std::string suffix_of(const std::string &source) {
  return "@" + llvm::sys::path::filename(source).str() + "." + llvm::utohexstr(fnv1a64(source), /*LowerCase=*/true);
}

/// Where the code does not know it, the object may be anywhere: only an address from the table will reach it.
void make_outside(llvm::GlobalVariable &variable) {
  variable.setLinkage(llvm::GlobalValue::ExternalLinkage);
  variable.setVisibility(llvm::GlobalValue::DefaultVisibility);
  variable.setDSOLocal(false);
}

class KeptMover {
 public:
  KeptMover(llvm::Module &module, Unit &unit) : module_(module), unit_(unit), suffix_(suffix_of(unit.source)) {}

  bool move(KeptFacts &kept);
  void guard(llvm::Function &initialiser, KeptFacts &kept);
  bool rename(std::string &symbol);
  /// What was moved or renamed need not be there whether it is used or not; once, for the list is made anew.
  void release();

 private:
  llvm::Module &module_;
  Unit &unit_;
  std::string suffix_;
  llvm::SmallPtrSet<llvm::Constant *, 16> moved_;
};

bool KeptMover::move(KeptFacts &kept) {
  llvm::GlobalVariable *variable = module_.getNamedGlobal(kept.symbol);
  if (variable == nullptr || !variable->hasInitializer()) return false;
  kept.file = llvm::sys::path::filename(unit_.source).str();
  kept.binding = variable->hasLocalLinkage() ? "graft_kept." + kept.symbol + suffix_ : kept.symbol;
  moved_.insert(variable);

  llvm::Constant *initial = variable->getInitializer();
  variable->setInitializer(nullptr);
  variable->setComdat(nullptr);
  variable->setSection({});
  variable->eraseMetadata(llvm::LLVMContext::MD_dbg); // it describes definitions
  make_outside(*variable);
  variable->setName(kept.binding);
  if (initial->isNullValue() || llvm::isa<llvm::UndefValue>(initial)) return true;
  kept.initial = "graft_initial." + kept.symbol + suffix_;
  auto *copy = new llvm::GlobalVariable(module_, initial->getType(), /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
                                        initial, kept.initial);
  copy->setAlignment(variable->getAlign());
  return true;
}

void KeptMover::guard(llvm::Function &initialiser, KeptFacts &kept) {
  llvm::LLVMContext &context = module_.getContext();
  llvm::IRBuilder<> builder(context);
  kept.life = "graft_life." + kept.symbol + suffix_;
  auto *life = new llvm::GlobalVariable(module_, builder.getInt8Ty(), /*isConstant=*/false,
                                        llvm::GlobalValue::ExternalLinkage, nullptr, kept.life);
  make_outside(*life);
  auto *construct = llvm::Function::Create(initialiser.getFunctionType(), llvm::GlobalValue::InternalLinkage,
                                           "graft_construct." + kept.symbol, module_);
  construct->setUWTableKind(llvm::UWTableKind::Async);
  construct->setSection(initialiser.getSection());
  initialiser.replaceAllUsesWith(construct);

  auto *entry = llvm::BasicBlock::Create(context, "", construct);
  auto *fresh = llvm::BasicBlock::Create(context, "fresh", construct);
  auto *done = llvm::BasicBlock::Create(context, "done", construct);
  builder.SetInsertPoint(entry);
  const auto number = [&](KeptLife value) { return builder.getInt8(static_cast<std::uint8_t>(value)); };
  llvm::Value *is_fresh = builder.CreateICmpEQ(builder.CreateLoad(builder.getInt8Ty(), life), number(KeptLife::kFresh));
  builder.CreateCondBr(is_fresh, fresh, done);
  builder.SetInsertPoint(fresh);
  builder.CreateCall(&initialiser);
  builder.CreateStore(number(KeptLife::kConstructed), life);
  builder.CreateBr(done);
  builder.SetInsertPoint(done);
  builder.CreateRetVoid();
}

bool KeptMover::rename(std::string &symbol) {
  if (symbol.empty()) return true;
  llvm::Function *function = module_.getFunction(symbol);
  if (function == nullptr || function->isDeclaration()) return false;
  moved_.insert(function);
  function->setComdat(nullptr);
  function->setLinkage(llvm::GlobalValue::ExternalLinkage);
  function->setVisibility(llvm::GlobalValue::DefaultVisibility);
  symbol += suffix_;
  function->setName(symbol);
  return true;
}

void KeptMover::release() {
  if (moved_.empty()) return;
  llvm::removeFromUsedLists(module_, [&](llvm::Constant *used) { return moved_.contains(used->stripPointerCasts()); });
}

} // namespace

std::string move_kept_outside(llvm::Module &module, Unit &unit) {
  KeptMover mover(module, unit);
  std::vector<std::pair<llvm::Function *, std::size_t>> initialisers;
  for (llvm::Function &function : module) {
    unsigned mark = 0;
    if (!function.getFnAttribute("patchable-function-entry").getValueAsString().getAsInteger(10, mark) &&
        mark >= kKeptMark && mark - kKeptMark < unit.facts.kept.size())
      initialisers.emplace_back(&function, mark - kKeptMark);
  }
  for (KeptFacts &kept : unit.facts.kept)
    if (!mover.move(kept))
      return "GRAFT_KEEP variable '" + kept.name + "' has another name in the object: do not rename it with asm";
  for (const auto &[function, index] : initialisers) {
    function->removeFnAttr("patchable-function-entry");
    mover.guard(*function, unit.facts.kept[index]);
  }
  for (KeptClass &kept : unit.facts.kept_classes)
    if (!mover.rename(kept.replace) || !mover.rename(kept.destroy))
      return "a kept class was not compiled: " + kept.replace + kept.destroy;
  for (InstanceFacts &instance : unit.facts.instances)
    if (!mover.rename(instance.construct)) return "an instance's class was not compiled: " + instance.construct;
  for (MigrationFacts &migration : unit.facts.migrations)
    if (!mover.rename(migration.symbol)) return "a GRAFT_MIGRATE function was not compiled: " + migration.symbol;
  mover.release();
  return {};
}

} // namespace graft::driver
