// See learned_code.hpp. What must not be shared taints its users, and theirs.
#include "learned_code.hpp"

#include <graft/base/per_image.hpp>

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <dlfcn.h>

namespace graft::driver {
namespace {

constexpr llvm::StringLiteral kCallTerminate("__clang_call_terminate");

using Globals = llvm::SmallPtrSet<const llvm::GlobalValue *, 8>;

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

/// Type information and virtual tables: compared by name, if at all.
bool is_of_type(llvm::StringRef name) {
  return name.starts_with("_ZTV") || name.starts_with("_ZTI") || name.starts_with("_ZTS") || name.starts_with("_ZTT");
}

/// Arrays behind initialiser lists and the like, which no source can name: only their function knows the address.
bool is_unnameable(llvm::StringRef name) { return name.starts_with("constinit") || name.starts_with("__const."); }

/// Whether an image other than this one could be meant by it, or several copies could be told apart.
bool is_tainted(const llvm::GlobalValue &global) {
  if (llvm::isa<llvm::GlobalAlias, llvm::GlobalIFunc>(global) || global.isThreadLocal()) return true;
  if (const auto *function = llvm::dyn_cast<llvm::Function>(&global); function && function->isIntrinsic()) return false;
  if (global.isDeclaration())
    return is_per_image(global.getName()) || ::dlsym(RTLD_DEFAULT, global.getName().str().c_str()) == nullptr;
  const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(&global);
  if (variable == nullptr) return global.hasExternalLinkage(); // one definition only: not ours to repeat
  const bool has_one_address =
      variable->hasLocalLinkage() && !variable->hasGlobalUnnamedAddr(); // that only its own file can take
  return !variable->isConstant() ||
         (has_one_address && !is_of_type(variable->getName()) && !is_unnameable(variable->getName()));
}

/// Whether others may know it by name, and its address then is the same for all of them.
bool is_offered(const llvm::GlobalObject &global) {
  return !global.isDeclaration() && (global.hasLinkOnceODRLinkage() || global.hasWeakODRLinkage()) &&
         !is_of_type(global.getName());
}

void offer(llvm::GlobalObject &global, std::vector<std::string> &symbols) {
  if (global.isDeclaration() || global.hasLocalLinkage()) return;
  if (global.getName() == kCallTerminate) { // Clang's own helper, of which every object has one
    global.setComdat(nullptr);
    global.setVisibility(llvm::GlobalValue::DefaultVisibility);
    return global.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
  if (is_offered(global)) symbols.push_back(global.getName().str());
  global.setVisibility(llvm::GlobalValue::DefaultVisibility);
  global.setLinkage(llvm::GlobalValue::WeakODRLinkage);
}

struct References {
  llvm::DenseMap<const llvm::GlobalValue *, Globals> of;

  explicit References(const llvm::Module &module) {
    for (const llvm::GlobalValue &global : module.global_values()) of[&global] = references_of(global);
  }
};

llvm::DenseSet<const llvm::GlobalValue *> tainted_of(const llvm::Module &module, const References &references) {
  llvm::DenseMap<const llvm::GlobalValue *, llvm::SmallVector<const llvm::GlobalValue *, 4>> users;
  llvm::SmallVector<const llvm::GlobalValue *, 32> to_do;
  for (const auto &[global, used] : references.of)
    for (const llvm::GlobalValue *one : used) users[one].push_back(global);
  for (const llvm::GlobalValue &global : module.global_values())
    if (is_tainted(global)) to_do.push_back(&global);
  llvm::DenseSet<const llvm::GlobalValue *> tainted;
  while (!to_do.empty()) {
    const llvm::GlobalValue *global = to_do.pop_back_val();
    if (!tainted.insert(global).second) continue;
    for (const llvm::GlobalValue *user : users.lookup(global)) to_do.push_back(user);
  }
  return tainted;
}

llvm::DenseSet<const llvm::GlobalValue *> reached_from(const std::vector<const llvm::GlobalValue *> &roots,
                                                       const References &references) {
  llvm::DenseSet<const llvm::GlobalValue *> reached;
  std::vector<const llvm::GlobalValue *> to_do = roots;
  while (!to_do.empty()) {
    const llvm::GlobalValue *global = to_do.back();
    to_do.pop_back();
    if (!reached.insert(global).second) continue;
    const auto used = references.of.find(global);
    if (used != references.of.end()) to_do.insert(to_do.end(), used->second.begin(), used->second.end());
  }
  return reached;
}

/// Takes everything out of the module that is not in `kept`.
void drop_all_but(llvm::Module &module, const llvm::DenseSet<const llvm::GlobalValue *> &kept) {
  std::vector<llvm::GlobalValue *> dead;
  for (llvm::GlobalValue &global : module.global_values())
    if (!kept.contains(&global)) dead.push_back(&global);
  for (llvm::GlobalValue *global : dead) {
    if (auto *function = llvm::dyn_cast<llvm::Function>(global)) function->deleteBody();
    if (auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(global)) variable->setInitializer(nullptr);
  }
  for (llvm::GlobalValue *global : dead) {
    global->replaceAllUsesWith(llvm::PoisonValue::get(global->getType())); // by others of the dead alone
    global->eraseFromParent();
  }
}

} // namespace

std::vector<std::string> keep_shareable(llvm::Module &module, const std::set<std::string> &wanted,
                                        const std::map<std::string, std::string> &equals) {
  const References references(module);
  const auto tainted = tainted_of(module, references);
  std::vector<const llvm::GlobalValue *> roots;
  for (const llvm::Function &function : module)
    if (function.hasLinkOnceODRLinkage() && !tainted.contains(&function) && wanted.contains(function.getName().str()))
      roots.push_back(&function);
  drop_all_but(module, reached_from(roots, references));
  std::vector<std::string> symbols;
  for (llvm::GlobalObject &global : module.global_objects()) offer(global, symbols);
  for (const auto &[name, known] : equals) {
    llvm::Function *function = module.getFunction(known);
    if (function == nullptr || function->isDeclaration() || module.getNamedValue(name) != nullptr) continue;
    llvm::ValueToValueMapTy values;
    llvm::Function *copy = llvm::CloneFunction(function, values); // no alias: of the two, another object may define one
    copy->setName(name);
    copy->setComdat(module.getOrInsertComdat(name));
    symbols.push_back(name);
  }
  std::ranges::sort(symbols);
  return symbols;
}

} // namespace graft::driver
