// See kept_ast.hpp. The functions are instances of the templates of graft/abi/keep.h.
//
// Rationale: the constructor of a variable is an unnamed function in the IR, and nothing there says which variable is its
// own. Clang copies the attribute `patchable_function_entry` of a variable to that function, with its number: so the number
// carries the variable's index, and kept_objects.cpp takes the attribute away again. The way not taken is to guess from what
// the function touches. `no_destroy` keeps Clang from registering the destructor: a kept object outlives the code that would
// call it.
#include "kept_ast.hpp"

#include "code_reach.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/Mangle.h>
#include <clang/AST/RecordLayout.h>
#include <clang/Sema/Lookup.h>
#include <clang/Sema/Sema.h>

#include <algorithm>

namespace graft::driver {
namespace {

bool is_public(const clang::CXXMethodDecl *method) {
  return method != nullptr && !method->isDeleted() && method->getAccess() == clang::AS_public;
}

/// Its type, but for what Clang finds out about a defaulted function only when somebody uses it.
std::string without_noexcept(const clang::CXXMethodDecl &method) {
  const clang::FunctionProtoType::ExceptionSpecInfo none(clang::EST_None);
  return method.getASTContext().getFunctionTypeWithExceptionSpec(method.getType(), none).getAsString();
}

/// Whether the author wrote how it is copied, moved or destroyed: then its fields own something that bytes do not show.
bool manages_itself(const clang::CXXRecordDecl &record) {
  return std::ranges::any_of(record.methods(), [](const clang::CXXMethodDecl *method) {
    const auto *constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(method);
    const bool is_special = llvm::isa<clang::CXXDestructorDecl>(method) || method->isCopyAssignmentOperator() ||
                            method->isMoveAssignmentOperator() ||
                            (constructor != nullptr && constructor->isCopyOrMoveConstructor());
    return is_special && method->isUserProvided();
  });
}

} // namespace

void KeptAst::prepare(clang::VarDecl &variable, std::size_t index) {
  clang::ASTContext &context = sema_.getASTContext();
  if (!context.getLangOpts().CPlusPlus || variable.getType()->isDependentType()) return;
  variable.addAttr(clang::PatchableFunctionEntryAttr::CreateImplicit(context, kKeptMark + static_cast<unsigned>(index),
                                                                     /*Offset=*/0, /*Section=*/""));
  variable.addAttr(clang::NoDestroyAttr::CreateImplicit(context));
  add_class(variable.getType());
  add_layouts(variable.getType());
}

void KeptAst::prepare(clang::QualType type, InstanceFacts &instance) {
  const clang::ASTContext &context = sema_.getASTContext();
  if (!context.getLangOpts().CPlusPlus) return;
  add_class(type);
  add_layouts(type);
  type = context.getCanonicalType(type);
  auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || type.isTrivialType(context)) return; // zeros will do
  const auto *constructor = record->isAbstract() ? nullptr : sema_.LookupDefaultConstructor(record);
  instance.constructible = is_public(constructor);
  if (instance.constructible) instance.construct = instantiate("graft_kept_construct", type);
}

void KeptAst::add_layouts(clang::QualType type) {
  clang::ASTContext &context = sema_.getASTContext();
  type = context.getBaseElementType(context.getCanonicalType(type)).getUnqualifiedType();
  if (type->isPointerType()) return add_layouts(type->getPointeeType());
  auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || !walked_.insert(record->getDefinition())) return;
  record = record->getDefinition();
  std::vector<clang::QualType> parts;
  for (const clang::CXXBaseSpecifier &base : record->bases()) parts.push_back(base.getType());
  for (const clang::FieldDecl *field : record->fields()) parts.push_back(field->getType());
  if (record->isDynamicClass()) add_parts(types_.add(type), *record, parts);
  ++depth_;
  for (const clang::QualType part : parts) add_layouts(part);
  --depth_;
}

/// Rows for the parts of a class with virtual functions, whose own row tells its name only. What the library's own lead to
/// is its business.
void KeptAst::add_parts(TypeIndex row, const clang::CXXRecordDecl &record, const std::vector<clang::QualType> &parts) {
  const bool is_told = !record.isInStdNamespace() && depth_ < TypeBuilder::kDeepest;
  for (const clang::QualType part : parts) {
    const TypeIndex behind = types_.add(part);
    if (is_told) facts_.types.types[row].behind.push_back(behind);
  }
}

void KeptAst::finish() {
  const clang::ASTContext &context = sema_.getASTContext();
  for (std::size_t i = 0; i < walked_.size(); ++i) // more are met on the way
    for (const clang::QualType argument : template_arguments(*walked_[i], context)) add_layouts(argument);
  types_.add_template_arguments();
  for (const clang::CXXRecordDecl *record : walked_)
    if (record->isDynamicClass())
      facts_.kept_layouts.push_back({types_.add(context.getCanonicalTagType(record)), layout_of(*record)});
}

