// See images.hpp.
#include "images.hpp"

#include "unnamed.hpp"

#include <graft/base/first_image.hpp>

#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// Holds constants in place while the module is optimised: what has a section and an alignment gets no larger one, which the
/// first image's copy need not have.
constexpr llvm::StringLiteral kConstantSection(".data.rel.ro.graft");

std::string quoted(const llvm::GlobalValue &value) { return "'" + value.getName().str() + "'"; }

bool is_defined_here(const llvm::GlobalObject &object) {
  return !object.isDeclaration() && !object.hasAvailableExternallyLinkage() && !object.getName().starts_with("llvm.");
}

/// Whether a value is used otherwise than to be called. What the compiler itself lists does not count.
bool is_callee(const llvm::Use &use) {
  const auto *call = llvm::dyn_cast<llvm::CallBase>(use.getUser());
  return call != nullptr && call->isCallee(&use);
}

/// Clang counts such up in the order in which it meets them.
bool has_no_name(const llvm::GlobalVariable &variable) {
  return variable.getName().starts_with(".") || is_numbered(variable.getName());
}

bool has_held_address(const llvm::Function &function) {
  return llvm::any_of(function.uses(),
                      [](const llvm::Use &use) { return !is_callee(use) && !llvm::isa<llvm::BlockAddress>(use.getUser()); });
}

/// Tables that calls go through and that no program sees: construction tables and tables of tables among them.
bool is_virtual_table(const llvm::GlobalValue &value) {
  const llvm::StringRef name = value.getName();
  return name.starts_with("_ZTV") || name.starts_with("_ZTC") || name.starts_with("_ZTT");
}

/// Whether everything that `constant` is a part of is such a table.
bool serves_virtual_calls(const llvm::Constant &constant) {
  return !constant.use_empty() && llvm::all_of(constant.users(), [](const llvm::User *user) {
    if (const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(user)) return is_virtual_table(*variable);
    const auto *whole = llvm::dyn_cast<llvm::Constant>(user);
    return whole != nullptr && !llvm::isa<llvm::GlobalValue>(whole) && serves_virtual_calls(*whole);
  });
}

/// Whether an address of a label, or what was worked out of it, only ever decides where its own function goes on.
bool only_jumps(llvm::Value &label, llvm::SmallPtrSetImpl<llvm::Value *> &seen) {
  if (!seen.insert(&label).second) return true;
  return llvm::all_of(label.users(), [&](llvm::User *user) {
    if (llvm::isa<llvm::IndirectBrInst>(user)) return true;
    if (auto *table = llvm::dyn_cast<llvm::GlobalVariable>(user)) return table->isConstant() && only_jumps(*table, seen);
    const bool passes = llvm::isa<llvm::Constant>(user)
                            ? !llvm::isa<llvm::GlobalValue>(user)
                            : llvm::isa<llvm::LoadInst, llvm::PHINode, llvm::SelectInst, llvm::CastInst,
                                        llvm::BinaryOperator, llvm::GetElementPtrInst>(user);
    return passes && only_jumps(*user, seen);
  });
}

bool leads_out(llvm::Function &function) {
  for (llvm::BasicBlock &block : function) {
    if (!block.hasAddressTaken()) continue;
    llvm::SmallPtrSet<llvm::Value *, 16> seen;
    if (llvm::BlockAddress *label = llvm::BlockAddress::lookup(&block); label != nullptr && !only_jumps(*label, seen))
      return true;
  }
  return false;
}

bool writes_elsewhere(const llvm::InlineAsm &assembly) {
  static constexpr llvm::StringLiteral kWords[] = {"section", ".data", ".bss", ".comm", ".lcomm", ".previous", ".globl"};
  return llvm::any_of(kWords, [&](llvm::StringRef word) { return assembly.getAsmString().contains(word); });
}

bool has_strange_assembly(const llvm::Function &function) {
  return llvm::any_of(llvm::instructions(function), [](const llvm::Instruction &instruction) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    const auto *assembly = call != nullptr ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
    return assembly != nullptr && writes_elsewhere(*assembly);
  });
}

/// What is in the module and cannot be in a second image; nothing when there is none.
std::string find_obstacle(llvm::Module &module) {
  if (!module.getModuleInlineAsm().empty()) return "there is assembly outside of functions";
  for (const llvm::Function &function : module)
    if (has_strange_assembly(function)) return "assembly in " + quoted(function) + " writes to other sections";
  for (const llvm::GlobalAlias &alias : module.aliases())
    if (!llvm::isa<llvm::Function>(alias.stripPointerCastsAndAliases()))
      return quoted(alias) + " is another name for a variable";
  for (const llvm::GlobalVariable &variable : module.globals()) {
    const llvm::StringRef name = variable.getName();
    if (variable.isDeclaration() && (name.starts_with("__start_") || name.starts_with("__stop_")))
      return "'" + name.str() + "' is the edge of a section";
    if (!is_defined_here(variable) || (variable.isConstant() && !variable.isThreadLocal())) continue;
    if (variable.hasPrivateLinkage() || name.starts_with(".") || name.empty()) return "a variable has no name";
    if (holds_labels(*variable.getInitializer())) return "variable " + quoted(variable) + " holds addresses of labels";
  }
  return {};
}

