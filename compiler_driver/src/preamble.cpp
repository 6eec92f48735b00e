// See preamble.hpp. One run of the front end yields three things: the precompiled head, the contracts in it, and a module of
// the learned functions.
#include "preamble.hpp"

#include "back_end.hpp"
#include "content_key.hpp"
#include "diagnostics.hpp"
#include "emission_stop.hpp"
#include "facts.hpp"
#include "global_names.hpp"
#include "identity.hpp"
#include "learned_code.hpp"
#include "out_of_line.hpp"
#include "settled_constants.hpp"
#include "source_text.hpp"
#include "symbols.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/DeclCXX.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaConsumer.h>
#include <clang/Serialization/ASTWriter.h>
#include <clang/Serialization/PCHContainerOperations.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// What is known of a head when its text was read.
struct Findings {
  Facts facts;
  std::vector<const clang::RecordDecl *> contracts;
  enum class Meaning : std::uint8_t { kFixed, kChanges } meaning = Meaning::kFixed;
};

/// Macros whose value is another in each source that begins with the head, and `__COUNTER__`, which a precompiled head does
/// not carry on. Those of the moment are a matter of the trace.
class MeaningWatcher : public clang::PPCallbacks {
 public:
  MeaningWatcher(const clang::SourceManager &sources, Findings &findings) : sources_(sources), findings_(findings) {}

  void MacroExpands(const clang::Token &name, const clang::MacroDefinition &, clang::SourceRange range,
                    const clang::MacroArgs *) override {
    const llvm::StringRef text = name.getIdentifierInfo()->getName();
    const bool of_place = text == "__FILE__" || text == "__FILE_NAME__";
    if (text == "__BASE_FILE__" || text == "__COUNTER__" || (of_place && sources_.isInMainFile(range.getBegin())))
      findings_.meaning = Findings::Meaning::kChanges;
  }

 private:
  const clang::SourceManager &sources_;
  Findings &findings_;
};

/// How often `word` is written in `text`, and behind it `next`.
std::ptrdiff_t count_pairs(llvm::StringRef text, llvm::StringRef word, llvm::StringRef next) {
  std::ptrdiff_t found = 0;
  for (std::size_t at = text.find(word); at != llvm::StringRef::npos; at = text.find(word, at + 1))
    if (text.drop_front(at + word.size()).ltrim().starts_with(next)) ++found;
  return found;
}

/// Whether some header leaves a macro or a visibility pushed for a text behind it to pop: precompiled heads do not keep what
/// is pushed. Counted where it is written, reached or not. What Clang itself pushes for its headers, it pushes for each
/// text.
bool leaves_something_pushed(const clang::Preprocessor &preprocessor) {
  const clang::SourceManager &sources = preprocessor.getSourceManager();
  const llvm::StringRef built_in = sources.getBufferData(preprocessor.getPredefinesFileID());
  std::ptrdiff_t macros = 0, visibilities = 0;
  for (unsigned i = 0; i < sources.local_sloc_entry_size(); ++i) { // a header that is read twice has two entries
    const clang::SrcMgr::SLocEntry &entry = sources.getLocalSLocEntry(i);
    if (!entry.isFile()) continue;
    const llvm::StringRef text = entry.getFile().getContentCache().getBufferDataIfLoaded().value_or("");
    if (text.data() == built_in.data()) continue;
    macros += count_pairs(text, "push_macro", "") - count_pairs(text, "pop_macro", "");
    visibilities += count_pairs(text, "visibility", "push") - count_pairs(text, "visibility", "pop");
  }
  return macros != 0 || visibilities != 0;
}

class ContractNoter : public clang::ASTConsumer {
 public:
  explicit ContractNoter(Findings &findings) : findings_(findings) {}

  void HandleTagDeclDefinition(clang::TagDecl *tag) override {
    const auto *record = llvm::dyn_cast<clang::RecordDecl>(tag);
    if (record == nullptr || !record->hasAttrs()) return;
    for (const auto *attribute : record->specific_attrs<clang::AnnotateAttr>())
      if (attribute->getAnnotation() == "graft.contract") findings_.contracts.push_back(record);
  }

