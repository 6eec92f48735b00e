// See instance_checks.hpp.
#include "instance_checks.hpp"

#include "diagnostics.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/Frontend/CompilerInstance.h>

#include <algorithm>

namespace graft::driver {
namespace {

void refuse(clang::CompilerInstance &compiler, clang::SourceLocation location, const std::string &sentence) {
  report(compiler.getDiagnostics(), compiler.getSourceManager().getExpansionLoc(location), sentence);
}

const clang::FunctionProtoType *prototype(const clang::FieldDecl &field) {
  const auto *pointer = field.getType()->getAs<clang::PointerType>();
  return pointer != nullptr ? pointer->getPointeeType()->getAs<clang::FunctionProtoType>() : nullptr;
}

bool is_args(clang::QualType type) {
  const auto *pointer = type->getAs<clang::PointerType>();
  const auto *record = pointer != nullptr ? pointer->getPointeeType()->getAsRecordDecl() : nullptr;
  if (record == nullptr) return false;
  const clang::TypedefNameDecl *alias = record->getTypedefNameForAnonDecl();
  return record->getName() == "graft_instance_args" || (alias != nullptr && alias->getName() == "graft_instance_args");
}

bool is_self(clang::QualType type) { return type->isVoidPointerType() && !type->getPointeeType().isConstQualified(); }

bool takes_args(const clang::FieldDecl *field) {
  const clang::FunctionProtoType *function = prototype(*field);
  return function != nullptr && std::ranges::any_of(function->param_types(), is_args);
}

bool is_create(const clang::FieldDecl &field, const clang::ASTContext &context) {
  const clang::FunctionProtoType *function = prototype(field);
  if (field.getName() != "create" || function == nullptr || function->getNumParams() != 2) return false;
  const clang::QualType args = function->getParamType(0), self = function->getParamType(1);
  return is_args(args) && args->getPointeeType().isConstQualified() && self->isPointerType() &&
         is_self(self->getPointeeType()) && context.hasSameType(function->getReturnType(), context.IntTy);
}

bool is_destroy(const clang::FieldDecl &field) {
  const clang::FunctionProtoType *function = prototype(field);
  return field.getName() == "destroy" && function != nullptr && function->getNumParams() == 1 &&
         is_self(function->getParamType(0)) && function->getReturnType()->isVoidType();
}

} // namespace

bool check_instances(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract) {
  const std::vector<const clang::FieldDecl *> fields(record.field_begin(), record.field_end());
  const auto first = std::ranges::find_if(fields, takes_args);
  if (first == fields.end()) return false;
  const std::string what = "contract '" + contract.name + "' has instances, so ";
  if (first != fields.begin() || !is_create(*fields[0], compiler.getASTContext()))
    return refuse(compiler, (*first)->getLocation(),
                  what + "its first function is 'graft_status (*create)(const graft_instance_args *args, void **self)'"),
           false;
  if (fields.size() < 2 || !is_destroy(*fields[1]))
    return refuse(compiler, fields[std::min<std::size_t>(1, fields.size() - 1)]->getLocation(),
                  what + "its second function is 'void (*destroy)(void *self)'"),
           false;
  for (const clang::FieldDecl *field : fields) {
    const clang::FunctionProtoType *function = prototype(*field);
    if (field == fields[0] || function == nullptr) continue;
    if (function->getNumParams() == 0 || !is_self(function->getParamType(0)))
      refuse(compiler, field->getLocation(), what + "'" + field->getName().str() + "' takes 'void *self' first");
  }
  return true;
}

bool check_instance_type(clang::CompilerInstance &compiler, const clang::TypedefNameDecl &named, const std::string &tag,
                         const Facts &facts) {
  const std::string what = "GRAFT_INSTANCE(" + tag + ", ...) ";
  const clang::QualType type = named.getUnderlyingType();
  std::string wrong;
  const auto contract = std::ranges::find(facts.contracts, tag, &ContractFacts::tag);
  if (contract == facts.contracts.end())
    wrong = "names no contract that was declared before it";
  else if (!contract->has_instances)
    wrong = "is for a contract with instances, and '" + contract->name + "' does not begin with create and destroy";
  else if (std::ranges::find(facts.instances, tag, &InstanceFacts::tag) != facts.instances.end())
    wrong = "stands twice; a provider has instances of one type";
  else if (!type->isObjectType() || type->isIncompleteType() || type->isDependentType() || type.isConstQualified())
    wrong = "names '" + type.getAsString(compiler.getASTContext().getPrintingPolicy()) +
            "', which is no complete type that can change: define it above";
  if (wrong.empty()) return true;
  refuse(compiler, named.getLocation(), what + wrong);
  return false;
}

void check_instance_providers(clang::CompilerInstance &compiler, const Facts &facts, const InstancePlaces &places) {
  if (compiler.getDiagnostics().hasErrorOccurred()) return; // a broken declaration may be what is missing
  for (unsigned i = 0; i < facts.providers.size(); ++i) {
    const ProviderFacts &provider = facts.providers[i];
    const auto contract = std::ranges::find(facts.contracts, provider.tag, &ContractFacts::tag);
    if (contract == facts.contracts.end() || !contract->has_instances) continue;
    const std::string what = "the provider of '" + provider.contract + "', which has instances, ";
    const clang::SourceLocation place = places.providers.lookup(i);
    if (std::ranges::find(facts.instances, provider.tag, &InstanceFacts::tag) == facts.instances.end())
      refuse(compiler, place,
             what + "does not say of what type they are: add GRAFT_INSTANCE(" + provider.tag + ", struct my_state)");
    for (std::size_t entry = 0; entry < 2 && !provider.entries.empty(); ++entry)
      if (provider.entries.size() <= entry || provider.entries[entry].empty())
        refuse(compiler, place, what + "lacks '" + contract->functions[entry].name + "'");
  }
  for (unsigned i = 0; i < facts.instances.size(); ++i)
    if (std::ranges::find(facts.providers, facts.instances[i].tag, &ProviderFacts::tag) == facts.providers.end())
      refuse(compiler, places.instances.lookup(i),
             "GRAFT_INSTANCE(" + facts.instances[i].tag + ", ...) stands in a file that does not provide that contract");
}

} // namespace graft::driver
