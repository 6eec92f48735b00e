// The flow of a job: read and prepare every source, compile them side by side, put them together.
#include "bundle.hpp"
#include "content_key.hpp"
#include "environment.hpp"
#include "invocation.hpp"
#include "recovery.hpp"
#include "source_text.hpp"
#include "task_pool.hpp"
#include "unit.hpp"
#include "virtual_headers.hpp"

#include <graft/driver/compiler.hpp>

#include <llvm/ADT/Statistic.h>
#include <llvm/Support/TargetSelect.h>

#include <algorithm>
#include <mutex>
#include <optional>

namespace graft::driver {

struct Compiler::State {
  explicit State(Config config) : pool(config.threads) {}

  Result<std::vector<Unit>> compile_all(const Job &job, Product product, ContentKey &arguments_key);

  InvocationCache invocations;
  TaskPool pool;
};

namespace {

/// A file on its way: what it is compiled from, and what came of it.
struct Work {
  SourceText text;
  std::shared_ptr<const Prepared> prepared;
  std::optional<Unit> unit;
  std::optional<Error> failure;
};

void initialise_target() {
  // Registers into LLVM's own tables; twice is harmless, at once is not.
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    // LLVM's register of statistics and its mutex are made when first asked for, in code that ThreadSanitizer does not see;
    // made here, `call_once` orders that before every use.
    static_cast<void>(llvm::GetStatistics());
  });
}

void run(Work &work, const Job &job, Product product) {
  const UnitRequest request{*work.prepared,      work.text,        job.headers,      product,
                            job.options.bitcode, job.options.kept, job.options.role, job.cancelled};
  const auto compile_one = work.text.language == Language::kBitcode ? compile_bitcode : compile_source;
  Result<void> survived = run_guarded([&] { work.unit = compile_one(request); });
  if (survived) return;
  work.unit.reset();
  work.failure = std::move(survived).error();
  work.failure->where.file = work.text.name;
}

bool is_error(const Diagnostic &diagnostic) { return diagnostic.severity >= Severity::kError; }

Error does_not_compile(const std::vector<Work> &works) {
  std::vector<Diagnostic> diagnostics;
  for (const Work &work : works)
    if (work.unit) std::ranges::copy(work.unit->diagnostics, std::back_inserter(diagnostics));
  if (std::optional<Error> missing = missing_environment(diagnostics)) return *std::move(missing);
  const auto first = std::ranges::find_if(diagnostics, is_error);
  Error result = error(Code::kInvalid, first == diagnostics.end() ? "does not compile" : first->message);
  if (first != diagnostics.end()) result.where = first->where;
  result.diagnostics = std::move(diagnostics);
  return result;
}

/// What, besides the texts, decides what comes out.
ContentKey key_of_arguments(const std::vector<Work> &works, const Options &options) {
  KeyBuilder key;
  key.add(clang_version());
  key.add(options.kept == Kept::kOutside ? "kept outside" : "kept inside");
  key.add(options.role == Role::kOnly ? "only image" : options.role == Role::kFirst ? "first image" : "second image");
  for (const Work &work : works)
    for (const std::string &argument : work.prepared->arguments) key.add(argument);
  return key.finish();
}

} // namespace

Result<std::vector<Unit>> Compiler::State::compile_all(const Job &job, Product product, ContentKey &arguments_key) {
  if (job.sources.empty()) return error(Code::kInvalid, "bundle '" + job.bundle + "' has no sources");
  std::vector<Work> works;
  std::vector<const Prepared *> flag_sets;
  std::vector<Unit> units;
  Options options = job.options;
  if (!job.headers.empty()) options.include_dirs.insert(options.include_dirs.begin(), kJobIncludeDir);
  for (const Source &source : job.sources) {
    GRAFT_TRY_ASSIGN(SourceText text, read_source(source, options.working_directory));
    GRAFT_TRY_ASSIGN(std::shared_ptr<const Prepared> prepared, invocations.prepare(options, text.language));
    works.push_back({std::move(text), std::move(prepared), std::nullopt, std::nullopt});
  }
  arguments_key = key_of_arguments(works, options);
  if (job.options.role == Role::kSecond) {
    for (Work &work : works) run(work, job, product); // nobody waits for it: the other processors are others'
  } else {
    pool.for_each(works.size(), [&](std::size_t i) { run(works[i], job, product); });
  }
  if (job.cancelled != nullptr && job.cancelled->load(std::memory_order_acquire)) // pairs with who cancels
    return error(Code::kSuperseded, "the compile of bundle '" + job.bundle + "' was cancelled");

  for (Work &work : works)
    if (work.failure) return *std::move(work.failure);
  if (std::ranges::any_of(works, [](const Work &work) { return work.unit->failed; })) return does_not_compile(works);
  for (Work &work : works) {
    const bool told = std::ranges::find(flag_sets, work.prepared.get()) != flag_sets.end();
    flag_sets.push_back(work.prepared.get());
    std::vector<Diagnostic> &warnings = work.unit->diagnostics;
    if (!told) warnings.insert(warnings.begin(), work.prepared->warnings.begin(), work.prepared->warnings.end());
    units.push_back(*std::move(work.unit));
  }
  return units;
}

Compiler::Compiler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Compiler::~Compiler() = default;

Result<std::unique_ptr<Compiler>> Compiler::create(Config config) {
  initialise_target();
  return std::unique_ptr<Compiler>(new Compiler(std::make_unique<State>(config)));
}

Result<Artifact> Compiler::compile(const Job &job) const {
  const Product product = job.options.need == Need::kFacts ? Product::kFacts : Product::kObject;
  ContentKey arguments_key;
  GRAFT_TRY_ASSIGN(std::vector<Unit> units, state_->compile_all(job, product, arguments_key));
  return make_artifact(job, std::move(units), arguments_key);
}

Result<std::string> Compiler::emit(const Job &job, Text text) const {
  const Product product = text == Text::kIr ? Product::kIr : Product::kAssembly;
  const char *comment = text == Text::kIr ? "; " : "# ";
  ContentKey arguments_key;
  GRAFT_TRY_ASSIGN(const std::vector<Unit> units, state_->compile_all(job, product, arguments_key));
  std::string result;
  for (const Unit &unit : units)
    result.append(comment).append(unit.source).append("\n").append(unit.output.begin(), unit.output.end());
  return result;
}

} // namespace graft::driver
