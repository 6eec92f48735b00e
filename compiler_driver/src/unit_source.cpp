// C and C++: parse, look for facts, lower to IR, put the thunks in, run the back end. All within one action, since the
// diagnostics of every stage want the source manager.
#include "abi_preamble.hpp"
#include "back_end.hpp"
#include "begun_compile.hpp"
#include "departures.hpp"
#include "diagnostics.hpp"
#include "facts.hpp"
#include "front_end.hpp"
#include "import_chains.hpp"
#include "import_places.hpp"
#include "inputs.hpp"
#include "kept_objects.hpp"
#include "looks.hpp"
#include "noexcepts.hpp"
#include "preamble.hpp"
#include "providers.hpp"
#include "shared_definitions.hpp"
#include "stack_checks.hpp"
#include "stages.hpp"
#include "stopwatch.hpp"
#include "uncalled.hpp"
#include "unit.hpp"
#include "unnamed.hpp"

#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Serialization/ASTDeserializationListener.h>
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
  DepartureWatcher(const Preamble &preamble, Unit &unit) : preamble_(preamble), unit_(unit) {}

  void Initialize(clang::ASTContext &context) override { recipes_.emplace(context, preamble_.head.size); }
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (const clang::Decl *declaration : group)
      if (!declaration->isFromASTFile() && !recipes_->is_of_head(*declaration))
        unit_.departs |= departs_from_headers(*declaration, *recipes_, preamble_.open);
    return !unit_.departs; // the rest does not matter any more
  }

 private:
  const Preamble &preamble_;
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

/// Listens while a precompiled head is read; what reads it takes the consumer's place once the text is known.
class StandIn : public clang::ASTConsumer {
 public:
  explicit StandIn(clang::ASTDeserializationListener &listener) : listener_(listener) {}
  clang::ASTDeserializationListener *GetASTDeserializationListener() override { return &listener_; }

 private:
  clang::ASTDeserializationListener &listener_;
};

class ReadNoter : public clang::ASTDeserializationListener {
 public:
  void DeclRead(clang::GlobalDeclID number, const clang::Decl *) override { read.push_back(number.getRawValue()); }
  std::vector<std::uint64_t> read;
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

/// Begins before it is known what for; `wants` says that, before it is executed.
class CompileAction : public clang::ASTFrontendAction {
 public:
  /// `inputs`: what a preamble already read; what else is read is added. All are borrowed.
  void wants(const UnitRequest &request, Inputs &inputs, Unit &unit) {
    request_ = &request;
    inputs_ = &inputs;
    unit_ = &unit;
    if (request.stages == Stages::kApart) clock_.emplace(unit.times);
  }
  std::vector<std::uint64_t> take_read() { return std::move(noter_.read); }

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &, llvm::StringRef) override {
    return std::make_unique<StandIn>(noter_);
  }

  void ExecuteAction() override {
    clang::CompilerInstance &compiler = getCompilerInstance();
    watch_inputs(compiler, *inputs_);
    auto consumer = make_consumer(compiler, getCurrentFileOrBufferName());
    compiler.getASTContext().setASTMutationListener(consumer->GetASTMutationListener());
    compiler.setASTConsumer(std::move(consumer));
    compile(*request_, *inputs_, *unit_);
  }

