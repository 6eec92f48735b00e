// See learned_code.hpp. What one definition needs, its users need too, and theirs.
#include "learned_code.hpp"

#include "references.hpp"

#include <graft/base/per_image.hpp>

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <dlfcn.h>

namespace graft::driver {
namespace {

constexpr llvm::StringLiteral kCallTerminate("__clang_call_terminate");

/// Type information and virtual tables: compared by name, if at all.
bool is_of_type(llvm::StringRef name) {
  return name.starts_with("_ZTV") || name.starts_with("_ZTI") || name.starts_with("_ZTS") || name.starts_with("_ZTT");
}

/// Who may have a definition, from all to one; what reaches several belongs to the last of them.
enum class Whose : std::uint8_t { kEverybodys, kBundles, kFiles };

using WhoseIs = llvm::DenseMap<const llvm::GlobalValue *, Whose>;

Whose whose_is_declared(const llvm::GlobalValue &global) {
  if (is_per_image(global.getName())) return Whose::kBundles;
  if (::dlsym(RTLD_DEFAULT, global.getName().str().c_str()) == nullptr) return Whose::kFiles;
  return global.isThreadLocal() ? Whose::kBundles : Whose::kEverybodys;
}

Whose whose_is_alone(const llvm::GlobalValue &global) {
  if (llvm::isa<llvm::GlobalAlias, llvm::GlobalIFunc>(global)) return Whose::kFiles;
  if (const auto *function = llvm::dyn_cast<llvm::Function>(&global); function && function->isIntrinsic())
    return Whose::kEverybodys;
  if (global.isDeclaration()) return whose_is_declared(global);
  if (global.hasExternalLinkage()) return Whose::kFiles; // one definition only: not ours to repeat
  const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(&global);
  if (variable == nullptr || (variable->isConstant() && !variable->isThreadLocal())) return Whose::kEverybodys;
  return variable->hasLocalLinkage() ? Whose::kFiles : Whose::kBundles;
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

/// Everything that an initialiser of the module touches: without it, it is not what it should be.
Globals initialised_in(const llvm::Module &module, const References &references) {
  Globals touched;
  const llvm::GlobalVariable *list = module.getNamedGlobal("llvm.global_ctors");
  if (list == nullptr) return touched;
  for (const llvm::GlobalValue *entry : references.of.lookup(list)) {
    touched.insert(entry);
    for (const llvm::GlobalValue *used : references.of.lookup(entry))
      if (const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(used);
          variable && !variable->isConstant() && !variable->isDeclaration())
        touched.insert(variable);
  }
  return touched;
}

/// `elsewhere`: declarations that another part of the learned code defines.
WhoseIs whose_are(const llvm::Module &module, const References &references, const Wanted &wanted,
                  const std::set<std::string> &elsewhere) {
  llvm::DenseMap<const llvm::GlobalValue *, llvm::SmallVector<const llvm::GlobalValue *, 4>> users;
  llvm::SmallVector<std::pair<const llvm::GlobalValue *, Whose>, 32> to_do;
  for (const auto &[global, used] : references.of)
    for (const llvm::GlobalValue *one : used) users[one].push_back(global);
  for (const llvm::GlobalValue &global : module.global_values()) {
    const std::string name = global.getName().str();
    to_do.emplace_back(&global, elsewhere.contains(name)       ? Whose::kEverybodys
                                : wanted.unique.contains(name) ? Whose::kFiles
                                                               : whose_is_alone(global));
  }
  for (const llvm::GlobalValue *global : initialised_in(module, references)) to_do.emplace_back(global, Whose::kFiles);
  WhoseIs whose;
  while (!to_do.empty()) {
    const auto [global, least] = to_do.pop_back_val();
    const auto [known, is_new] = whose.try_emplace(global, least);
    if (!is_new && known->second >= least) continue;
    known->second = least;
    for (const llvm::GlobalValue *user : users.lookup(global)) to_do.emplace_back(user, least);
  }
  return whose;
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

/// Cuts a module down to those of `wanted` that are `whose`, and to what they need.
std::vector<std::string> keep(llvm::Module &module, const Wanted &wanted, const WhoseIs &whose, Whose kind,
                              const References &references) {
  std::vector<const llvm::GlobalValue *> roots;
  for (const llvm::Function &function : module)
    if (function.hasLinkOnceODRLinkage() && whose.lookup(&function) == kind &&
        wanted.symbols.contains(function.getName().str()))
      roots.push_back(&function);
  drop_all_but(module, references.reached_from(roots));
  std::vector<std::string> symbols;
  for (llvm::GlobalObject &global : module.global_objects()) offer(global, symbols);
  for (const auto &[name, known] : wanted.equals) {
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

/// Leaves to another object what that one offers.
void leave_to(const std::vector<std::string> &symbols, llvm::Module &module) {
  for (const std::string &symbol : symbols) {
    llvm::GlobalValue *global = module.getNamedValue(symbol);
    if (auto *function = llvm::dyn_cast_or_null<llvm::Function>(global)) function->deleteBody();
    auto *variable = llvm::dyn_cast_or_null<llvm::GlobalVariable>(global);
    if (variable != nullptr) variable->setInitializer(nullptr);
    if (auto *object = llvm::dyn_cast_or_null<llvm::GlobalObject>(global)) object->setComdat(nullptr);
    if (global != nullptr) global->setLinkage(llvm::GlobalValue::ExternalLinkage);
  }
}

} // namespace

LearnedCode divide(std::unique_ptr<llvm::Module> module, const Wanted &wanted) {
  LearnedCode code;
  code.own.module = llvm::CloneModule(*module);
  code.shared.module = std::move(module);
  {
    const References references(*code.shared.module);
    const WhoseIs whose = whose_are(*code.shared.module, references, wanted, {});
    code.shared.symbols = keep(*code.shared.module, wanted, whose, Whose::kEverybodys, references);
  }
  leave_to(code.shared.symbols, *code.own.module);
  const References references(*code.own.module);
  // What was left to the shared part is declared now; it is known to be somewhere, though not in the process.
  const WhoseIs whose =
      whose_are(*code.own.module, references, wanted, {code.shared.symbols.begin(), code.shared.symbols.end()});
  code.own.symbols = keep(*code.own.module, wanted, whose, Whose::kBundles, references);
  return code;
}

} // namespace graft::driver
