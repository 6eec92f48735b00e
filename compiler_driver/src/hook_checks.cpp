// See hook_checks.hpp.
#include "hook_checks.hpp"

#include "diagnostics.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/Frontend/CompilerInstance.h>

#include <iterator>

namespace graft::driver {
namespace {

/// The struct behind a pointer to one that is not const; null for everything else.
const clang::RecordDecl *struct_behind(clang::QualType type) {
  const auto *pointer = type->getAs<clang::PointerType>();
  if (pointer == nullptr || pointer->getPointeeType().isConstQualified()) return nullptr;
  const clang::RecordDecl *record = pointer->getPointeeType()->getAsRecordDecl();
  return record != nullptr ? record->getDefinition() : nullptr;
}

bool is_context(clang::QualType type) {
  const clang::RecordDecl *record = struct_behind(type);
  return record != nullptr && record->getName() == "graft_hook_context";
}

/// Whether field number `index` is a `uint32_t` of that name.
bool has_number(const clang::RecordDecl &record, unsigned index, llvm::StringRef name) {
  const auto field = std::ranges::next(record.field_begin(), index, record.field_end());
  if (field == record.field_end() || field->getName() != name) return false;
  return field->getASTContext().hasSameType(field->getType().getUnqualifiedType(), field->getASTContext().UnsignedIntTy);
}

bool is_payload(clang::QualType type) {
  const clang::RecordDecl *record = struct_behind(type);
  return record != nullptr && has_number(*record, 0, "struct_size");
}

bool is_decision(clang::QualType type) { return is_payload(type) && has_number(*struct_behind(type), 1, "action"); }

/// What is wrong with the one function; null when nothing is.
const char *why_no_hook(const clang::FieldDecl &field) {
  const auto *pointer = field.getType()->getAs<clang::PointerType>();
  const auto *function = pointer != nullptr ? pointer->getPointeeType()->getAs<clang::FunctionProtoType>() : nullptr;
  if (function == nullptr) return "is no function";
  if (!field.getASTContext().hasSameType(function->getReturnType(), field.getASTContext().IntTy))
    return "does not return graft_status";
  if (function->getNumParams() != 3) return "does not take three parameters";
  if (!is_context(function->getParamType(0))) return "does not take a 'graft_hook_context *' first";
  if (!is_payload(function->getParamType(1)))
    return "does not take its payload second, a pointer to a struct that begins with 'uint32_t struct_size'";
  if (!is_decision(function->getParamType(2)))
    return "does not take its decision third, a pointer to a struct that begins with 'uint32_t struct_size, action'";
  return nullptr;
}

} // namespace

void check_hook(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract,
                const graft_hook_info &rule, clang::SourceLocation where) {
  const auto refuse = [&](clang::SourceLocation place, const std::string &sentence) {
    report(compiler.getDiagnostics(), compiler.getSourceManager().getExpansionLoc(place),
           "hook '" + contract.name + "' " + sentence);
  };
  if (std::distance(record.field_begin(), record.field_end()) != 1)
    return refuse(where, "has " + std::to_string(std::distance(record.field_begin(), record.field_end())) +
                             " functions: it has one, which is given a context, a payload and a decision");
  if (const char *why = why_no_hook(**record.field_begin()))
    refuse(record.field_begin()->getLocation(),
           "has a function that " + std::string(why) +
               ": wanted graft_status (*run)(graft_hook_context *, PAYLOAD *, DECISION *)");
  const bool is_rule = rule.rule >= GRAFT_RULE_FIRST_DECISIVE && rule.rule <= GRAFT_RULE_OBSERVE;
  if (!is_rule || rule.deny > rule.last || rule.first_final == 0 || (rule.deny != 0 && rule.deny < rule.first_final))
    refuse(where, "has a rule that contradicts itself: " + to_text(rule) +
                      ": wanted a last action, a first final one that is not 0, and to deny with a final one, or 0");
}

} // namespace graft::driver
