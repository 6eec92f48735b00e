// See literals.hpp.
#include "literals.hpp"

#include <graft/base/hash.hpp>

#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {
namespace {

/// What Clang calls them; `__func__` of one function is that of another with the same name, and a literal that reads so.
bool is_called_so(llvm::StringRef name) {
  return name.starts_with(".str") || name.starts_with("__func__.") || name.starts_with("__FUNCTION__.") ||
         name.starts_with("__PRETTY_FUNCTION__.");
}

bool is_literal(const llvm::GlobalVariable &variable) {
  return variable.hasPrivateLinkage() && variable.hasGlobalUnnamedAddr() && variable.isConstant() &&
         variable.hasInitializer() && !variable.hasSection() && variable.getValueType()->isArrayTy() &&
         is_called_so(variable.getName());
}

std::string name_of(const llvm::GlobalVariable &literal) {
  std::string what;
  llvm::raw_string_ostream stream(what);
  stream << *literal.getValueType() << ' ' << literal.getAlign().valueOrOne().value() << ' ';
  if (const auto *data = llvm::dyn_cast<llvm::ConstantDataSequential>(literal.getInitializer()))
    stream << data->getRawDataValues();
  else if (!literal.getInitializer()->isNullValue())
    return {};
  return "graft.literal." + llvm::utohexstr(fnv1a64(what), /*LowerCase=*/true);
}

} // namespace

void name_literals(llvm::Module &module) {
  for (llvm::GlobalVariable &variable : module.globals()) {
    if (!is_literal(variable)) continue;
    const std::string name = name_of(variable);
    if (name.empty() || module.getNamedValue(name) != nullptr) continue;
    variable.setName(name);
    variable.setLinkage(llvm::GlobalValue::InternalLinkage);
    variable.setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::None);
  }
}

} // namespace graft::driver
