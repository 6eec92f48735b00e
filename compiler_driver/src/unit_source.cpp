// C and C++: parse, look for facts, lower to IR, put the thunks in, run the back end. All within one action, since the
// diagnostics of every stage want the source manager.
#include "abi_preamble.hpp"
#include "back_end.hpp"
#include "departures.hpp"
#include "diagnostics.hpp"
#include "facts.hpp"
#include "front_end.hpp"
#include "import_places.hpp"
#include "inputs.hpp"
#include "kept_objects.hpp"
#include "looks.hpp"
#include "noexcepts.hpp"
#include "preamble.hpp"
#include "providers.hpp"
#include "shared_definitions.hpp"
#include "stages.hpp"
#include "stopwatch.hpp"
#include "unit.hpp"
#include "unnamed.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Serialization/ASTReader.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

/// Shows the facts consumer the contracts of a preamble, before anything of the source: they are read back only when asked
/// for.
class ContractReplay : public clang::ASTConsumer {
 public:
  ContractReplay(clang::CompilerInstance &compiler, const Preamble &preamble, clang::ASTConsumer &facts)
      : compiler_(compiler), preamble_(preamble), facts_(facts) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return replay(), true; }
  void HandleTranslationUnit(clang::ASTContext &) override { replay(); }

 private:
  void replay() {
    if (std::exchange(is_done_, true)) return;
    const auto reader = compiler_.getASTReader();
    if (!reader) return;
    clang::serialization::ModuleFile &file = reader->getModuleManager().getPrimaryModule();
    for (const std::uint32_t number : preamble_.contracts)
      if (auto *tag = llvm::dyn_cast_or_null<clang::TagDecl>(
              reader->GetLocalDecl(file, clang::LocalDeclID::get(*reader, file, number))))
        facts_.HandleTagDeclDefinition(tag);
  }

  clang::CompilerInstance &compiler_;
  const Preamble &preamble_;
  clang::ASTConsumer &facts_;
  bool is_done_ = false;
};

/// Sets `departs` when a declaration of the source does.
class DepartureWatcher : public clang::ASTConsumer {
 public:
  DepartureWatcher(unsigned head_bytes, Unit &unit) : head_bytes_(head_bytes), unit_(unit) {}

  void Initialize(clang::ASTContext &context) override { recipes_.emplace(context, head_bytes_); }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (const clang::Decl *declaration : group)
      if (!declaration->isFromASTFile() && !recipes_->is_of_head(*declaration))
        unit_.departs |= departs_from_headers(*declaration, *recipes_);
    return !unit_.departs; // the rest does not matter any more
  }

 private:
  unsigned head_bytes_;
  Unit &unit_;
  std::optional<RecipeWriter> recipes_;
};

/// Collects the classes that the source has its headers' templates make.
class ClassCollector : public clang::ASTConsumer {
 public:
  explicit ClassCollector(std::vector<const clang::ClassTemplateSpecializationDecl *> &made) : made_(made) {}

  void HandleTagDeclDefinition(clang::TagDecl *tag) override {
    const auto *one = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(tag);
    if (one != nullptr && one->getSpecializationKind() == clang::TSK_ImplicitInstantiation) made_.push_back(one);
  }

 private:
  std::vector<const clang::ClassTemplateSpecializationDecl *> &made_;
};

/// Ends the parse between two declarations when the compile is cancelled.
class CancelConsumer : public clang::ASTConsumer {
 public:
  explicit CancelConsumer(const UnitRequest &request) : request_(request) {}
  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return !request_.is_cancelled(); }

 private:
  const UnitRequest &request_;
};
/// About what a compile takes at its peak: the text and its tree, and as much again for the IR and the object.
std::size_t memory_of(const clang::CompilerInstance &compiler) {
  const clang::ASTContext &tree = compiler.getASTContext();
  const clang::SourceManager &sources = compiler.getSourceManager();
  return 2 *
         (tree.getASTAllocatedMemory() + tree.getSideTableAllocatedMemory() + compiler.getPreprocessor().getTotalMemory() +
          sources.getMemoryBufferSizes().malloc_bytes + sources.getDataStructureSizes());
}

