// See recorder.hpp.
#include "recorder.hpp"

namespace graft::driver {

void Recorder::replay(clang::ASTContext &context) {
  const auto events = std::exchange(events_, {});
  for (const auto &event : events) event(*generator_);
  declared_.clear();
  generator_->HandleTranslationUnit(context);
}

void Recorder::forget() {
  events_.clear();
  declared_.clear();
}

bool Recorder::HandleTopLevelDecl(clang::DeclGroupRef group) {
  declared_.push_back(group);
  events_.emplace_back([group](clang::CodeGenerator &generator) { generator.HandleTopLevelDecl(group); });
  return true;
}

void Recorder::HandleInlineFunctionDefinition(clang::FunctionDecl *function) {
  events_.emplace_back([function](clang::CodeGenerator &generator) { generator.HandleInlineFunctionDefinition(function); });
}

void Recorder::HandleTagDeclDefinition(clang::TagDecl *tag) {
  events_.emplace_back([tag](clang::CodeGenerator &generator) { generator.HandleTagDeclDefinition(tag); });
}

void Recorder::HandleTagDeclRequiredDefinition(const clang::TagDecl *tag) {
  events_.emplace_back([tag](clang::CodeGenerator &generator) { generator.HandleTagDeclRequiredDefinition(tag); });
}

void Recorder::HandleCXXStaticMemberVarInstantiation(clang::VarDecl *variable) {
  events_.emplace_back(
      [variable](clang::CodeGenerator &generator) { generator.HandleCXXStaticMemberVarInstantiation(variable); });
}

void Recorder::CompleteTentativeDefinition(clang::VarDecl *variable) {
  events_.emplace_back([variable](clang::CodeGenerator &generator) { generator.CompleteTentativeDefinition(variable); });
}

void Recorder::CompleteExternalDeclaration(clang::DeclaratorDecl *declaration) {
  events_.emplace_back(
      [declaration](clang::CodeGenerator &generator) { generator.CompleteExternalDeclaration(declaration); });
}

void Recorder::HandleVTable(clang::CXXRecordDecl *record) {
  events_.emplace_back([record](clang::CodeGenerator &generator) { generator.HandleVTable(record); });
}

} // namespace graft::driver