/// What only the initialisers used, which the second image has none of, goes with them.
void drop_initialisers(llvm::Module &module) {
  for (const char *list : {"llvm.global_ctors", "llvm.global_dtors"})
    if (llvm::GlobalVariable *variable = module.getNamedGlobal(list)) variable->eraseFromParent();
  llvm::removeFromUsedLists(module, [](llvm::Constant *) { return true; });
  for (bool dropped = true; dropped;) {
    dropped = false;
    for (llvm::Function &function : llvm::make_early_inc_range(module)) {
      if (!function.hasLocalLinkage() || !function.use_empty()) continue;
      function.eraseFromParent();
      dropped = true;
    }
  }
}

/// Whether a use of a function or of its other name holds its address where the program may see it.
bool shows_address(const llvm::Use &use) {
  const llvm::User *user = use.getUser();
  if (is_callee(use) || llvm::isa<llvm::BlockAddress>(user)) return false;
  if (const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(user)) return !is_virtual_table(*variable);
  if (llvm::isa<llvm::GlobalValue>(user)) return false;
  const auto *whole = llvm::dyn_cast<llvm::Constant>(user);
  return whole == nullptr || !serves_virtual_calls(*whole);
}

enum class Reach : std::uint8_t { kNear, kTable };

/// What many files may define can be bound to the process's or to shared code's, which only an address from the table
/// reaches; all else is near.
Reach reach_of(const llvm::GlobalValue &own) {
  return own.isWeakForLinker() && own.hasDefaultVisibility() ? Reach::kTable : Reach::kNear;
}

void put_in_first_image(llvm::GlobalValue &value, Reach reach) {
  const bool is_near = reach == Reach::kNear;
  value.setLinkage(llvm::GlobalValue::ExternalLinkage);
  value.setVisibility(is_near ? llvm::GlobalValue::HiddenVisibility : llvm::GlobalValue::DefaultVisibility);
  value.setDSOLocal(is_near);
}

/// What `name` means to all files of the first image, or outside where that has none.
std::string first_name_elsewhere(const llvm::GlobalValue &value) { return to_string({0, 0, 0, value.getName()}); }

/// Has what other files define, and this one holds the address of, be the first image's.
void show_first_of_others(llvm::Module &module) {
  llvm::SmallVector<llvm::GlobalObject *, 16> others;
  for (llvm::Function &function : module)
    if (!is_defined_here(function) && !function.isIntrinsic()) others.push_back(&function);
  for (llvm::GlobalVariable &variable : module.globals()) // what is no constant, no second image defines
    if (!is_defined_here(variable) && variable.isConstant() && !variable.hasGlobalUnnamedAddr() &&
        !is_virtual_table(variable))
      others.push_back(&variable);
  for (llvm::GlobalObject *other : others) {
    if (llvm::none_of(other->uses(), shows_address) || parse_first_name(std::string_view(other->getName()))) continue;
    llvm::GlobalObject *first;
    if (auto *function = llvm::dyn_cast<llvm::Function>(other))
      first = llvm::Function::Create(function->getFunctionType(), other->getLinkage(), first_name_elsewhere(*other), module);
    else
      first = new llvm::GlobalVariable(module, other->getValueType(), /*isConstant=*/true, other->getLinkage(), nullptr,
                                       first_name_elsewhere(*other));
    const bool may_be_missing = other->hasExternalWeakLinkage();
    put_in_first_image(*first, Reach::kTable); // it may be outside, far off
    if (may_be_missing) first->setLinkage(llvm::GlobalValue::ExternalWeakLinkage);
    other->replaceUsesWithIf(first, [](llvm::Use &use) { return shows_address(use); });
  }
}

std::string first_name(std::uint64_t file, const llvm::GlobalVariable &variable) {
  const std::uint64_t size = variable.getDataLayout().getTypeAllocSize(variable.getValueType());
  return to_string({file, size, variable.getAlign().valueOrOne().value(), variable.getName()});
}

} // namespace

bool holds_labels(const llvm::Constant &constant) {
  if (llvm::isa<llvm::BlockAddress>(constant)) return true;
  if (llvm::isa<llvm::GlobalValue>(constant)) return false;
  return llvm::any_of(constant.operands(),
                      [](const llvm::Use &operand) { return holds_labels(*llvm::cast<llvm::Constant>(operand.get())); });
}

void open_entries(llvm::Module &module) {
  llvm::Constant *nothing = llvm::ConstantDataArray::get(module.getContext(), llvm::ArrayRef<std::uint8_t>(kFirstEntry));
  for (llvm::Function &function : module) {
    if (!is_defined_here(function) || function.hasPrologueData() || function.hasFnAttribute(llvm::Attribute::Naked))
      continue;
    function.setPrologueData(nothing);
    function.setAlignment(std::max(function.getAlign().valueOrOne(), llvm::Align(kEntryAlign)));
  }
}