 private:
  Findings &findings_;
};

/// Before anything is instantiated that the head did not ask for.
class OpenNameNoter : public clang::ASTConsumer {
 public:
  explicit OpenNameNoter(Preamble &preamble) : preamble_(preamble) {}

  void HandleTranslationUnit(clang::ASTContext &context) override { preamble_.open = open_names(context); }

 private:
  Preamble &preamble_;
};

/// The learned functions, in the order of their recipes.
using Made = llvm::SmallSetVector<clang::FunctionDecl *, 32>;

/// At the end of the head: makes the functions that were learned, and has them compiled.
class Learner : public clang::SemaConsumer {
 public:
  /// `wanted` receives what it asked to be compiled.
  Learner(const std::vector<Recipe> &learned, clang::CodeGenerator &generator, const std::atomic<bool> &stop, Wanted &wanted,
          Made &made)
      : learned_(learned), generator_(generator), stop_(stop), wanted_(wanted), made_(made) {}

  void InitializeSema(clang::Sema &sema) override { sema_ = &sema; }
  void ForgetSema() override { sema_ = nullptr; }
  /// Also told of each function that is instantiated; Sema has no other way to hear that nobody waits for the rest.
  bool HandleTopLevelDecl(clang::DeclGroupRef) override {
    if (!stop_.load(std::memory_order_relaxed)) return true; // relaxed, here and below: the flag carries nothing but itself
    if (sema_ != nullptr) sema_->PendingInstantiations.clear();
    return false;
  }

  void HandleTranslationUnit(clang::ASTContext &context) override {
    if (stop_.load(std::memory_order_relaxed) || context.getDiagnostics().hasErrorOccurred()) return;
    RecipeReader recipes(*sema_);
    GlobalNames names(context);
    for (const Recipe &recipe : learned_)
      if (recipe.kind == Recipe::Kind::kClass) recipes.complete(recipe);
    for (const Recipe &recipe : learned_)
      for (clang::FunctionDecl *function :
           recipe.kind == Recipe::Kind::kFunction ? recipes.find(recipe) : std::vector<clang::FunctionDecl *>())
        if (std::ranges::any_of(variants_of(*function),
                                [&](const clang::GlobalDecl &one) { return names.of(one) == recipe.symbol; })) {
          sema_->MarkFunctionReferenced(function->getLocation(), function);
          made_.insert(function);
        }
    sema_->PerformPendingInstantiations();
    for (const clang::FunctionDecl *function : made_) {
      if (!function->isDefined()) continue;
      for (const clang::GlobalDecl &variant : variants_of(*function)) { // of a constructor all: Clang asks for them as one
        generator_.GetAddrOfGlobal(variant, /*isForDefinition=*/true);
        wanted_.symbols.insert(names.of(variant));
      }
      const auto variants = variants_of(*function);
      if (variants.size() > 1) wanted_.equals[names.of(variants[0])] = names.of(variants[1]); // complete and base
    }
  }

 private:
  const std::vector<Recipe> &learned_;
  clang::CodeGenerator &generator_;
  const std::atomic<bool> &stop_;
  Wanted &wanted_;
  Made &made_;
  clang::Sema *sema_ = nullptr;
};

/// After the generator, before the head is written: what was compiled once need not be inlined.
class Releaser : public clang::ASTConsumer {
 public:
  Releaser(const clang::CompilerInstance &compiler, clang::CodeGenerator &generator, const Made &made)
      : compiler_(compiler), generator_(generator), made_(made) {}

  void HandleTranslationUnit(clang::ASTContext &context) override {
    if (compiler_.getCodeGenOpts().OptimizationLevel > 0 || generator_.GetModule() == nullptr) return;
    GlobalNames names(context);
    call_out_of_line(made_.getArrayRef(), *generator_.GetModule(), compiler_.getTarget(), names);
  }

 private:
  const clang::CompilerInstance &compiler_;
  clang::CodeGenerator &generator_;
  const Made &made_;
};