 private:
  std::unique_ptr<clang::ASTConsumer> make_consumer(clang::CompilerInstance &compiler, llvm::StringRef file) {
    const UnitRequest &request = *request_;
    Unit &unit = *unit_;
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    if (request.cancelled != nullptr) consumers.push_back(std::make_unique<CancelConsumer>(request));
    auto facts = make_facts_consumer(compiler, unit.facts, request.kept);
    if (const Preamble *preamble = request.preamble) {
      if (preamble->has_learned) consumers.push_back(std::make_unique<DepartureWatcher>(*preamble, unit));
      if (!preamble->contracts.empty()) consumers.push_back(std::make_unique<ContractReplay>(compiler, *preamble, *facts));
    }
    consumers.push_back(std::move(facts));
    if (request.product != Product::kFacts) {
      context_.setDiscardValueNames(compiler.getCodeGenOpts().DiscardValueNames);
      collect_back_end_diagnostics(context_, compiler.getDiagnostics());
      auto generator = clang::CreateLLVMCodeGen(compiler, file, context_);
      generator_ = generator.get();
      if (counts_coverage(compiler)) consumers.push_back(make_uncalled_emitter(compiler, *generator));
      if (request.learn == Learn::kYes) consumers.push_back(std::make_unique<ClassCollector>(classes_));
      consumers.push_back(make_use_collector(uses_));
      if (clock_)
        std::ranges::move(watched(std::move(generator), *clock_), std::back_inserter(consumers));
      else
        consumers.push_back(std::move(generator));
    }
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

  void compile(const UnitRequest &request, Inputs &inputs, Unit &unit) {
    clang::CompilerInstance &compiler = getCompilerInstance();
    if (request.preamble != nullptr) use_shared_definitions(compiler, *request.preamble);
    if (clock_) {
      if (!compiler.hasSema()) compiler.createSema(getTranslationUnitKind(), /*CompletionConsumer=*/nullptr);
      watch_instantiations(compiler.getSema(), *clock_);
    }
    ASTFrontendAction::ExecuteAction();
    collect_inputs(compiler, inputs);
    record_inputs(compiler, request.text, inputs, unit);
    unit.memory_bytes = memory_of(compiler);
    if (generator_ == nullptr || unit.departs || request.is_cancelled() || compiler.getDiagnostics().hasErrorOccurred())
      return;
    if (request.learn == Learn::kYes && compiler.getLangOpts().CPlusPlus) note_needed();
    if (llvm::Module *made = generator_->GetModule(); made != nullptr && counts_coverage(compiler))
      replace_uncalled(compiler, *generator_, *made);
    if (llvm::Module *made = generator_->GetModule()) mark_stack_users(*made, compiler.getLangOpts(), generator_);
    if (const llvm::Module *made = generator_->GetModule())
      unit.facts.noexcepts = find_noexcepts(*generator_, *made, compiler.getSourceManager());
    const std::unique_ptr<llvm::Module> module(generator_->ReleaseModule());
    if (!module) return;
    if (request.role != Role::kOnly) name_by_place(*generator_, *module, compiler.getASTContext(), request.role, unit.facts);
    std::string wrong = add_thunks(*module, unit);
    if (wrong.empty() && request.kept == Kept::kOutside) wrong = move_kept_outside(*module, unit);
    if (!wrong.empty())
      return report(compiler.getDiagnostics(),
                    compiler.getSourceManager().getLocForStartOfFile(compiler.getSourceManager().getMainFileID()), wrong);
    std::optional<ImportChains> chains;
    if (request.need == Need::kPlaces) chains.emplace(compiler.getSourceManager(), *module);
    run_back_end(compiler, *module, request, unit);
    place_imports(compiler.getASTContext(), uses_, unit.undefined);
    if (!chains) return;
    chains->look(*module);
    chains->place(unit.undefined);
  }

  /// What had to be compiled although headers alone define it. What is watched for a violated `noexcept` stays the bundle's.
  void note_needed() {
    const clang::CompilerInstance &compiler = getCompilerInstance();
    const HeadText head = head_of(std::string_view(request_->text.buffer->getBuffer()), compiler.getLangOpts());
    if (head.text.empty()) return;
    RecipeWriter recipes(compiler.getASTContext(), static_cast<unsigned>(head.text.size()));
    std::vector<std::string> names;
    for (const llvm::Function &function : *generator_->GetModule())
      if (!function.isDeclaration() && function.hasLinkOnceODRLinkage()) names.push_back(function.getName().str());
    for (std::string &name : names) {
      const auto *function = llvm::dyn_cast_or_null<clang::FunctionDecl>(generator_->GetDeclForMangledName(name));
      if (function == nullptr) continue;
      if (auto recipe = recipes.describe(*function, std::move(name))) unit_->needed.push_back(std::move(*recipe));
    }
    for (const clang::ClassTemplateSpecializationDecl *one : classes_)
      if (auto recipe = recipes.describe(*one)) unit_->needed.push_back(std::move(*recipe));
  }

  const UnitRequest *request_ = nullptr;
  Unit *unit_ = nullptr;
  Inputs *inputs_ = nullptr;
  ReadNoter noter_;
  llvm::LLVMContext context_;
  Uses uses_;
  std::vector<const clang::ClassTemplateSpecializationDecl *> classes_;
  std::optional<StageClock> clock_;
  clang::CodeGenerator *generator_ = nullptr; ///< owned by the instance's consumer
};

} // namespace