void KeptAst::add_class(clang::QualType type) {
  clang::ASTContext &context = sema_.getASTContext();
  type = context.getBaseElementType(context.getCanonicalType(type).getUnqualifiedType());
  type = type.getUnqualifiedType();
  auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition() || record->isLambda()) return;
  record = record->getDefinition();
  if (!seen_.insert(record).second) return;

  KeptClass kept;
  kept.type = types_.add(type);
  kept.bytes = type.isTriviallyCopyableType(context);
  kept.polymorphic = record->isDynamicClass();
  kept.foreign = context.getSourceManager().isInSystemHeader(record->getLocation()) || manages_itself(*record);
  if (!kept.bytes && can_copy(type)) kept.replace = instantiate("graft_kept_replace", type);
  if (type.isDestructedType() != clang::QualType::DK_none && is_public(sema_.LookupDestructor(record)))
    kept.destroy = instantiate("graft_kept_destroy", type);
  const bool foreign = kept.foreign;
  facts_.kept_classes.push_back(std::move(kept));
  if (foreign) return;
  for (const clang::CXXBaseSpecifier &base : record->bases()) add_class(base.getType());
  for (const clang::FieldDecl *field : record->fields()) add_class(field->getType());
}

/// Whether a library's container of such elements can be copied: it declares that always, and calls their constructor only
/// in its body. That the bytes could be copied is not enough.
bool KeptAst::has_copy(clang::QualType type) {
  type = sema_.getASTContext().getBaseElementType(type);
  auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || !sema_.isCompleteType(record->getLocation(), type)) return true;
  return is_public(sema_.LookupCopyingConstructor(record->getDefinition(), clang::Qualifiers::Const));
}

/// Everything that code of another version must agree on to use an object of a class with virtual functions.
std::string KeptAst::layout_of(const clang::CXXRecordDecl &record) {
  const clang::ASTContext &context = sema_.getASTContext();
  const clang::ASTRecordLayout &layout = context.getASTRecordLayout(&record);
  std::string text = record.getQualifiedNameAsString() + ":" + std::to_string(layout.getSize().getQuantity()) + "{";
  for (const clang::CXXBaseSpecifier &base : record.bases()) {
    const auto *type = base.getType()->getAsCXXRecordDecl();
    if (type != nullptr) text += (base.isVirtual() ? "virtual " : "") + layout_of(*type->getDefinition()) + ";";
  }
  for (const clang::FieldDecl *field : record.fields())
    text += field->getName().str() + "@" + std::to_string(context.getFieldOffset(field)) + ":" +
            fingerprint(facts_.types, types_.add(field->getType())) + ";";
  for (const clang::CXXMethodDecl *method : record.methods())
    if (method->isVirtual()) text += method->getDeclName().getAsString() + " " + without_noexcept(*method) + ";";
  return text + "}";
}

/// Whether a copy compiles, bodies included. A container's copy constructor is always declared; whether its body compiles is
/// up to what it holds, so template arguments count as fields.
bool KeptAst::can_copy(clang::QualType type) {
  clang::ASTContext &context = sema_.getASTContext();
  type = context.getBaseElementType(context.getCanonicalType(type));
  if (type->isReferenceType() || type->isIncompleteType()) return !type->isReferenceType();
  auto *record = type->getAsCXXRecordDecl();
  if (record == nullptr || type.isTriviallyCopyableType(context)) return true;
  if (record->isAbstract() || record->isUnion() || !is_public(sema_.LookupDestructor(record))) return false;
  const auto *copy = sema_.LookupCopyingConstructor(record, clang::Qualifiers::Const);
  if (!is_public(copy)) return false;
  if (!copying_.insert(record).second) return true;
  bool can = true;
  for (const clang::CXXBaseSpecifier &base : record->bases())
    can = can && (!copy->isDefaulted() || can_copy(base.getType()));
  for (const clang::FieldDecl *field : record->fields()) can = can && (!copy->isDefaulted() || can_copy(field->getType()));
  if (const auto *special = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(record))
    for (const clang::TemplateArgument &argument : special->getTemplateArgs().asArray())
      if (argument.getKind() == clang::TemplateArgument::Type)
        can = can && (!is_container(*record) || has_copy(argument.getAsType())) && can_copy(argument.getAsType());
  copying_.erase(record);
  return can;
}

std::string KeptAst::instantiate(llvm::StringRef name, clang::QualType type) {
  clang::ASTContext &context = sema_.getASTContext();
  clang::LookupResult found(sema_, clang::DeclarationName(&context.Idents.get(name)), clang::SourceLocation(),
                            clang::Sema::LookupOrdinaryName);
  sema_.LookupQualifiedName(found, context.getTranslationUnitDecl());
  auto *pattern = found.empty() ? nullptr : llvm::dyn_cast<clang::FunctionTemplateDecl>(found.getRepresentativeDecl());
  if (pattern == nullptr) return {};
  found.suppressDiagnostics();
  const clang::TemplateArgument argument(type);
  const auto *arguments = clang::TemplateArgumentList::CreateCopy(context, argument);
  clang::FunctionDecl *function = sema_.InstantiateFunctionDeclaration(pattern, arguments, pattern->getLocation());
  if (function == nullptr) return {};
  function->addAttr(clang::UsedAttr::CreateImplicit(context));
  sema_.MarkFunctionReferenced(pattern->getLocation(), function);
  return clang::ASTNameGenerator(context).getName(function);
}

} // namespace graft::driver
