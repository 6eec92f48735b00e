// See work.hpp.
#include "work.hpp"

#include "environment.hpp"
#include "recovery.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::driver {

void compile_once(Work &work, const Job &job, Product product) {
  work.failure.reset();
  work.is_kept = false;
  const Options &options = job.options;
  const UnitRequest request{*work.prepared, work.text,      job.headers,         product,      options.bitcode, options.kept,
                            options.learn,  options.stages, work.preamble.get(), options.role, job.cancelled,
                            options.need};
  Result<void> survived = run_guarded([&] {
    // A crash leaves what was begun in the middle of something: it goes with what the crashed compile held.
    std::unique_ptr<BegunCompile> begun = std::move(work.begun);
    work.unit = work.text.language == Language::kBitcode ? compile_bitcode(request) : compile_source(request, begun.get());
    work.begun = std::move(begun);
  });
  if (survived && work.preamble) work.unit->learned = work.preamble->code;
  if (survived) return;
  work.unit.reset();
  work.failure = std::move(survived).error();
  work.failure->where.file = work.text.name;
}

bool lacks_a_place(const Work &work) {
  return work.unit && std::ranges::any_of(work.unit->undefined, [&](const Import &import) {
           const std::string_view name = import.symbol;
           if (!import.where.file.empty() || import.weak || name.starts_with("__") || name.starts_with("graft"))
             return false;
           if (work.unit->learned && work.unit->learned->offers(import.symbol)) return false;
           return ::dlsym(RTLD_DEFAULT, import.symbol.c_str()) == nullptr;
         });
}

void Progress::tell(const Work &work) {
  if (!tell_) return;
  std::vector<Diagnostic> crash;
  if (work.failure) crash.push_back({Severity::kFatal, work.failure->where, work.failure->message, {}, {}, 0, 0, {}, {}});
  const MutexLock lock(mutex_); // held while the caller is told: one call at a time
  tell_({work.text.name, ++done_, total_, work.unit ? work.unit->diagnostics : crash});
}

std::size_t guessed_bytes(const Work &work) {
  const std::size_t text = 16 * work.text.buffer->getBufferSize();
  return text + (std::size_t{work.text.language == Language::kCxx ? 128u : 16u} << 20);
}

static bool is_error(const Diagnostic &diagnostic) { return diagnostic.severity >= Severity::kError; }

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

} // namespace graft::driver
