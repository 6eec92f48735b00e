// C and C++: parse, look for facts, lower to IR, put the thunks in, run the back end. All within one action, since the
// diagnostics of every stage want the source manager.
#include "abi_preamble.hpp"
#include "back_end.hpp"
#include "diagnostics.hpp"
#include "facts.hpp"
#include "front_end.hpp"
#include "import_places.hpp"
#include "inputs.hpp"
#include "kept_objects.hpp"
#include "noexcepts.hpp"
#include "providers.hpp"
#include "stopwatch.hpp"
#include "unit.hpp"
#include "unnamed.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

/// Ends the parse between two declarations when the compile is cancelled.
class CancelConsumer : public clang::ASTConsumer {
 public:
  explicit CancelConsumer(const UnitRequest &request) : request_(request) {}
  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return !request_.is_cancelled(); }

 private:
  const UnitRequest &request_;
};

class CompileAction : public clang::ASTFrontendAction {
 public:
  /// `inputs`: what a preamble already read.
  CompileAction(const UnitRequest &request, Inputs inputs, Unit &unit)
      : request_(request), unit_(unit), inputs_(std::move(inputs)) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef file) override {
    watch_inputs(compiler, inputs_);
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    if (request_.cancelled != nullptr) consumers.push_back(std::make_unique<CancelConsumer>(request_));
    consumers.push_back(make_facts_consumer(compiler, unit_.facts, request_.kept));
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
    collect_inputs(compiler, inputs_);
    record_inputs(compiler, request_.text, std::move(inputs_), unit_);
    if (generator_ == nullptr || request_.is_cancelled() || compiler.getDiagnostics().hasErrorOccurred()) return;
    if (const llvm::Module *made = generator_->GetModule())
      unit_.facts.noexcepts = find_noexcepts(*generator_, *made, compiler.getSourceManager());
    const std::unique_ptr<llvm::Module> module(generator_->ReleaseModule());
    if (!module) return;
    if (request_.role != Role::kOnly)
      name_by_place(*generator_, *module, compiler.getASTContext(), request_.role, unit_.facts);
    std::string wrong = add_thunks(*module, unit_);
    if (wrong.empty() && request_.kept == Kept::kOutside) wrong = move_kept_outside(*module, unit_);
    if (!wrong.empty())
      return report(compiler.getDiagnostics(),
                    compiler.getSourceManager().getLocForStartOfFile(compiler.getSourceManager().getMainFileID()), wrong);
    run_back_end(compiler, *module, request_, unit_);
    place_imports(compiler.getASTContext(), uses_, unit_.undefined);
  }

 private:
  const UnitRequest &request_;
  Unit &unit_;
  Inputs inputs_;
  llvm::LLVMContext context_;
  Uses uses_;
  clang::CodeGenerator *generator_ = nullptr; ///< owned by the instance's consumer
};

} // namespace

Unit compile_source(const UnitRequest &request) {
  Unit unit;
  unit.source = request.text.name;

  DiagnosticCollector collector;
  {
    const Stopwatch watch(unit.times.front_end_ns);
    const auto preamble = request.prepared.preambles->find(request.prepared.invocation, request.text);
    CompileAction action(request, preamble ? preamble->inputs : Inputs{}, unit);
    run_front_end(request.prepared.invocation, request.text, preamble.get(), request.headers, action, collector);
  }
  // The outer watch also ran through the back end.
  unit.times.front_end_ns -= std::min(unit.times.front_end_ns, unit.times.optimise_ns + unit.times.emit_ns);
  unit.failed = collector.failed();
  unit.diagnostics = collector.take();
  return unit;
}

} // namespace graft::driver
