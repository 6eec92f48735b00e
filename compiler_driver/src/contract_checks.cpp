// See contract_checks.hpp.
#include "contract_checks.hpp"

#include "diagnostics.hpp"
#include "types.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclCXX.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/MacroArgs.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <algorithm>
#include <vector>

namespace graft::driver {
namespace {

/// What comes back in registers; anything larger is written through a hidden pointer, which the stubs do not know.
constexpr std::int64_t kLargestResultBytes = 16;

void refuse(clang::CompilerInstance &compiler, clang::SourceLocation location, const std::string &sentence) {
  report(compiler.getDiagnostics(), compiler.getSourceManager().getExpansionLoc(location), sentence);
}

/// The names that manifests can spell, too.
bool is_name(llvm::StringRef name) {
  constexpr std::size_t kLongest = 128;
  return name.size() <= kLongest && llvm::all_of(name, [](char character) {
           return llvm::isAlnum(character) || llvm::StringRef("._-/").contains(character);
         });
}

/// Why a struct of few bytes comes back through a hidden pointer all the same; null when it does not.
const char *why_in_memory(clang::QualType type, const clang::ASTContext &context) {
  const auto *record = type->getAsRecordDecl();
  if (record == nullptr) return nullptr;
  if (const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(record); cxx && !cxx->canPassInRegisters())
    return "copies itself with code";
  for (const clang::FieldDecl *field : record->fields())
    if (!field->isBitField() && context.getFieldOffset(field) % static_cast<std::uint64_t>(context.toBits(
                                                                    context.getTypeAlignInChars(field->getType()))) !=
                                    0)
      return "has a field that is not aligned";
  return nullptr;
}

void check_entry(clang::CompilerInstance &compiler, const clang::FieldDecl &field, const ContractFacts &contract) {
  const std::string entry = "entry '" + field.getName().str() + "' of contract '" + contract.name + "'";
  const auto *pointer = field.getType()->getAs<clang::PointerType>();
  const auto *function = pointer ? pointer->getPointeeType()->getAs<clang::FunctionType>() : nullptr;
  if (function == nullptr)
    return refuse(compiler, field.getLocation(), entry + " is no function pointer: a contract holds function pointers only");
  if (const auto *prototype = llvm::dyn_cast<clang::FunctionProtoType>(function); prototype && prototype->isVariadic())
    return refuse(compiler, field.getLocation(),
                  entry + " takes '...', which no thunk can pass on: take a graft_str, or a pointer and a count");
  const clang::QualType result = function->getReturnType();
  if (result->isPointerType())
    report(
        compiler.getDiagnostics(), compiler.getSourceManager().getExpansionLoc(field.getLocation()),
        entry +
            " returns a pointer, which its caller may use until the call's pin ends: fill a graft_buf to hand memory over",
        clang::DiagnosticsEngine::Warning);
  if (result->isVoidType() || result->isIncompleteType() || result->isDependentType()) return;
  const std::int64_t size = compiler.getASTContext().getTypeSizeInChars(result).getQuantity();
  if (const char *why = why_in_memory(result, compiler.getASTContext()); size <= kLargestResultBytes && why != nullptr)
    return refuse(compiler, field.getLocation(),
                  entry + " returns '" + result.getAsString(compiler.getASTContext().getPrintingPolicy()) + "', which " +
                      why + " and so comes back in memory: return graft_status and take a pointer to it");
  if (size > kLargestResultBytes)
    refuse(compiler, field.getLocation(),
           entry + " returns " + std::to_string(size) +
               " bytes, at most 16 fit in registers: return graft_status and take a pointer to '" +
               result.getAsString(compiler.getASTContext().getPrintingPolicy()) + "'");
}

/// Why `variable` cannot be kept; empty when it can.
std::string why_not_kept(const clang::VarDecl &variable, const clang::ASTContext &context) {
  if (variable.getTLSKind() != clang::VarDecl::TLS_None) return "is thread_local: each thread's copy ends with its thread";
  if (variable.getType().isConstant(context) || variable.isConstexpr()) return "is const: there is nothing to keep";
  if (variable.isStaticDataMember()) return "is a member of a class: only variables at namespace scope are kept";
  if (!variable.isFileVarDecl()) return "is local: only variables at namespace scope are kept";
  if (llvm::isa<clang::VarTemplateSpecializationDecl>(variable)) return "is a template: only plain variables are kept";
  if (variable.getType()->isReferenceType()) return "is a reference: keep what it refers to";
  if (variable.isInline() || variable.hasAttr<clang::WeakAttr>() || variable.hasAttr<clang::SelectAnyAttr>())
    return "is inline or weak: define it in one source file";
  return {};
}

} // namespace

void MacroWatcher::MacroExpands(const clang::Token &name, const clang::MacroDefinition &, clang::SourceRange,
                                const clang::MacroArgs *arguments) {
  const llvm::StringRef macro = name.getIdentifierInfo()->getName();
  if (!macro.starts_with("GRAFT_")) return;
  const clang::SourceLocation location = compiler_.getSourceManager().getExpansionLoc(name.getLocation());
  if (macro == "GRAFT_KEEP") {
    uses_.keeps.insert(location);
    return;
  }
  if (macro != "GRAFT_PROVIDE" || arguments == nullptr) return;
  const clang::Token *first = arguments->getUnexpArgument(0);
  if (first == nullptr || !first->is(clang::tok::identifier)) return;
  const llvm::StringRef tag = first->getIdentifierInfo()->getName();
  const auto [known, inserted] = uses_.provides.try_emplace(tag, location);
  if (inserted) return;
  report(compiler_.getDiagnostics(), location, "contract '" + tag.str() + "' is provided twice; a bundle provides it once");
  report(compiler_.getDiagnostics(), known->second, "it was provided here first", clang::DiagnosticsEngine::Note);
}

void check_version(clang::CompilerInstance &compiler, const ContractFacts &contract, const clang::AnnotateAttr &attribute,
                   std::int64_t major, std::int64_t minor) {
  constexpr std::int64_t kHighest = 65'535;
  if (major >= 0 && major <= kHighest && minor >= 0 && minor <= kHighest) return;
  refuse(compiler, attribute.getLocation(),
         "contract '" + contract.tag + "' has version " + std::to_string(major) + "." + std::to_string(minor) +
             ": major and minor go from 0 to 65,535");
}

void check_contract(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract,
                    const clang::AnnotateAttr &attribute) {
  if (contract.name.empty())
    refuse(compiler, attribute.getLocation(), "contract '" + contract.tag + "' has an empty name: name it \"area.thing\"");
  if (contract.name.find('@') != std::string::npos)
    refuse(compiler, attribute.getLocation(),
           "the name of contract '" + contract.name + "' contains '@', which separates the version");
  else if (!contract.name.empty() && !is_name(contract.name))
    refuse(compiler, attribute.getLocation(),
           "the name of contract '" + contract.tag + "' is not made of 1 to 128 of A-Z a-z 0-9 . _ - /");
  if (const auto *type = llvm::dyn_cast<clang::CXXRecordDecl>(&record); type && type->getNumBases() > 0)
    refuse(compiler, attribute.getLocation(), "contract '" + contract.name + "' has a base class: list its entries instead");
  for (const clang::FieldDecl *field : record.fields()) check_entry(compiler, *field, contract);
}

void refuse_depth(clang::CompilerInstance &compiler, clang::SourceLocation location, const std::string &what) {
  refuse(compiler, location,
         what + " refers to types more than " + std::to_string(TypeBuilder::kDeepest) +
             " levels deep: end the chain in a pointer to a struct that is declared and not defined");
}

bool check_kept(clang::CompilerInstance &compiler, MacroUses &uses, const clang::VarDecl &variable,
                const clang::AnnotateAttr &attribute) {
  uses.keeps.erase(compiler.getSourceManager().getExpansionLoc(attribute.getLocation()));
  const std::string why = why_not_kept(variable, compiler.getASTContext());
  if (why.empty()) return true;
  refuse(compiler, variable.getLocation(), "GRAFT_KEEP variable '" + variable.getName().str() + "' " + why);
  return false;
}

void refuse_kept_template(clang::CompilerInstance &compiler, MacroUses &uses, const clang::VarDecl &variable,
                          const clang::AnnotateAttr &attribute) {
  uses.keeps.erase(compiler.getSourceManager().getExpansionLoc(attribute.getLocation()));
  refuse(compiler, variable.getLocation(),
         "GRAFT_KEEP variable '" + variable.getName().str() + "' is a template: only plain variables are kept");
}

bool check_migration(clang::CompilerInstance &compiler, const clang::FunctionDecl &function) {
  for (const clang::ParmVarDecl *parameter : function.parameters()) {
    const clang::QualType type = parameter->getType()->getPointeeType();
    if (!type.isNull() && type->isObjectType() && !type->isIncompleteType() && !type->isDependentType()) continue;
    refuse(compiler, function.getLocation(),
           "GRAFT_MIGRATE " + std::string(parameter == function.getParamDecl(0) ? "to" : "from") + " '" +
               type.getUnqualifiedType().getAsString(compiler.getASTContext().getPrintingPolicy()) +
               "', which is no complete type, so nothing can be matched with it: define it above");
    return false;
  }
  return true;
}

void check_stray_keeps(clang::CompilerInstance &compiler, const MacroUses &uses) {
  if (compiler.getDiagnostics().hasErrorOccurred()) return; // a broken declaration may be what is missing
  std::vector<clang::SourceLocation> stray(uses.keeps.begin(), uses.keeps.end());
  std::ranges::sort(stray, {}, [](clang::SourceLocation location) { return location.getRawEncoding(); });
  for (const clang::SourceLocation location : stray)
    refuse(compiler, location,
           "GRAFT_KEEP marks nothing that can be kept: it is for plain variables at namespace scope, not for "
           "locals, class members, parameters or functions");
}

} // namespace graft::driver
