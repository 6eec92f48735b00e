// See incremental.hpp: the instance that stays, and what happens to one input.
#include "../diagnostics.hpp"
#include "../initialise_target.hpp"
#include "../invocation.hpp"
#include "../target_features.hpp"
#include "../virtual_headers.hpp"
#include "input_end.hpp"
#include "locals.hpp"
#include "lowering.hpp"
#include "macros.hpp"
#include "names.hpp"
#include "session_action.hpp"
#include "shadows.hpp"
#include "show_prelude.hpp"
#include "shown_types.hpp"
#include "statements.hpp"

#include <graft/driver/incremental.hpp>

#include <clang/Basic/Stack.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <clang/Parse/Parser.h>
#include <clang/Sema/Sema.h>
#include <llvm/ADT/ScopeExit.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <functional>

namespace graft::driver {
namespace {

constexpr const char *kMainName = "/.graft/session.cpp";
/// How many definitions one input may replace.
constexpr int kMostReplaced = 64;

enum class Show : bool { kNo, kYes };

} // namespace

class Incremental::State {
 public:
  Result<void> start(const IncrementalOptions &options);
  ~State();

  Result<Increment> compile(const Input &input);
  void take_back(Increment increment);
  Result<std::string> type_of(const std::string &expression);
  bool has_lost_headers() { return macros_->has_lost_headers(); }
  clang::Sema &sema() { return compiler_->getSema(); }
  Lowering &lowering() { return *lowering_; }

 private:
  void enter(const std::string &text, const std::string &name);
  void begin_unit();
  bool parse(const std::string &text, const std::string &name, Show show);
  bool parse_declarations();
  void parse_each(const std::function<bool(clang::DeclGroupRef)> &visit);
  void parse_unseen(const std::string &text);
  bool show_last(clang::DeclGroupRef group);
  unsigned new_own_shows();
  bool hide_clashes(Increment &increment);
  void undo_parse(Generated generated = Generated::kNo);
  std::vector<Diagnostic> said();
  void place_at_end(Diagnostic &diagnostic) const;
  Error failure();

