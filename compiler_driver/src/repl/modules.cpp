// See modules.hpp.
#include "modules.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/GlobalAlias.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// Under which name the object has it.
std::string symbol_of(const llvm::GlobalValue &value) {
  const std::string name = value.getName().str();
  return value.isThreadLocal() ? "__emutls_v." + name : name;
}

/// `static` and unnamed namespaces end with the session, not with the input.
void open_private(llvm::Module &module, clang::CodeGenerator &generator) {
  for (llvm::GlobalObject &value : module.global_objects())
    if (value.hasInternalLinkage() && !value.isDeclaration() && generator.GetDeclForMangledName(value.getName()) != nullptr)
      value.setLinkage(llvm::GlobalValue::ExternalLinkage);
}

/// What is inlined wherever it is called has no code of its own in the end.
bool is_each_inputs_own(const llvm::GlobalValue &value) {
  const auto *function = llvm::dyn_cast<llvm::Function>(&value);
  return function != nullptr && !function->isDeclaration() && function->hasFnAttribute(llvm::Attribute::AlwaysInline) &&
         function->isDiscardableIfUnused();
}

bool uses(const llvm::User &user, const llvm::SmallPtrSetImpl<const llvm::Value *> &values) {
  return llvm::any_of(user.operands(), [&](const llvm::Use &one) {
    if (values.contains(one.get())) return true;
    const auto *constant = llvm::dyn_cast<llvm::Constant>(one.get());
    return constant != nullptr && !llvm::isa<llvm::GlobalValue>(constant) && uses(*constant, values);
  });
}

/// Clang compiles what is private to a file in each module that uses it, initialiser and all. It ran in the variable's own: those
/// of variables that are `old` do nothing. An initialiser uses its own variable, and none that is newer.
void drop_initialisers(llvm::Module &module, const llvm::SmallPtrSetImpl<const llvm::Value *> &old,
                       const llvm::SmallPtrSetImpl<const llvm::Value *> &added) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration() || !function.getName().starts_with("__cxx_global_var_init")) continue;
    const auto is_used = [&](const llvm::SmallPtrSetImpl<const llvm::Value *> &values) {
      return llvm::any_of(llvm::instructions(function), [&](const llvm::Instruction &one) { return uses(one, values); });
    };
    if (!is_used(old) || is_used(added)) continue;
    const llvm::GlobalValue::LinkageTypes linkage = function.getLinkage();
    function.deleteBody();
    function.setLinkage(linkage);
    llvm::ReturnInst::Create(module.getContext(), llvm::BasicBlock::Create(module.getContext(), "", &function));
  }
}

void make_declaration(llvm::GlobalObject &value) {
  value.setComdat(nullptr);
  if (auto *function = llvm::dyn_cast<llvm::Function>(&value)) {
    function->deleteBody();
  } else if (auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(&value)) {
    variable->setInitializer(nullptr);
  }
  value.setLinkage(llvm::GlobalValue::ExternalLinkage);
}

} // namespace

void InputModules::begin_input() {
  ++input_;
  newest_ = waiting_.size();
}

bool InputModules::add(std::unique_ptr<llvm::Module> module, clang::CodeGenerator &generator) {
  open_private(*module, generator);
  llvm::SmallPtrSet<const llvm::Value *, 8> old, added; // variables, but for those of a thread
  for (llvm::GlobalObject &value : module->global_objects()) {
    if (value.isDeclaration() || value.hasLocalLinkage() || is_each_inputs_own(value)) continue;
    if (llvm::isa<llvm::GlobalVariable>(value) && !value.isThreadLocal())
      (defined_.contains(symbol_of(value)) ? old : added).insert(&value);
    if (defined_.contains(symbol_of(value)))
      make_declaration(value);
    else if (value.hasLinkOnceLinkage()) // later inputs count on it, so passes must not drop it
      value.setLinkage(llvm::GlobalValue::getWeakLinkage(value.hasLinkOnceODRLinkage()));
  }
  if (!old.empty()) drop_initialisers(*module, old, added);
  InputCode code;
  code.input = input_;
  for (const llvm::GlobalValue &value : module->global_values()) {
    if (value.hasLocalLinkage() || value.getName().starts_with("llvm.") || is_each_inputs_own(value)) continue;
    (value.isDeclaration() ? code.undefined : code.defined).push_back(symbol_of(value));
  }
  const llvm::GlobalVariable *constructors = module->getGlobalVariable("llvm.global_ctors");
  const bool runs = constructors != nullptr || !module->getModuleInlineAsm().empty();
  if (!runs && code.defined.empty()) return false; // declarations only
  code.name = module->getName().str();
  code.module = std::move(module);
  for (const std::string &symbol : code.defined) {
    defined_.insert(symbol);
    waiting_for_[symbol] = waiting_.size();
  }
  waiting_.push_back(std::move(code));
  return runs;
}

std::vector<std::size_t> InputModules::needed() const {
  std::vector<std::size_t> which = {newest_};
  for (std::size_t next = 0; next < which.size(); ++next)
    for (const std::string &symbol : waiting_[which[next]].undefined)
      if (const auto found = waiting_for_.find(symbol); found != waiting_for_.end())
        if (std::ranges::find(which, found->second) == which.end()) which.push_back(found->second);
  return which;
}

std::vector<std::string> InputModules::wanted() const {
  std::vector<std::string> symbols;
  for (const std::size_t index : needed())
    symbols.insert(symbols.end(), waiting_[index].undefined.begin(), waiting_[index].undefined.end());
  return symbols;
}

void InputModules::flush(Increment &increment, const Emit &emit) {
  std::vector<std::size_t> which = needed();
  std::ranges::sort(which); // in the order of the inputs, as initialisers are to run
  std::ranges::rotate(std::ranges::find(which, newest_), std::ranges::find(which, newest_) + 1, which.end());
  last_.clear();
  for (const std::size_t index : which) {
    InputCode &code = waiting_[index];
    if (code.module) {
      emit(*code.module, code.object);
      code.module.reset();
    }
    increment.objects.push_back({code.name, std::move(code.object)});
    increment.defined.insert(increment.defined.end(), code.defined.begin(), code.defined.end());
    increment.undefined.insert(increment.undefined.end(), code.undefined.begin(), code.undefined.end());
    last_.push_back(std::move(code));
  }
  std::ranges::sort(which);
  for (const std::size_t index : llvm::reverse(which)) waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
  waiting_for_.clear();
  for (std::size_t i = 0; i < waiting_.size(); ++i)
    for (const std::string &symbol : waiting_[i].defined) waiting_for_[symbol] = i;
  std::ranges::sort(increment.undefined);
  increment.undefined.erase(std::ranges::unique(increment.undefined).begin(), increment.undefined.end());
}

std::vector<std::string> InputModules::take_back(Increment &increment) {
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < last_.size() && i < increment.objects.size(); ++i) {
    InputCode &code = last_[i];
    if (code.input == input_) {
      for (const std::string &symbol : code.defined) defined_.erase(symbol);
      gone.insert(gone.end(), code.defined.begin(), code.defined.end());
      continue;
    }
    code.object = std::move(increment.objects[i].bytes);
    for (const std::string &symbol : code.defined) waiting_for_[symbol] = waiting_.size();
    waiting_.push_back(std::move(code));
  }
  last_.clear();
  return gone;
}

} // namespace graft::driver