void align_variables(llvm::Module &module) {
  const llvm::Align kLine(64); // of the cache: no vector lies across two
  for (llvm::GlobalVariable &variable : module.globals()) {
    // Of what many files may define, another file's, which may lie otherwise, is the one that counts.
    if (!is_defined_here(variable) || variable.isConstant() || variable.isThreadLocal() || variable.isWeakForLinker())
      continue;
    if (variable.hasSection() || variable.getDataLayout().getTypeAllocSize(variable.getValueType()) < kLine.value())
      continue;
    variable.setAlignment(std::max(variable.getAlign().valueOrOne(), kLine));
  }
}

SecondImage::SecondImage(llvm::Module &module, std::string_view source) : module_(module), file_(file_of_image(source)) {}

std::string SecondImage::leave_state_behind() {
  if (std::string obstacle = find_obstacle(module_); !obstacle.empty()) return obstacle;
  drop_initialisers(module_);
  for (llvm::GlobalVariable &variable : llvm::make_early_inc_range(module_.globals())) {
    if (!is_defined_here(variable)) continue;
    if (variable.isConstant() && !variable.isThreadLocal()) {
      // What has no name of its own cannot be told apart; nobody but type information of lambdas is compared by address, and
      // that by name as well.
      if (variable.hasGlobalUnnamedAddr() || variable.hasPrivateLinkage() || has_no_name(variable)) continue;
      if (!variable.hasComdat() && variable.getAlign()) variable.setSection(kConstantSection);
      constants_.push_back(variable.getName().str());
      continue;
    }
    const std::string name = first_name(file_, variable);
    const Reach reach = reach_of(variable);
    variable.setInitializer(nullptr);
    variable.setComdat(nullptr);
    variable.setSection({});
    variable.clearMetadata();
    put_in_first_image(variable, reach);
    variable.setName(name);
  }
  llvm::SmallVector<llvm::GlobalValue *, 16> held;
  for (llvm::Function &function : module_) {
    if (!is_defined_here(function)) continue;
    const bool is_held = has_held_address(function);
    if (function.hasLocalLinkage() && !is_held) continue;
    functions_.push_back({function.getName().str(), function.getFunctionType()});
    if (function.hasLocalLinkage()) held.push_back(&function);
  }
  llvm::appendToCompilerUsed(module_, held); // M3
  return {};
}

void SecondImage::show_first(llvm::GlobalValue *own) {
  if (own == nullptr || own->isDeclaration() || own->hasAvailableExternallyLinkage()) return;
  auto *type = llvm::cast<llvm::FunctionType>(own->getValueType());
  auto *first =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, to_string({file_, 0, 0, own->getName()}), module_);
  put_in_first_image(*first, reach_of(*own));
  own->replaceUsesWithIf(first, [](llvm::Use &use) { return shows_address(use); });
  if (first->use_empty()) first->eraseFromParent();
}

std::string SecondImage::name_addresses() {
  if (llvm::GlobalVariable *list = module_.getNamedGlobal("llvm.compiler.used")) list->eraseFromParent();
  if (module_.getNamedGlobal("llvm.global_ctors") != nullptr) return "the optimiser added an initialiser";
  for (const llvm::GlobalVariable &variable : module_.globals())
    if (is_defined_here(variable) && !variable.isConstant()) return "the optimiser made variable " + quoted(variable);

  for (const std::string &name : constants_) {
    llvm::GlobalVariable *own = module_.getNamedGlobal(name);
    if (own == nullptr || own->isDeclaration()) continue;
    if (own->getSection() == kConstantSection) own->setSection({});
    if (own->hasGlobalUnnamedAddr() || holds_labels(*own->getInitializer())) continue;
    auto *first = new llvm::GlobalVariable(module_, own->getValueType(), /*isConstant=*/true,
                                           llvm::GlobalValue::ExternalLinkage, nullptr, first_name(file_, *own));
    first->setAlignment(own->getAlign());
    put_in_first_image(*first, reach_of(*own));
    own->replaceAllUsesWith(first); // it stands in where the first image has none, and goes as dead where that has
  }
  for (llvm::Function &function : module_)
    if (is_defined_here(function) && leads_out(function)) return "addresses of labels leave " + quoted(function);
  // Not of what the optimiser made, such as the parts of a coroutine, whose frame is laid out anew in each image.
  for (const Held &held : functions_) show_first(module_.getFunction(held.name));
  for (llvm::GlobalAlias &alias : module_.aliases()) show_first(&alias);
  show_first_of_others(module_);
  for (const Held &held : functions_) {
    llvm::Function *own = module_.getFunction(held.name);
    if (own == nullptr || !is_defined_here(*own) || own->getFunctionType() != held.type) continue;
    llvm::GlobalAlias::create(own->getFunctionType(), /*AddressSpace=*/0, llvm::GlobalValue::InternalLinkage,
                              std::string(kTwinPrefix) + held.name, own, &module_);
  }
  return {};
}

} // namespace graft::driver
