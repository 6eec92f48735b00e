// See unlink.hpp.
#include "unlink.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclTemplate.h>

#include <vector>

namespace graft::driver {
namespace {

// Rationale: as in statements.cpp; these have no public setters, since no compiler takes back what it read.
template <auto Member>
struct OpenedArguments {
  friend const clang::TemplateArgumentList *&arguments_of(clang::VarTemplateSpecializationDecl &made) {
    return made.*Member;
  }
};
const clang::TemplateArgumentList *&arguments_of(clang::VarTemplateSpecializationDecl &made);
template struct OpenedArguments<&clang::VarTemplateSpecializationDecl::TemplateArgs>;

template <auto Member>
struct OpenedDefinition {
  friend void clear_definition(clang::CXXRecordDecl &record) { record.*Member = nullptr; }
};
void clear_definition(clang::CXXRecordDecl &record);
template struct OpenedDefinition<&clang::CXXRecordDecl::DefinitionData>;

template <class T>
void end_with(T &last) {
  struct Opened : T {
    static auto link() { return &Opened::RedeclLink; }
  };
  (last.getFirstDecl()->*Opened::link()).setLatest(&last);
}

/// The last declaration that is not of `newest`, behind which no other comes from now on. Null: all are of `newest`.
template <class T>
T *end_before(T &latest, const clang::TranslationUnitDecl &newest) {
  T *before = latest.getMostRecentDecl();
  while (before != nullptr && unit_of(*before) == &newest) before = before->getPreviousDecl();
  if (before != nullptr) end_with<T>(*before);
  return before;
}

/// Arguments that no code can write, and as many.
clang::TemplateArgumentList *nobodys(clang::ASTContext &context, unsigned count) {
  const auto *type = clang::CXXRecordDecl::Create(context, clang::TagTypeKind::Struct, context.getTranslationUnitDecl(),
                                                  clang::SourceLocation(), clang::SourceLocation(),
                                                  &context.Idents.get("graft_taken_back"));
  const std::vector<clang::TemplateArgument> all(count, clang::TemplateArgument(context.getCanonicalTagType(type)));
  return clang::TemplateArgumentList::CreateCopy(context, all);
}

void lose(clang::ClassTemplateSpecializationDecl &made) {
  made.setTemplateArgs(nobodys(made.getASTContext(), made.getTemplateArgs().size()));
}

void lose(clang::VarTemplateSpecializationDecl &made) {
  arguments_of(made) = nobodys(made.getASTContext(), made.getTemplateArgs().size());
}

void lose(clang::FunctionDecl &made) {
  if (clang::FunctionTemplateSpecializationInfo *info = made.getTemplateSpecializationInfo())
    info->TemplateArguments = nobodys(made.getASTContext(), info->TemplateArguments->size());
}

/// What was instantiated of an older template, from what only `newest` says of it.
template <class Template>
void lose_instantiated(Template &from, const clang::TranslationUnitDecl &newest) {
  for (auto *made : from.specializations()) {
    if (made->isExplicitSpecialization()) continue;
    const clang::NamedDecl *pattern = made->getTemplateInstantiationPattern();
    if (pattern != nullptr && unit_of(*pattern) == &newest) lose(*made);
  }
}

void unlink_record(clang::CXXRecordDecl &record, const clang::TranslationUnitDecl &newest, Generated generated) {
  const clang::CXXRecordDecl *definition = record.getDefinition();
  clang::TagDecl *before = end_before<clang::TagDecl>(record, newest);
  if (before == nullptr || definition == nullptr || unit_of(*definition) != &newest || generated == Generated::kYes) return;
  for (clang::TagDecl *one : before->redecls()) clear_definition(*llvm::cast<clang::CXXRecordDecl>(one));
}

bool has_older(clang::Decl &one, const clang::TranslationUnitDecl &newest) {
  for (clang::Decl *before = one.getMostRecentDecl(); before != nullptr; before = before->getPreviousDecl())
    if (unit_of(*before) != &newest) return true;
  return false;
}

} // namespace

const clang::TranslationUnitDecl *unit_of(const clang::Decl &declaration) {
  return llvm::cast<clang::Decl>(declaration.getLexicalDeclContext())->getTranslationUnitDecl();
}

void end_with(clang::TagDecl &last) { end_with<clang::TagDecl>(last); }

/// Clang does not mark a variable whose initialiser is wrong.
bool is_wrong(const clang::Decl &declaration) {
  if (declaration.isInvalidDecl()) return true;
  const auto *made = llvm::dyn_cast<clang::VarTemplateSpecializationDecl>(&declaration);
  return made != nullptr && made->getInit() != nullptr && made->getInit()->containsErrors();
}

void make_again(clang::Decl &made) {
  if (auto *variable = llvm::dyn_cast<clang::VarTemplateSpecializationDecl>(&made)) return lose(*variable);
  if (auto *record = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&made)) return lose(*record);
  auto *function = llvm::dyn_cast<clang::FunctionDecl>(&made);
  if (function == nullptr || !function->isTemplateInstantiation()) return;
  function->setInvalidDecl(false);
  function->setBody(nullptr);
  if (clang::MemberSpecializationInfo *info = function->getMemberSpecializationInfo())
    info->setPointOfInstantiation({});
  else if (clang::FunctionTemplateSpecializationInfo *of_template = function->getTemplateSpecializationInfo())
    of_template->setPointOfInstantiation({});
}

void unlink(clang::NamedDecl &one, const clang::TranslationUnitDecl &newest, Generated generated) {
  if (auto *from = llvm::dyn_cast<clang::RedeclarableTemplateDecl>(&one)) {
    if (!has_older(*from, newest)) return; // nothing of it is found again
    if (auto *classes = llvm::dyn_cast<clang::ClassTemplateDecl>(from)) lose_instantiated(*classes, newest);
    end_before<clang::RedeclarableTemplateDecl>(*from, newest);
    if (clang::NamedDecl *templated = from->getTemplatedDecl()) unlink(*templated, newest, generated);
    return;
  }
  if (auto *function = llvm::dyn_cast<clang::FunctionDecl>(&one)) {
    if (end_before(*function, newest) == nullptr) lose(*function->getFirstDecl());
    return;
  }
  if (auto *partial = llvm::dyn_cast<clang::ClassTemplatePartialSpecializationDecl>(&one))
    lose_instantiated(*partial->getSpecializedTemplate(), newest);
  if (auto *partial = llvm::dyn_cast<clang::VarTemplatePartialSpecializationDecl>(&one))
    lose_instantiated(*partial->getSpecializedTemplate(), newest);
  const bool is_new = !has_older(one, newest);
  if (auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&one); made != nullptr && is_new)
    return lose(*made);
  if (auto *made = llvm::dyn_cast<clang::VarTemplateSpecializationDecl>(&one); made != nullptr && is_new) return lose(*made);
  if (auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(&one)) return unlink_record(*record, newest, generated);
  if (auto *tag = llvm::dyn_cast<clang::TagDecl>(&one)) end_before(*tag, newest);
  if (auto *variable = llvm::dyn_cast<clang::VarDecl>(&one)) end_before(*variable, newest);
}

} // namespace graft::driver