/// The action and its front end, with what these borrow.
struct BegunCompile::Parts {
  Parts(const clang::CompilerInvocation &invocation, const std::string &name, llvm::MemoryBuffer &text,
        const std::vector<Source> &headers, const PrecompiledHead *head)
      : front_end({invocation, name, text, headers, head, &trace}, action, collector) {}

  InputTrace trace;
  DiagnosticCollector collector;
  CompileAction action;
  FrontEnd front_end;
};

BegunCompile::BegunCompile(NextCompile next) : next_(std::move(next)), began_(std::chrono::system_clock::now()) {
  // What it begins with stands for the head, and nobody reads it.
  const PrecompiledHead &head = next_.preamble->head;
  stand_in_ = llvm::WritableMemoryBuffer::getNewMemBuffer(head.size, next_.name);
  parts_ = std::make_unique<Parts>(next_.prepared->invocation(), next_.name, *stand_in_, next_.headers, &head);
  if (!parts_->front_end.has_begun()) return;
  const auto reader = parts_->front_end.compiler().getASTReader();
  for (const std::uint64_t number : next_.read) reader->GetDecl(clang::GlobalDeclID(number));
  record_ = make_record(parts_->trace, ContentKey{}, began_);
}

BegunCompile::~BegunCompile() = default;

bool BegunCompile::stands() {
  return parts_->front_end.has_begun() && !parts_->collector.failed() && parts_->trace.unrepeatable.empty() &&
         SecondLook().look(record_) != SecondLook::Verdict::kChanged;
}

Unit compile_source(const UnitRequest &request, BegunCompile *begun) {
  Unit unit;
  unit.source = request.text.name;

  const Preamble *preamble = request.preamble;
  std::optional<BegunCompile::Parts> own;
  BegunCompile::Parts *parts = nullptr;
  {
    const Stopwatch watch(unit.times.front_end_ns);
    const auto abi =
        preamble == nullptr && request.need != Need::kPlaces
            ? request.prepared.preambles->find(request.prepared.invocation(), request.text)
            : nullptr;
    if (begun != nullptr) {
      parts = begun->parts_.get();
      parts->front_end.replace_text(*request.text.buffer);
    } else {
      const PrecompiledHead abi_head{abi ? std::string_view(abi->bytes) : std::string_view()};
      const PrecompiledHead *head = preamble != nullptr ? &preamble->head : abi ? &abi_head : nullptr;
      parts = &own.emplace(request.prepared.invocation(), request.text.name, *request.text.buffer, request.headers, head);
      if (request.stages == Stages::kApart) unit.times.preamble_ns += parts->front_end.opening_ns();
    }
    if (request.need == Need::kPlaces) ImportChains::ask_for_places(parts->front_end.compiler());
    Inputs inputs = preamble != nullptr ? preamble->inputs : abi ? abi->inputs : Inputs{};
    parts->action.wants(request, inputs, unit);
    parts->front_end.run();
    if (request.learn == Learn::kYes) unit.read = parts->action.take_read();
    merge_trace(unit.trace, std::move(inputs.trace)); // only now: the back end may read files, too
    merge_trace(unit.trace, std::move(parts->trace));
  }
  // The outer watch also ran through the back end.
  unit.times.front_end_ns -= std::min(unit.times.front_end_ns, unit.times.optimise_ns + unit.times.emit_ns);
  unit.failed = parts->collector.failed();
  unit.diagnostics = parts->collector.take();
  if (preamble != nullptr)
    unit.diagnostics.insert(unit.diagnostics.begin(), preamble->warnings.begin(), preamble->warnings.end());
  return unit;
}

} // namespace graft::driver
