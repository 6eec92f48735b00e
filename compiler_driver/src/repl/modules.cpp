// See modules.hpp.
#include "modules.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/GlobalAlias.h>

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

bool InputModules::add(std::string name, std::unique_ptr<llvm::Module> module, clang::CodeGenerator &generator) {
  open_private(*module, generator);
  for (llvm::GlobalObject &value : module->global_objects()) {
    if (value.isDeclaration() || value.hasLocalLinkage() || is_each_inputs_own(value)) continue;
    if (defined_.contains(symbol_of(value)))
      make_declaration(value);
    else if (value.hasLinkOnceLinkage()) // later inputs count on it, so passes must not drop it
      value.setLinkage(llvm::GlobalValue::getWeakLinkage(value.hasLinkOnceODRLinkage()));
  }
  InputCode code;
  code.name = std::move(name);
  for (const llvm::GlobalValue &value : module->global_values()) {
    if (value.hasLocalLinkage() || value.getName().starts_with("llvm.") || is_each_inputs_own(value)) continue;
    (value.isDeclaration() ? code.undefined : code.defined).push_back(symbol_of(value));
  }
  const llvm::GlobalVariable *constructors = module->getGlobalVariable("llvm.global_ctors");
  const bool runs = constructors != nullptr || !module->getModuleInlineAsm().empty();
  code.module = std::move(module);
  for (const std::string &symbol : code.defined) {
    defined_.insert(symbol);
    waiting_for_[symbol] = waiting_.size();
  }
  waiting_.push_back(std::move(code));
  return runs;
}

void InputModules::flush_newest(Increment &increment, const Emit &emit) {
  std::vector<std::size_t> which = {waiting_.size() - 1};
  for (std::size_t next = 0; next < which.size(); ++next)
    for (const std::string &symbol : waiting_[which[next]].undefined)
      if (const auto found = waiting_for_.find(symbol); found != waiting_for_.end())
        if (std::ranges::find(which, found->second) == which.end()) which.push_back(found->second);
  emit_into(increment, std::move(which), emit);
}

void InputModules::flush_all(Increment &increment, const Emit &emit) {
  std::vector<std::size_t> which(waiting_.size());
  for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
  emit_into(increment, std::move(which), emit);
}

void InputModules::emit_into(Increment &increment, std::vector<std::size_t> which, const Emit &emit) {
  std::ranges::sort(which); // in the order of the inputs, as initialisers are to run
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
    if (i + 1 == last_.size()) {
      for (const std::string &symbol : last_[i].defined) defined_.erase(symbol);
      gone = std::move(last_[i].defined);
      continue;
    }
    last_[i].object = std::move(increment.objects[i].bytes);
    for (const std::string &symbol : last_[i].defined) waiting_for_[symbol] = waiting_.size();
    waiting_.push_back(std::move(last_[i]));
  }
  last_.clear();
  return gone;
}

} // namespace graft::driver
