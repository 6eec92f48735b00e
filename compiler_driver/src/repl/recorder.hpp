// What the parser tells of an input, kept until the whole input was accepted: only then does code generation hear of it, so that
// a mistake in its last line leaves no code of its first.
#pragma once

#include <clang/CodeGen/ModuleBuilder.h>

#include <functional>
#include <memory>
#include <vector>

namespace graft::driver {

class Recorder : public clang::ASTConsumer {
 public:
  explicit Recorder(std::unique_ptr<clang::CodeGenerator> generator) : generator_(std::move(generator)) {}

  clang::CodeGenerator &generator() { return *generator_; }
  /// The declarations of the input, in order; those of Clang's own making among them.
  const std::vector<clang::DeclGroupRef> &declared() const { return declared_; }
  void begin_input() { declared_.clear(); }
  /// Drops declarations that need not be generated now.
  void take_out(const std::function<bool(clang::DeclGroupRef)> &is_taken);
  bool is_empty() const { return events_.empty(); }
  void replay(clang::ASTContext &context);
  /// The input was not accepted. What earlier ones will ask for all the same - their templates, instantiated - stays.
  void forget(const clang::TranslationUnitDecl &newest);
  /// Code of an earlier input was generated, and is lost with the newest.
  void tell_again(const clang::Decl &declaration, const clang::TranslationUnitDecl &newest);

  void Initialize(clang::ASTContext &context) override { generator_->Initialize(context); }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override;
  void HandleInlineFunctionDefinition(clang::FunctionDecl *function) override;
  void HandleTagDeclDefinition(clang::TagDecl *tag) override;
  void HandleTagDeclRequiredDefinition(const clang::TagDecl *tag) override;
  void HandleCXXStaticMemberVarInstantiation(clang::VarDecl *variable) override;
  void CompleteTentativeDefinition(clang::VarDecl *variable) override;
  void CompleteExternalDeclaration(clang::DeclaratorDecl *declaration) override;
  void HandleVTable(clang::CXXRecordDecl *record) override;

 private:
  struct Event {
    const clang::Decl *of;
    clang::DeclGroupRef group; ///< null: something else is told
    std::function<void(clang::CodeGenerator &)> tell;
  };

  std::unique_ptr<clang::CodeGenerator> generator_;
  std::vector<Event> events_;
  std::vector<clang::DeclGroupRef> declared_;
};

} // namespace graft::driver