  // In the order in which they are to be made; destroyed the other way round.
  InvocationCache invocations_;
  std::shared_ptr<const Prepared> prepared_;
  llvm::LLVMContext context_;
  std::unique_ptr<llvm::MemoryBuffer> prelude_;
  InputDiagnostics diagnostics_;
  std::unique_ptr<clang::CompilerInstance> compiler_;
  std::unique_ptr<SessionAction> action_;
  std::unique_ptr<clang::Parser> parser_;
  std::unique_ptr<ShownTypes> shown_types_;
  std::unique_ptr<Shadows> shadows_;
  InputMacros *macros_ = nullptr; ///< owned by the preprocessor
  std::unique_ptr<InputEnd> input_end_;
  std::unique_ptr<Lowering> lowering_;
  unsigned count_ = 0;
  const Input *input_ = nullptr; ///< the one that is being compiled
  std::string shown_type_; ///< of the value of the input that is being compiled
  Show show_ = Show::kNo;
  std::optional<unsigned> templates_;        ///< which version of what shows classes was parsed last,
  std::optional<unsigned> templates_before_; ///< and before the input that is being compiled
  unsigned own_shows_ = 0;                   ///< overloads of `graft_show` that earlier inputs declared
};

Incremental::State::~State() {
  parser_.reset();
  if (action_) action_->EndSourceFile();
}

Result<void> Incremental::State::start(const IncrementalOptions &options) {
  initialise_target();
  GRAFT_TRY_ASSIGN(prepared_, invocations_.prepare(options.options, options.language));
  auto own = std::make_shared<clang::CompilerInvocation>(prepared_->invocation());
  own->getLangOpts().IncrementalExtensions = true;
  own->getCodeGenOpts().ClearASTBeforeBackend = false;
  own->getFrontendOpts().Inputs.assign(1, clang::FrontendInputFile(kMainName, own->getFrontendOpts().Inputs.front().getKind()));
  for (const char *off : {"no-unused-value", "no-unused-volatile-lvalue", "no-pragma-pack"}) // a pack ends with the session
    own->getDiagnosticOpts().Warnings.emplace_back(off);
  prelude_ = llvm::MemoryBuffer::getMemBufferCopy(show_prelude(options.language), kMainName);
  own->getPreprocessorOpts().addRemappedFile(kMainName, prelude_.get());
  own->getPreprocessorOpts().RetainRemappedFileBuffers = true;

  compiler_ = std::make_unique<clang::CompilerInstance>(std::move(own));
  compiler_->setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
  compiler_->setVirtualFileSystem(compile_file_system());
  compiler_->createDiagnostics(&diagnostics_, /*ShouldOwnClient=*/false);
  compiler_->createFileManager();
  clang::noteBottomOfStack(/*ForceSet=*/true);
  action_ = std::make_unique<SessionAction>(context_);
  if (!compiler_->createTarget()) return failure();
  use_trimmed_features(*compiler_);
  if (!action_->BeginSourceFile(*compiler_, compiler_->getFrontendOpts().Inputs.front())) return failure();
  llvm::consumeError(action_->Execute()); // what it could say is among the diagnostics
  parser_ = std::make_unique<clang::Parser>(compiler_->getPreprocessor(), sema(), /*SkipFunctionBodies=*/false);
  parser_->Initialize();
  InputEnd::Watcher locals = sema().getLangOpts().CPlusPlus ? InputEnd::Watcher() : ends_of_locals(*parser_, sema());
  input_end_ = std::make_unique<InputEnd>(compiler_->getPreprocessor(), std::move(locals));
  shown_types_ = std::make_unique<ShownTypes>(sema());
  shadows_ = std::make_unique<Shadows>(sema());
  lowering_ = std::make_unique<Lowering>(*compiler_, *prepared_->back_end, context_, action_->recorder());
  auto macros = std::make_unique<InputMacros>(compiler_->getPreprocessor());
  macros_ = macros.get();
  compiler_->getPreprocessor().addPPCallbacks(std::move(macros));
  if (!parse_declarations()) return failure();
  return {};
}

void Incremental::State::enter(const std::string &text, const std::string &name) {
  clang::SourceManager &sources = compiler_->getSourceManager();
  const clang::SourceLocation before = sources.getLocForStartOfFile(sources.getMainFileID());
  const clang::FileID file =
      sources.createFileID(llvm::MemoryBuffer::getMemBufferCopy(text, name), clang::SrcMgr::C_User, /*LoadedID=*/0,
                           /*LoadedOffset=*/0, before);
  compiler_->getPreprocessor().EnterSourceFile(file, /*Dir=*/nullptr, before);
}

/// A translation unit of its own for each input, so that one can be told from the others.
void Incremental::State::begin_unit() {
  shadows_->begin_unit();
  parser_->ConsumeAnyToken(); // the end of the input before
  parser_->ExitScope();
  sema().CurContext = nullptr;
  parser_->EnterScope(clang::Scope::DeclScope);
  sema().ActOnTranslationUnitScope(parser_->getCurScope());
}

bool Incremental::State::parse(const std::string &text, const std::string &name, Show show) {
  show_ = show;
  macros_->begin_input();
  input_end_->begin_input();
  action_->recorder().begin_input();
  enter(text, name);
  begin_unit();
  return parse_declarations();
}

bool Incremental::State::parse_declarations() {
  clang::Sema::GlobalEagerInstantiationScope global(sema(), /*Enabled=*/true, /*AtEndOfTU=*/true);
  clang::Sema::LocalEagerInstantiationScope local(sema(), /*AtEndOfTU=*/true);
  Recorder &recorder = action_->recorder();
  clang::DiagnosticsEngine &engine = compiler_->getDiagnostics();
  parse_each([&](clang::DeclGroupRef group) {
    if (group.isSingleDecl())
      if (auto *statement = llvm::dyn_cast<clang::TopLevelStmtDecl>(group.getSingleDecl()))
        give_home(sema(), *statement, "graft_input_" + std::to_string(count_));
    recorder.HandleTopLevelDecl(group);
    return show_ == Show::kNo || engine.hasErrorOccurred() || show_last(group);
  });
  // What was begun to be instantiated is, whatever is wrong: Clang will not ask for it again.
  for (clang::Decl *one : sema().WeakTopLevelDecls()) recorder.HandleTopLevelDecl(clang::DeclGroupRef(one));
  local.perform();
  global.perform();
  return !engine.hasErrorOccurred();
}

/// To the end of what was entered, or until `visit` says that it is enough.
void Incremental::State::parse_each(const std::function<bool(clang::DeclGroupRef)> &visit) {
  clang::Sema::ModuleImportState imports = clang::Sema::ModuleImportState::NotACXX20Module;
  for (;;) {
    if (refuse_module(*parser_, sema())) continue;
    lead_in(*parser_, compiler_->getPreprocessor());
    clang::Parser::DeclGroupPtrTy group;
    // A call of a consteval function is run where its context ends.
    sema().PushExpressionEvaluationContext(clang::Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
    const clang::SourceLocation place = parser_->getCurToken().getLocation();
    StatementScope scope(*parser_, sema());
    const bool is_end = parser_->ParseTopLevelDecl(group, imports);
    clang::Decl *first = group && !group.get().isNull() ? *group.get().begin() : nullptr;
    if (auto *statement = llvm::dyn_cast_or_null<clang::TopLevelStmtDecl>(first))
      refuse_returns(sema(), *statement, {place, parser_->getCurToken().getLocation()});
    scope.finish(first);
    sema().PopExpressionEvaluationContext();
    if (is_end || (group && !visit(group.get()))) return;
  }
}

/// An expression without a semicolon. False: what shows it does not compile.
bool Incremental::State::show_last(clang::DeclGroupRef group) {
  auto *statement = group.isSingleDecl() ? llvm::dyn_cast<clang::TopLevelStmtDecl>(group.getSingleDecl()) : nullptr;
  if (statement == nullptr || !statement->isSemiMissing()) return true;
  const auto *value = llvm::dyn_cast_or_null<clang::Expr>(statement->getStmt());
  if (value == nullptr || value->getType()->isVoidType()) return true;
  show_ = Show::kNo;
  shown_type_ = written_type(sema().Context, value->getType());
  const unsigned version = sema().getLangOpts().CPlusPlus ? own_shows_ + new_own_shows() : 0;
  if (templates_ && templates_ != version) {
    shown_types_->begin_version();
    templates_.reset();
  }
  const std::string text = shown_types_->text_for(value->getType());
  if (sema().getLangOpts().CPlusPlus && !templates_ && (!text.empty() || wants_templates(sema(), value->getType()))) {
    parse_unseen(in_version(show_templates(), version));
    templates_ = version;
  }
  if (!text.empty()) parse_unseen(in_version(text, version));
  if (!show_value_of(sema(), *shown_types_, *statement, version)) shown_type_.clear();
  compiler_->getLangOpts().AccessControl = false;
  sema().PerformPendingInstantiations();
  compiler_->getLangOpts().AccessControl = true;
  return !compiler_->getDiagnostics().hasErrorOccurred();
}

/// Overloads of `graft_show` in the input that is being compiled.
unsigned Incremental::State::new_own_shows() {
  unsigned count = 0;
  for (const clang::DeclGroupRef group : action_->recorder().declared())
    if (!group.isNull()) count += count_own_shows(group);
  return count;
}

/// What shows values, beside the input. Fields are shown whoever may name them, and nobody asks for warnings of it.
void Incremental::State::parse_unseen(const std::string &text) {
  clang::DiagnosticsEngine &engine = compiler_->getDiagnostics();
  const bool was_ignored = engine.getIgnoreAllWarnings();
  engine.setIgnoreAllWarnings(true);
  compiler_->getLangOpts().AccessControl = false;
  enter_unexpanded(compiler_->getPreprocessor(), text, "shown");
  parser_->ConsumeAnyToken(); // the end of what was before
  parse_each([&](clang::DeclGroupRef group) {
    action_->recorder().HandleTopLevelDecl(group);
    return true;
  });
  compiler_->getLangOpts().AccessControl = true;
  engine.setIgnoreAllWarnings(was_ignored);
}

void Incremental::State::undo_parse(Generated generated) {
  clean_up_newest(sema(), generated);
  macros_->take_back();
  action_->recorder().forget(*sema().Context.getTranslationUnitDecl());
  shown_types_->forget_new();
  templates_ = templates_before_;
  shown_type_.clear();
  compiler_->getDiagnostics().Reset(/*soft=*/true);
  diagnostics_.clear();
}

/// What was said of the input, once: what shows a value looks at the expression again. That it is read as if the session's beginning included it is nobody's business.
std::vector<Diagnostic> Incremental::State::said() {
  std::vector<Diagnostic> result;
  for (Diagnostic &one : diagnostics_.take()) {
    const auto is_same = [&](const Diagnostic &other) { return other.where == one.where && other.message == one.message; };
    if (one.where.line == 0 || std::ranges::none_of(result, is_same)) result.push_back(std::move(one));
  }
  for (Diagnostic &one : result) {
    std::erase_if(one.notes, [](const Diagnostic &note) { return note.where.file == kMainName; });
    if (one.where.file == kMainName && input_ != nullptr) place_at_end(one);
  }
  return result;
}

/// What ends too early ends, to Clang, where the session's beginning does.
void Incremental::State::place_at_end(Diagnostic &diagnostic) const {
  const llvm::StringRef text = llvm::StringRef(input_->text).rtrim();
  const llvm::StringRef last = text.substr(text.rfind('\n') + 1); // all of it when there is no other
  const auto column = static_cast<unsigned>(last.size()) + 1;
  diagnostic.where = {input_->name, input_->line + static_cast<unsigned>(text.count('\n')), column};
  diagnostic.snippet = last;
  diagnostic.caret_begin = column;
  diagnostic.caret_end = column + 1;
  diagnostic.fixits.clear();
}

Error Incremental::State::failure() {
  Error result = error(Code::kInvalid, "the input does not compile");
  result.diagnostics = said();
  for (const Diagnostic &one : result.diagnostics)
    if (one.severity >= Severity::kError) {
      result.message = one.message;
      result.where = one.where;
      break;
    }
  return result;
}

/// Hides what the failed input wants to define anew. False when there is nothing of the kind.
bool Incremental::State::hide_clashes(Increment &increment) {
  const std::vector<clang::NamedDecl *> old = shadows_->find(diagnostics_.take_clashes());
  for (clang::NamedDecl *one : old) {
    if (const auto *tag = llvm::dyn_cast<clang::TagDecl>(one))
      increment.outdated.push_back(shown_types_->reserve_number(*tag));
    increment.replaced.push_back(one->getNameAsString());
    shadows_->hide(*one);
  }
  return !old.empty();
}

Result<Increment> Incremental::State::compile(const Input &input) {
  std::string text = without_pragma_once(input.text) + "\n";
  if (input.line != 1 || !input.name.empty()) text = "#line " + std::to_string(input.line) + " \"" + input.name + "\"\n" + text;
  const std::string name = "input_" + std::to_string(++count_);
  Increment increment;
  input_ = &input;
  const llvm::scope_exit no_more([this] { input_ = nullptr; });
  for (int attempt = 0; !parse(text, name, Show::kYes); ++attempt) {
    Error wrong = failure();
    undo_parse();
    if (attempt == kMostReplaced || !hide_clashes(increment)) {
      shadows_->unhide_all();
      return wrong;
    }
  }
  const auto is_taken = [&](const std::string &symbol) { return lowering_->defines(symbol); };
  for (const clang::DeclGroupRef group : action_->recorder().declared())
    for (clang::Decl *one : group) shadows_->rename(*one, "r" + std::to_string(count_), is_taken);
  increment.type = std::exchange(shown_type_, {});
  lowering_->lower(increment);
  if (compiler_->getDiagnostics().hasErrorOccurred()) {
    Error wrong = failure();
    undo_parse(Generated::kYes);
    shadows_->unhide_all();
    return wrong;
  }
  shadows_->accept();
  shown_types_->accept();
  templates_before_ = templates_;
  own_shows_ += new_own_shows();
  diagnostics_.take_clashes(); // warnings have such notes, too
  increment.warnings = said();
  return increment;
}

/// The type of an expression is asked in a unit that is thrown away.
Result<std::string> Incremental::State::type_of(const std::string &expression) {
  const bool is_cxx = sema().getLangOpts().CPlusPlus;
  const std::string text = is_cxx ? "using graft_asked = decltype((" + expression + "\n));\n"
                                  : "typedef __typeof__((" + expression + "\n)) graft_asked;\n";
  const Input asked{.text = text, .name = "input"};
  input_ = &asked;
  const llvm::scope_exit no_more([this] { input_ = nullptr; });
  if (!parse(text, asked.name, Show::kNo)) {
    Error wrong = failure();
    return undo_parse(), wrong;
  }
  std::string type;
  for (const clang::DeclGroupRef group : action_->recorder().declared())
    for (const clang::Decl *one : group) {
      const auto *alias = llvm::dyn_cast<clang::TypedefNameDecl>(one);
      if (alias == nullptr || alias->getName() != "graft_asked") continue;
      clang::QualType asked = alias->getUnderlyingType();
      if (const auto *of = asked->getAs<clang::DecltypeType>()) asked = of->getUnderlyingType();
      if (const auto *of = asked->getAs<clang::TypeOfExprType>()) asked = of->desugar();
      type = written_type(sema().Context, asked);
    }
  undo_parse();
  return type;
}

void Incremental::State::take_back(Increment increment) {
  lowering_->take_back(increment);
  undo_parse(Generated::kYes);
}

Incremental::Incremental(std::unique_ptr<State> state) : state_(std::move(state)) {}
Incremental::~Incremental() = default;

Result<std::unique_ptr<Incremental>> Incremental::create(const IncrementalOptions &options) {
  auto state = std::make_unique<State>();
  GRAFT_TRY(state->start(options));
  return std::unique_ptr<Incremental>(new Incremental(std::move(state)));
}

Result<Increment> Incremental::compile(const Input &input) { return state_->compile(input); }
void Incremental::take_back(Increment increment) { state_->take_back(std::move(increment)); }
Result<std::string> Incremental::type_of(const std::string &expression) { return state_->type_of(expression); }
std::vector<std::string> Incremental::describe(const std::string &name) { return driver::describe(state_->sema(), name); }
std::vector<std::string> Incremental::complete(const std::string &text) { return driver::complete(state_->sema(), text); }
bool Incremental::has_lost_headers() { return state_->has_lost_headers(); }
void Incremental::keep(std::optional<Text> as) { state_->lowering().keep(as); }
const std::string &Incremental::kept() const { return state_->lowering().kept(); }

} // namespace graft::driver