class HeadWriter : public clang::PCHGenerator {
 public:
  HeadWriter(clang::CompilerInstance &compiler, std::shared_ptr<clang::PCHBuffer> buffer, const Findings &findings,
             const std::atomic<bool> &stop, Preamble &preamble)
      : PCHGenerator(compiler.getPreprocessor(), compiler.getModuleCache(), kPreamblePath, /*isysroot=*/"",
                     std::move(buffer), compiler.getCodeGenOpts(), compiler.getFrontendOpts().ModuleFileExtensions,
                     /*AllowASTWithErrors=*/false,
                     /*IncludeTimestamps=*/false),
        findings_(findings), stop_(stop), preamble_(preamble) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef) override { return !stop_.load(std::memory_order_relaxed); }

  void HandleTranslationUnit(clang::ASTContext &context) override {
    if (stop_.load(std::memory_order_relaxed)) return; // writing takes as long as reading did
    PCHGenerator::HandleTranslationUnit(context);
    if (!hasEmittedPCH()) return;
    for (const clang::RecordDecl *contract : findings_.contracts)
      preamble_.contracts.push_back(static_cast<std::uint32_t>(getWriter().getDeclID(contract).getRawValue()));
  }

 private:
  const Findings &findings_;
  const std::atomic<bool> &stop_;
  Preamble &preamble_;
};

class HeadAction : public clang::ASTFrontendAction {
 public:
  HeadAction(const PreambleRequest &request, const std::atomic<bool> &stop, Preamble &preamble)
      : request_(request), stop_(stop), preamble_(preamble), buffer_(std::make_shared<clang::PCHBuffer>()) {}

  const Findings &findings() const { return findings_; }

 protected:
  bool BeginSourceFileAction(clang::CompilerInstance &compiler) override {
    compiler.getLangOpts().CompilingPCH = true;
    return true;
  }

  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef file) override {
    watch_inputs(compiler, preamble_.inputs);
    compiler.getPreprocessor().addPPCallbacks(std::make_unique<MeaningWatcher>(compiler.getSourceManager(), findings_));
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(make_facts_consumer(compiler, findings_.facts, Kept::kInside));
    consumers.push_back(std::make_unique<ContractNoter>(findings_));
    if (!request_.learned.empty()) {
      auto generator = clang::CreateLLVMCodeGen(compiler, file, context_);
      generator_ = generator.get();
      consumers.push_back(std::make_unique<OpenNameNoter>(preamble_));
      consumers.push_back(std::make_unique<Learner>(request_.learned, *generator, stop_, wanted_, made_));
      consumers.push_back(std::move(generator));
      consumers.push_back(std::make_unique<Releaser>(compiler, *generator_, made_));
    }
    consumers.push_back(std::make_unique<HeadWriter>(compiler, buffer_, findings_, stop_, preamble_));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

  void ExecuteAction() override {
    clang::CompilerInstance &compiler = getCompilerInstance();
    ASTFrontendAction::ExecuteAction();
    collect_inputs(compiler, preamble_.inputs);
    if (leaves_something_pushed(compiler.getPreprocessor())) findings_.meaning = Findings::Meaning::kChanges;
    if (!buffer_->IsComplete || compiler.getDiagnostics().hasErrorOccurred()) return;
    preamble_.bytes.assign(buffer_->Data.begin(), buffer_->Data.end());
    if (generator_ == nullptr || generator_->GetModule() == nullptr || stop_.load(std::memory_order_relaxed)) return;
    settle_constants(*generator_->GetModule(), [&](llvm::StringRef symbol) { return is_const(symbol); });
    wanted_.unique = with_identity(*generator_->GetModule(), *generator_);
    compile_learned(std::unique_ptr<llvm::Module>(generator_->ReleaseModule()));
  }

  clang::TranslationUnitKind getTranslationUnitKind() override { return clang::TU_Prefix; }
  bool hasASTFileSupport() const override { return false; }

 private:
  bool is_const(llvm::StringRef symbol) const {
    const auto *variable = llvm::dyn_cast_or_null<clang::VarDecl>(generator_->GetDeclForMangledName(symbol));
    return variable != nullptr && variable->getType().isConstantStorage(getCompilerInstance().getASTContext(),
                                                                        /*ExcludeCtor=*/true, /*ExcludeDtor=*/false);
  }

  void compile_learned(std::unique_ptr<llvm::Module> module) {
    const EmissionStop until(&stop_); // then nobody reads it
    LearnedCode learned = divide(std::move(module), wanted_);
    auto code = std::make_shared<HeaderCode>();
    KeyBuilder key;
    if (!learned.shared.symbols.empty()) {
      auto shared = std::make_shared<SharedCode>();
      for (const llvm::GlobalValue &global : learned.shared.module->global_values())
        if (global.isDeclaration()) code->imports.push_back(global.getName().str());
      std::ranges::sort(code->imports);
      shared->symbols = std::move(learned.shared.symbols);
      emit_object(getCompilerInstance(), *learned.shared.module, shared->object);
      shared->key = content_key(std::string_view(shared->object.data(), shared->object.size()));
      key.add(shared->key);
      code->shared = std::move(shared);
    }
    if (!learned.own.symbols.empty()) {
      auto own = std::make_shared<Unit>();
      own->source = "headers of " + request_.name;
      emit_object(getCompilerInstance(), *learned.own.module, own->output);
      own->text_key = content_key(std::string_view(own->output.data(), own->output.size()));
      read_symbols(*own);
      key.add(own->text_key);
      code->own = std::move(own);
      code->own_symbols = std::move(learned.own.symbols);
    }
    code->key = key.finish();
    if (code->shared || code->own) preamble_.code = std::move(code);
  }

  const PreambleRequest &request_;
  const std::atomic<bool> &stop_;
  Preamble &preamble_;
  Findings findings_;
  std::shared_ptr<clang::PCHBuffer> buffer_;
  llvm::LLVMContext context_;
  Wanted wanted_;
  Made made_;
  clang::CodeGenerator *generator_ = nullptr; ///< owned by the instance's consumer
};

