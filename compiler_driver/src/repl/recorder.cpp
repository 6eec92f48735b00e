// See recorder.hpp.
#include "recorder.hpp"

#include "initialised.hpp"
#include "unlink.hpp"

#include <clang/AST/DeclTemplate.h>

namespace graft::driver {
namespace {

bool mentions(const clang::TemplateArgumentList *arguments, const clang::TranslationUnitDecl &unit) {
  if (arguments == nullptr) return false;
  return llvm::any_of(arguments->asArray(), [&](const clang::TemplateArgument &one) {
    if (one.getKind() == clang::TemplateArgument::Declaration) return one.getAsDecl()->getTranslationUnitDecl() == &unit;
    if (one.getKind() != clang::TemplateArgument::Type) return false;
    const clang::TagDecl *tag = one.getAsType()->getAsTagDecl();
    return tag != nullptr && tag->getTranslationUnitDecl() == &unit;
  });
}

/// Whether a declaration goes when the newest input does: it is that input's, or a template's of an earlier one for something of
/// that input.
bool ends_with(const clang::TranslationUnitDecl &newest, const clang::Decl &declaration) {
  const auto *place = llvm::cast<clang::Decl>(declaration.getLexicalDeclContext()); // a member's may be outside of its class
  if (is_wrong(declaration) || place->getTranslationUnitDecl() == &newest) return true;
  if (declaration.getTranslationUnitDecl() == &newest) return true;
  if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration);
      function != nullptr && mentions(function->getTemplateSpecializationArgs(), newest))
    return true;
  if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&declaration);
      made != nullptr && mentions(&made->getTemplateArgs(), newest))
    return true;
  const auto *outer = llvm::dyn_cast<clang::RecordDecl>(declaration.getDeclContext());
  return outer != nullptr && ends_with(newest, *outer);
}

} // namespace

void Recorder::take_out(const std::function<bool(clang::DeclGroupRef)> &is_taken) {
  std::erase_if(events_, [&](const Event &event) { return !event.group.isNull() && is_taken(event.group); });
}

void Recorder::replay(clang::ASTContext &context) {
  const auto events = std::exchange(events_, {});
  for (const Event &event : events) {
    if (event.group.isNull()) {
      if (llvm::isa<clang::VarDecl>(event.of)) keep_initialised(context, const_cast<clang::Decl &>(*event.of));
      continue;
    }
    for (clang::Decl *one : event.group) keep_initialised(context, *one);
  }
  for (const Event &event : events) event.tell(*generator_);
  generator_->HandleTranslationUnit(context);
}

void Recorder::forget(const clang::TranslationUnitDecl &newest) {
  std::vector<const clang::Decl *> wrong;
  std::erase_if(events_, [&](const Event &event) {
    if (is_wrong(*event.of)) wrong.push_back(event.of);
    return ends_with(newest, *event.of);
  });
  for (const clang::Decl *one : wrong) make_again(const_cast<clang::Decl &>(*one));
}

void Recorder::tell_again(const clang::Decl &declaration, const clang::TranslationUnitDecl &newest) {
  if (ends_with(newest, declaration)) return;
  const clang::DeclGroupRef group(const_cast<clang::Decl *>(&declaration));
  events_.push_back({&declaration, group, [group](clang::CodeGenerator &generator) { generator.HandleTopLevelDecl(group); }});
}

bool Recorder::HandleTopLevelDecl(clang::DeclGroupRef group) {
  declared_.push_back(group);
  if (!group.isNull())
    events_.push_back({*group.begin(), group, [group](clang::CodeGenerator &generator) { generator.HandleTopLevelDecl(group); }});
  return true;
}

void Recorder::HandleInlineFunctionDefinition(clang::FunctionDecl *function) {
  events_.push_back({function, {}, [function](clang::CodeGenerator &generator) { generator.HandleInlineFunctionDefinition(function); }});
}

void Recorder::HandleTagDeclDefinition(clang::TagDecl *tag) {
  events_.push_back({tag, {}, [tag](clang::CodeGenerator &generator) { generator.HandleTagDeclDefinition(tag); }});
}

void Recorder::HandleTagDeclRequiredDefinition(const clang::TagDecl *tag) {
  events_.push_back({tag, {}, [tag](clang::CodeGenerator &generator) { generator.HandleTagDeclRequiredDefinition(tag); }});
}

void Recorder::HandleCXXStaticMemberVarInstantiation(clang::VarDecl *variable) {
  events_.push_back({variable, {}, [variable](clang::CodeGenerator &generator) { generator.HandleCXXStaticMemberVarInstantiation(variable); }});
}

void Recorder::CompleteTentativeDefinition(clang::VarDecl *variable) {
  events_.push_back({variable, {}, [variable](clang::CodeGenerator &generator) { generator.CompleteTentativeDefinition(variable); }});
}

void Recorder::CompleteExternalDeclaration(clang::DeclaratorDecl *declaration) {
  events_.push_back({declaration, {}, [declaration](clang::CodeGenerator &generator) { generator.CompleteExternalDeclaration(declaration); }});
}

void Recorder::HandleVTable(clang::CXXRecordDecl *record) {
  events_.push_back({record, {}, [record](clang::CodeGenerator &generator) { generator.HandleVTable(record); }});
}

} // namespace graft::driver
