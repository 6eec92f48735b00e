// A Clang action that ends where others begin: it makes what a session compiles with.
#pragma once

#include "../diagnostics.hpp"
#include "recorder.hpp"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/IR/LLVMContext.h>

namespace graft::driver {

/// Makes preprocessor and semantic analysis, and leaves them be.
class SessionAction : public clang::ASTFrontendAction {
 public:
  explicit SessionAction(llvm::LLVMContext &context) : context_(context) {}

  clang::TranslationUnitKind getTranslationUnitKind() override { return clang::TU_Incremental; }
  Recorder &recorder() { return *recorder_; }

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef) override {
    collect_back_end_diagnostics(context_, compiler.getDiagnostics());
    auto recorder = std::make_unique<Recorder>(clang::CreateLLVMCodeGen(compiler, "input_0", context_));
    recorder_ = recorder.get();
    return recorder;
  }
  void ExecuteAction() override {
    clang::CompilerInstance &compiler = getCompilerInstance();
    compiler.getPreprocessor().enableIncrementalProcessing();
    compiler.getPreprocessor().EnterMainSourceFile();
    compiler.createSema(getTranslationUnitKind(), /*CompletionConsumer=*/nullptr);
  }

 private:
  llvm::LLVMContext &context_;
  Recorder *recorder_ = nullptr; ///< owned by the instance
};

} // namespace graft::driver