/// Code that belongs to the bundle, not to its headers: a compile that does not read it would not have it.
bool has_own_code(const Facts &facts) {
  return !facts.providers.empty() || !facts.kept.empty() || !facts.kept_classes.empty() || !facts.instances.empty() ||
         !facts.migrations.empty() || facts.defines_init || facts.defines_stop || facts.defines_main;
}

} // namespace

std::shared_ptr<const Preamble> make_preamble(const PreambleRequest &request, const std::atomic<bool> &stop) {
  clang::CompilerInvocation invocation(request.invocation);
  invocation.getPreprocessorOpts().GeneratePreamble = true;
  // Without learned functions, what is pending at the end of the head waits for the end of the file, as it would without a
  // preamble.
  invocation.getLangOpts().PCHInstantiateTemplates = !request.learned.empty();
  auto preamble = std::make_shared<Preamble>();
  const WallTime began = std::chrono::system_clock::now();
  DiagnosticCollector collector;
  HeadAction action(request, stop, *preamble);
  const auto text = llvm::MemoryBuffer::getMemBuffer(request.head);
  FrontEnd({invocation, request.name, *text, request.headers, /*head=*/nullptr, &preamble->inputs.trace}, action, collector)
      .run();
  const bool is_whole = !collector.failed() && !preamble->bytes.empty() && !stop.load(std::memory_order_relaxed);
  const bool is_fixed =
      action.findings().meaning == Findings::Meaning::kFixed && preamble->inputs.trace.unrepeatable.empty();
  if (!is_whole || !is_fixed || has_own_code(action.findings().facts)) return nullptr;
  preamble->has_learned = !request.learned.empty();
  preamble->warnings = collector.take();
  // A message of a learned instantiation would be said of files that do not need it.
  if (!request.learned.empty() && !preamble->warnings.empty()) return nullptr;
  preamble->head = {preamble->bytes, static_cast<unsigned>(request.head.size()), request.ends_at_line_start};
  preamble->record = make_record(preamble->inputs.trace, ContentKey{}, began);
  return preamble;
}

} // namespace graft::driver