class CompileAction : public clang::ASTFrontendAction {
 public:
  /// `inputs`: what a preamble already read; what else is read is added.
  CompileAction(const UnitRequest &request, Inputs &inputs, Unit &unit) : request_(request), unit_(unit), inputs_(inputs) {
    if (request.stages == Stages::kApart) clock_.emplace(unit.times);
  }

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef file) override {
    watch_inputs(compiler, inputs_);
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    if (request_.cancelled != nullptr) consumers.push_back(std::make_unique<CancelConsumer>(request_));
    auto facts = make_facts_consumer(compiler, unit_.facts, request_.kept);
    if (const Preamble *preamble = request_.preamble) {
      if (preamble->has_learned) consumers.push_back(std::make_unique<DepartureWatcher>(preamble->head.size, unit_));
      if (!preamble->contracts.empty()) consumers.push_back(std::make_unique<ContractReplay>(compiler, *preamble, *facts));
    }
    consumers.push_back(std::move(facts));
    if (request_.product != Product::kFacts) {
      context_.setDiscardValueNames(compiler.getCodeGenOpts().DiscardValueNames);
      collect_back_end_diagnostics(context_, compiler.getDiagnostics());
      auto generator = clang::CreateLLVMCodeGen(compiler, file, context_);
      generator_ = generator.get();
      if (request_.learn == Learn::kYes) consumers.push_back(std::make_unique<ClassCollector>(classes_));
      consumers.push_back(make_use_collector(uses_));
      if (clock_)
        std::ranges::move(watched(std::move(generator), *clock_), std::back_inserter(consumers));
      else
        consumers.push_back(std::move(generator));
    }
    if (clock_ && request_.preamble != nullptr) clock_->enter(&CompileTimes::preamble_ns); // which is opened next
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

  void ExecuteAction() override {
    clang::CompilerInstance &compiler = getCompilerInstance();
    if (request_.preamble != nullptr) use_shared_definitions(compiler, *request_.preamble);
    if (clock_) {
      clock_->leave();
      if (!compiler.hasSema()) compiler.createSema(getTranslationUnitKind(), /*CompletionConsumer=*/nullptr);
      watch_instantiations(compiler.getSema(), *clock_);
    }
    ASTFrontendAction::ExecuteAction();
    collect_inputs(compiler, inputs_);
    record_inputs(compiler, request_.text, inputs_, unit_);
    unit_.memory_bytes = memory_of(compiler);
    if (generator_ == nullptr || unit_.departs || request_.is_cancelled() || compiler.getDiagnostics().hasErrorOccurred())
      return;
    if (request_.learn == Learn::kYes && compiler.getLangOpts().CPlusPlus) note_needed();
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
  /// What had to be compiled although headers alone define it. What is watched for a violated `noexcept` stays the bundle's.
  void note_needed() {
    const clang::CompilerInstance &compiler = getCompilerInstance();
    const HeadText head = head_of(std::string_view(request_.text.buffer->getBuffer()), compiler.getLangOpts());
    if (head.text.empty()) return;
    RecipeWriter recipes(compiler.getASTContext(), static_cast<unsigned>(head.text.size()));
    std::vector<std::string> names;
    for (const llvm::Function &function : *generator_->GetModule())
      if (!function.isDeclaration() && function.hasLinkOnceODRLinkage()) names.push_back(function.getName().str());
    for (std::string &name : names) {
      const auto *function = llvm::dyn_cast_or_null<clang::FunctionDecl>(generator_->GetDeclForMangledName(name));
      if (function == nullptr) continue;
      if (auto recipe = recipes.describe(*function, std::move(name))) unit_.needed.push_back(std::move(*recipe));
    }
    for (const clang::ClassTemplateSpecializationDecl *one : classes_)
      if (auto recipe = recipes.describe(*one)) unit_.needed.push_back(std::move(*recipe));
  }

  const UnitRequest &request_;
  Unit &unit_;
  Inputs &inputs_;
  llvm::LLVMContext context_;
  Uses uses_;
  std::vector<const clang::ClassTemplateSpecializationDecl *> classes_;
  std::optional<StageClock> clock_;
  clang::CodeGenerator *generator_ = nullptr; ///< owned by the instance's consumer
};

} // namespace

Unit compile_source(const UnitRequest &request) {
  Unit unit;
  unit.source = request.text.name;

  DiagnosticCollector collector;
  {
    const Stopwatch watch(unit.times.front_end_ns);
    const auto abi =
        request.preamble == nullptr ? request.prepared.preambles->find(request.prepared.invocation, request.text) : nullptr;
    const PrecompiledHead abi_head{abi ? std::string_view(abi->bytes) : std::string_view()};
    const PrecompiledHead *head = request.preamble != nullptr ? &request.preamble->head : abi ? &abi_head : nullptr;
    Inputs inputs = request.preamble != nullptr ? request.preamble->inputs : abi ? abi->inputs : Inputs{};
    CompileAction action(request, inputs, unit);
    run_front_end({request.prepared.invocation, request.text, request.headers, head, &inputs.trace}, action, collector);
    merge_trace(unit.trace, std::move(inputs.trace)); // only now: the back end may read files, too
  }
  // The outer watch also ran through the back end.
  unit.times.front_end_ns -= std::min(unit.times.front_end_ns, unit.times.optimise_ns + unit.times.emit_ns);
  unit.failed = collector.failed();
  unit.diagnostics = collector.take();
  if (request.preamble != nullptr)
    unit.diagnostics.insert(unit.diagnostics.begin(), request.preamble->warnings.begin(), request.preamble->warnings.end());
  return unit;
}

} // namespace graft::driver
