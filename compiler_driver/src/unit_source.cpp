// C and C++: parse, look for facts, lower to IR, put the thunks in, run the back end. All within one action, since the
// diagnostics of every stage want the source manager.
#include "unit.hpp"

#include "back_end.hpp"
#include "diagnostics.hpp"
#include "facts.hpp"
#include "import_places.hpp"
#include "inputs.hpp"
#include "providers.hpp"
#include "stopwatch.hpp"
#include "target_features.hpp"
#include "virtual_headers.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {
namespace {

class CompileAction : public clang::ASTFrontendAction {
 public:
  CompileAction(const UnitRequest &request, Unit &unit) : request_(request), unit_(unit) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef file) override {
    watch_inputs(compiler, unit_);
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(make_facts_consumer(compiler, unit_.facts));
    if (request_.product != Product::kFacts) {
      context_.setDiscardValueNames(compiler.getCodeGenOpts().DiscardValueNames);
      collect_back_end_diagnostics(context_, compiler.getDiagnostics());
      auto generator = clang::CreateLLVMCodeGen(compiler, file, context_);
      generator_ = generator.get();
      consumers.push_back(make_use_collector(uses_));
      consumers.push_back(std::move(generator));
    }
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

  void ExecuteAction() override {
    clang::CompilerInstance &compiler = getCompilerInstance();
    ASTFrontendAction::ExecuteAction();
    collect_inputs(compiler, request_, unit_);
    if (generator_ == nullptr || compiler.getDiagnostics().hasErrorOccurred()) return;
    const std::unique_ptr<llvm::Module> module(generator_->ReleaseModule());
    if (!module) return;
    add_thunks(*module, unit_);
    run_back_end(compiler, *module, request_, unit_);
    place_imports(compiler.getASTContext(), uses_, unit_.undefined);
  }

 private:
  const UnitRequest &request_;
  Unit &unit_;
  llvm::LLVMContext context_;
  Uses uses_;
  clang::CodeGenerator *generator_ = nullptr;  ///< owned by the instance's consumer
};

} // namespace

Unit compile_source(const UnitRequest &request) {
  Unit unit;
  unit.source = request.text.name;

  DiagnosticCollector collector;
  {
    const Stopwatch watch(unit.times.front_end_ns);
    auto invocation = std::make_shared<clang::CompilerInvocation>(request.prepared.invocation);
    const clang::InputKind kind = invocation->getFrontendOpts().Inputs.front().getKind();
    invocation->getFrontendOpts().Inputs.assign(1, clang::FrontendInputFile(request.text.name, kind));
    invocation->getCodeGenOpts().MainFileName = request.text.name;
    invocation->getPreprocessorOpts().addRemappedFile(request.text.name, request.text.buffer.get());
    invocation->getPreprocessorOpts().RetainRemappedFileBuffers = true;

    clang::CompilerInstance compiler(std::move(invocation));
    compiler.setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
    compiler.setVirtualFileSystem(compile_file_system());
    compiler.createDiagnostics(&collector, /*ShouldOwnClient=*/false);
    compiler.createFileManager();
    CompileAction action(request, unit);
    const bool has_target = compiler.createTarget();
    if (has_target) use_trimmed_features(compiler);
    if (has_target && action.BeginSourceFile(compiler, compiler.getFrontendOpts().Inputs.front())) {
      llvm::consumeError(action.Execute());  // what it could say is among the diagnostics
      action.EndSourceFile();
    } else if (!collector.failed()) {
      Diagnostic diagnostic;
      diagnostic.where.file = request.text.name;
      diagnostic.message = "clang cannot start";
      collector.add(std::move(diagnostic));
    }
  }
  // The outer watch also ran through the back end.
  unit.times.front_end_ns -= std::min(unit.times.front_end_ns, unit.times.optimise_ns + unit.times.emit_ns);
  unit.failed = collector.failed();
  unit.diagnostics = collector.take();
  return unit;
}

}  // namespace graft::driver
