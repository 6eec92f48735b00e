// The flow of a job: read and prepare every source, compile them side by side, put them together.
#include "begun_compiles.hpp"
#include "bundle.hpp"
#include "cache/artifact_cache.hpp"
#include "cache/request_key.hpp"
#include "cache/shelves.hpp"
#include "cancelled.hpp"
#include "content_key.hpp"
#include "elsewhere.hpp"
#include "environment.hpp"
#include "invocation.hpp"
#include "memory_gate.hpp"
#include "preamble_store.hpp"
#include "stopwatch.hpp"
#include "task_pool.hpp"
#include "virtual_headers.hpp"
#include "work.hpp"

#include <graft/driver/compiler.hpp>

#include <algorithm>
#include <optional>

namespace graft::driver {

struct Compiler::State {
  State(const Config &config, std::unique_ptr<ArtifactCache> cache)
      : trace(config.trace), cache(std::move(cache)), shelves(this->cache.get()), invocations(shelves.arguments()),
        begun(config.begun), preambles(config.preamble_bytes, shelves.heads(),
                                       [this, tell = config.learned](const auto &made, std::optional<Asker> asker) {
                                         if (tell && made->code && made->code->shared) tell(made->code->shared);
                                         if (asker) begin_anew(*std::move(asker), made);
                                       }),
        units(config.unit_bytes), gate(config.compile_bytes), pool(config.threads) {}

  /// Reads every source, and works out its flags.
  Result<std::vector<Work>> read(const Job &job);
  /// Compiles those that have no unit yet.
  Result<void> compile_missing(const Job &job, Product product, std::vector<Work> &works, const TellCompiled &tell,
                               const Elsewhere *elsewhere);
  Result<std::vector<Unit>> compile_all(const Job &job, Product product, std::vector<Work> &works,
                                        const TellCompiled &tell = {}, const Elsewhere *elsewhere = nullptr, int attempt = 1);
  /// The job's name in the cache; nothing when it is not to be looked for there.
  std::optional<ContentKey> request_of(const Job &job, const std::vector<Work> &works);
  /// Finds the files that were compiled before, and after the compile keeps those that were not. A bundle of one file is
  /// a matter for the cache of bundles.
  std::vector<UnitKey> recall(const Job &job, std::vector<Work> &works);
  void keep(const std::vector<UnitKey> &keys, std::vector<Work> &works, WallTime began);
  /// Has the preambles made that the next compile of these sources will want.
  void learn(const Job &job, std::vector<Work> &works);
  /// Begins the next compile of a source that was compiled with another head.
  void begin_anew(Asker source, const std::shared_ptr<const Preamble> &preamble) {
    begun.begin({source.prepared, source.text->name, std::move(source.headers), preamble, {}, source.text});
  }

  /// How much memory compiling it is likely to take; and what it took.
  std::size_t expected_bytes(const Job &job, const Work &work) const {
    return gate.expected(name_at_gate(job, work), guessed_bytes(work));
  }
  void note_bytes(const Job &job, const Work &work) {
    if (work.unit && work.unit->memory_bytes != 0) gate.note(name_at_gate(job, work), work.unit->memory_bytes);
  }
  static std::string name_at_gate(const Job &job, const Work &work) { return job.bundle + '/' + work.text.name; }

  /// Compiles one file: with its preamble if there is one, and again with less of it if that went wrong.
  void run(Work &work, const Job &job, Product product);
  void repeat_without_learned(Work &work, const Job &job, Product product);
  /// Once all files are compiled: notes in each unit the shared code that it relies on.
  Result<void> settle_shared(std::vector<Work> &works, const Job &job, Product product, const Elsewhere *elsewhere);

  const Trace trace;
  std::unique_ptr<ArtifactCache> cache; ///< null: none. Before the preambles, whose thread uses it
  Shelves shelves;
  InvocationCache invocations;
  BegunCompiles begun; // before the preambles, whose thread uses it
  PreambleStore preambles;
  UnitMemory units;
  MemoryGate gate;
  TaskPool pool;
};

namespace {

/// What, besides the texts, decides what comes out.
ContentKey key_of_arguments(const std::vector<Work> &works, const Options &options) {
  KeyBuilder key;
  key.add(clang_version());
  key.add(options.kept == Kept::kOutside ? "kept outside" : "kept inside");
  key.add(options.role == Role::kOnly ? "only image" : options.role == Role::kFirst ? "first image" : "second image");
  for (const Work &work : works) key.add(work.prepared->arguments_key);
  return key.finish();
}

} // namespace

void Compiler::State::run(Work &work, const Job &job, Product product) {
  // Bitcode that is kept is the bundle's whole code; a learned preamble would leave some of it to others.
  const bool may_use = job.options.preambles == Preambles::kUse && job.options.bitcode == Bitcode::kOmit &&
                       job.options.need != Need::kPlaces && work.text.language != Language::kBitcode &&
                       (product == Product::kObject || product == Product::kFacts);
  std::uint64_t looking_ns = 0;
  if (may_use) {
    const Stopwatch watch(looking_ns);
    work.preamble = preambles.find(work.prepared, work.text, job.headers, job.options.learn);
    work.begun = begun.take(*work.prepared, work.text.name, job.headers, work.preamble.get());
  }
  compile_once(work, job, product);
  // Who made a mistake saves again soon, and most likely what the compile before this one read.
  if (work.begun && work.unit && work.unit->failed && job.options.learn == Learn::kYes) begun.begin(work.begun->next());
  begun.end(std::move(work.begun));
  if (work.unit) work.unit->times += {.front_end_ns = looking_ns, .preamble_ns = looking_ns};
  if (!work.preamble || job.is_cancelled()) return;
  if (work.preamble->has_learned && went_wrong(work)) repeat_without_learned(work, job, product);
  if (lacks_a_place(work)) {
    work.preamble = nullptr;
    compile_once(work, job, product);
  }
}

void Compiler::State::repeat_without_learned(Work &work, const Job &job, Product product) {
  const bool suits = work.unit && !work.unit->departs;
  work.preamble = preambles.find_head(work.prepared, work.text, job.headers);
  compile_once(work, job, product);
  // What fails either way is the source's own fault.
  if (!suits || !went_wrong(work)) preambles.fell_back(work.text);
}

/// Whether one of the bundle's files defines what the shared code of another takes from outside, or what it offers: then it
/// is not what this bundle means.
static bool is_overruled(const HeaderCode &code, const std::vector<Work> &works) {
  return std::ranges::any_of(works, [&](const Work &work) {
    return std::ranges::any_of(work.unit->defined_strongly, [&](const std::string &symbol) {
      return code.imports_symbol(symbol) || code.shares(symbol);
    });
  });
}

Result<void> Compiler::State::settle_shared(std::vector<Work> &works, const Job &job, Product product,
                                            const Elsewhere *elsewhere) {
  std::vector<Work *> overruled;
  for (Work &work : works)
    if (work.unit->learned && is_overruled(*work.unit->learned, works)) overruled.push_back(&work);
  for (Work *work : overruled) {
    preambles.fell_back(work->text); // so that it gets nothing that was learned
    work->preamble = nullptr;
    work->unit.reset();
    work->known.reset();
  }
  if (!overruled.empty()) GRAFT_TRY(compile_missing(job, product, works, {}, elsewhere));
  for (Work &work : works) {
    if (!work.unit || !work.unit->learned) continue;
    const HeaderCode &code = *work.unit->learned;
    const std::vector<Import> &undefined = work.unit->undefined;
    if (std::ranges::none_of(undefined, [&](const Import &import) { return code.offers(import.symbol); })) continue;
    work.unit->shared = code.shared;
    if (std::ranges::any_of(undefined, [&](const Import &import) { return code.offers_own(import.symbol); }))
      work.unit->headers = code.own;
  }
  return {};
}

Result<std::vector<Work>> Compiler::State::read(const Job &job) {
  if (job.sources.empty()) return error(Code::kInvalid, "bundle '" + job.bundle + "' has no sources");
  std::vector<Work> works;
  Options options = job.options;
  if (!job.headers.empty()) options.include_dirs.insert(options.include_dirs.begin(), kJobIncludeDir);
  for (const Source &source : job.sources) {
    GRAFT_TRY_ASSIGN(SourceText text, read_source(source, options.working_directory));
    GRAFT_TRY_ASSIGN(std::shared_ptr<const Prepared> prepared, invocations.prepare(options, text.language));
    works.push_back({std::move(text), std::move(prepared), nullptr, nullptr, std::nullopt});
  }
  return works;
}

static std::vector<RequestedFile> files_of(const std::vector<Work> &works) {
  std::vector<RequestedFile> files;
  for (const Work &work : works) files.push_back({work.text, *work.prepared});
  return files;
}

std::optional<ContentKey> Compiler::State::request_of(const Job &job, const std::vector<Work> &works) {
  return cache && job.options.need != Need::kPlaces ? request_key(shelves.identity(), job, files_of(works)) : std::nullopt;
}

std::vector<UnitKey> Compiler::State::recall(const Job &job, std::vector<Work> &works) {
  if (works.size() == 1 || job.options.need != Need::kObjects) return {};
  std::vector<UnitKey> keys = unit_keys(shelves.identity(), job, files_of(works));
  SecondLook look;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Work &work = works[i];
    auto known = units.find(keys[i], look);
    if (known) work.known = Origin::kMemory;
    if (!known && cache && (known = cache->find_unit(keys[i].request, look))) {
      work.known = Origin::kDisk;
      units.keep(keys[i], *known);
    }
    if (known) work.unit = copy_of(*known);
  }
  return keys;
}

void Compiler::State::keep(const std::vector<UnitKey> &keys, std::vector<Work> &works, WallTime began) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Work &work = works[i];
    if (work.known || work.is_kept || !work.unit || went_wrong(work) || !work.unit->trace.unrepeatable.empty()) continue;
    work.is_kept = true;
    auto unit = std::make_shared<Unit>(*work.unit);
    unit->headers = nullptr; // these belong to this bundle, or to this moment, or are in the record
    unit->shared = nullptr;
    unit->needed.clear();
    unit->read.clear();
    unit->times = {};
    unit->trace = {};
    const KnownUnit known{std::move(unit), make_record(work.unit->trace, keys[i].request, began)};
    units.keep(keys[i], known);
    if (cache) cache->store_unit(keys[i].request, known);
  }
}

void Compiler::State::learn(const Job &job, std::vector<Work> &works) {
  if (job.options.learn != Learn::kYes) return;
  for (Work &work : works) {
    if (work.text.language == Language::kBitcode || work.known) continue;
    const auto standing = preambles.learn(work.prepared, work.text, job.headers,
                                          work.unit ? std::move(work.unit->needed) : std::vector<Recipe>{});
    if (!work.unit) continue; // an artifact from the cache: nobody edits it yet
    if (standing && standing != work.preamble)
      begin_anew(asker_of(work.prepared, work.text, job.headers), standing);
    else if (work.preamble)
      begun.begin({work.prepared, work.text.name, job.headers, work.preamble, std::move(work.unit->read)});
  }
}

Result<void> Compiler::State::compile_missing(const Job &job, Product product, std::vector<Work> &works,
                                              const TellCompiled &tell, const Elsewhere *elsewhere) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < works.size(); ++i)
    if (!works[i].unit) missing.push_back(i);
  if (missing.empty()) return {};
  if (elsewhere == nullptr) {
    Progress progress(tell, missing.size());
    const auto compile_one = [&](std::size_t i) {
      Work &work = works[missing[i]];
      const MemoryGate::Pass pass(gate, expected_bytes(job, work));
      run(work, job, product);
      note_bytes(job, work);
      progress.tell(work);
    };
    if (job.options.role == Role::kSecond) {
      for (std::size_t i = 0; i < missing.size(); ++i)
        compile_one(i); // nobody waits for it: the other processors are others'
    } else {
      pool.for_each(missing.size(), compile_one);
    }
    return {};
  }
  Job part{job.bundle, {}, job.headers, job.options, job.cancelled};
  std::size_t bytes = 0;
  for (const std::size_t i : missing) {
    part.sources.push_back(job.sources[i]);
    bytes += expected_bytes(job, works[i]);
  }
  const MemoryGate::Pass pass(gate, bytes); // within it, the job's process has the same bound
  GRAFT_TRY_ASSIGN(std::vector<Unit> units, elsewhere->compile_files(part, tell));
  if (units.size() != missing.size()) return error(Code::kInternal, "a compile worker gave back another number of files");
  for (std::size_t i = 0; i < missing.size(); ++i) {
    works[missing[i]].unit = std::move(units[i]);
    note_bytes(job, works[missing[i]]);
  }
  return {};
}

Result<std::vector<Unit>> Compiler::State::compile_all(const Job &job, Product product, std::vector<Work> &works,
                                                       const TellCompiled &tell, const Elsewhere *elsewhere, int attempt) {
  std::vector<const Prepared *> flag_sets;
  std::vector<Unit> units;
  const WallTime began = std::chrono::system_clock::now();
  const std::vector<UnitKey> keys = product == Product::kObject ? recall(job, works) : std::vector<UnitKey>();
  GRAFT_TRY(compile_missing(job, product, works, tell, elsewhere));
  if (job.is_cancelled()) return cancelled(job);
  keep(keys, works, began); // also when one of them failed: the others need not be compiled again

  for (Work &work : works)
    if (work.failure) return *std::move(work.failure);
  if (std::ranges::any_of(works, [](const Work &work) { return work.unit->failed; })) return does_not_compile(works);
  GRAFT_TRY(settle_shared(works, job, product, elsewhere));
  keep(keys, works, began); // what was compiled once more
  for (Work &work : works)
    if (work.failure) return *std::move(work.failure);
  if (product == Product::kObject && elsewhere == nullptr) learn(job, works);
  for (Work &work : works) {
    const bool told = std::ranges::find(flag_sets, work.prepared.get()) != flag_sets.end();
    flag_sets.push_back(work.prepared.get());
    std::vector<Diagnostic> &warnings = work.unit->diagnostics;
    if (!told) warnings.insert(warnings.begin(), work.prepared->warnings.begin(), work.prepared->warnings.end());
    units.push_back(*std::move(work.unit));
  }
  if (auto alike = see_alike(job, units); !alike) {
    if (attempt == kMostAttempts) return std::move(alike).error();
    GRAFT_TRY_ASSIGN(works, read(job));
    return compile_all(job, product, works, tell, elsewhere, attempt + 1);
  }
  return units;
}

Compiler::Compiler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Compiler::~Compiler() = default;

Result<std::unique_ptr<Compiler>> Compiler::create(Config config) {
  std::unique_ptr<ArtifactCache> cache;
  if (config.cache) {
    GRAFT_TRY_ASSIGN(cache, ArtifactCache::create(*config.cache, config.tell));
  }
  return std::unique_ptr<Compiler>(new Compiler(std::make_unique<State>(config, std::move(cache))));
}

static Product product_of(const Job &job) { return job.options.need == Need::kFacts ? Product::kFacts : Product::kObject; }

Result<Artifact> Compiler::compile(const Job &job, const TellCompiled &tell, const Elsewhere *elsewhere) const {
  const Product product = product_of(job);
  GRAFT_TRY_ASSIGN(std::vector<Work> works, state_->read(job));
  std::uint64_t cache_ns = 0;
  const std::optional<ContentKey> request = state_->request_of(job, works);
  if (request) {
    std::optional<Artifact> found;
    {
      const Stopwatch watch(cache_ns);
      found = state_->cache->find(*request);
    }
    if (found) {
      found->times.cache_ns = cache_ns;
      if (product == Product::kObject && elsewhere == nullptr) state_->learn(job, works);
      return *std::move(found);
    }
  }
  const WallTime began = std::chrono::system_clock::now();
  GRAFT_TRY_ASSIGN(std::vector<Unit> units, state_->compile_all(job, product, works, tell, elsewhere));
  GRAFT_TRY_ASSIGN(Artifact artifact, make_artifact(job, std::move(units), key_of_arguments(works, job.options)));
  artifact.compiled = static_cast<std::uint32_t>(std::ranges::count_if(works, [](const Work &work) { return !work.known; }));
  artifact.origin = std::ranges::min_element(works, {}, &Work::known)->known.value_or(Origin::kCompiled);
  const InputTrace trace = std::exchange(artifact.trace, {});
  if (job.options.role == Role::kSecond && !trace.unrepeatable.empty())
    return error(Code::kInvalid, "no second image of it: it would differ from the first because of " + trace.unrepeatable);
  artifact.times.cache_ns = cache_ns;
  if (request) state_->cache->store(*request, artifact, trace, began);
  if (state_->trace == Trace::kKeep) artifact.trace = trace;
  return artifact;
}

Result<std::vector<Unit>> Compiler::compile_files(const Job &job, const TellCompiled &tell) const {
  GRAFT_TRY_ASSIGN(std::vector<Work> works, state_->read(job));
  GRAFT_TRY(state_->compile_missing(job, product_of(job), works, tell, /*elsewhere=*/nullptr));
  std::vector<Unit> units;
  for (Work &work : works) {
    if (work.failure) return *std::move(work.failure);
    units.push_back(*std::move(work.unit));
  }
  return units;
}

void Compiler::side_by_side(std::size_t count, const std::function<void(std::size_t)> &task) const {
  state_->pool.for_each_job(count, task);
}

std::optional<std::vector<char>> Compiler::find_image(const ContentKey &objects) const {
  if (!state_->cache) return std::nullopt;
  return state_->cache->find_image(state_->shelves.image_key(objects));
}

void Compiler::store_image(const ContentKey &objects, std::vector<char> bytes) const {
  if (state_->cache) state_->cache->store_image(state_->shelves.image_key(objects), std::move(bytes));
}

void Compiler::await_cache() const {
  if (state_->cache) state_->cache->wait();
}

Result<std::string> Compiler::emit(const Job &job, Text text) const {
  const Product product = text == Text::kIr ? Product::kIr : Product::kAssembly;
  const char *comment = text == Text::kIr ? "; " : "# ";
  GRAFT_TRY_ASSIGN(std::vector<Work> works, state_->read(job));
  GRAFT_TRY_ASSIGN(const std::vector<Unit> units, state_->compile_all(job, product, works));
  std::string result;
  for (const Unit &unit : units)
    result.append(comment).append(unit.source).append("\n").append(unit.output.begin(), unit.output.end());
  return result;
}

PreambleStats Compiler::preambles() const {
  PreambleStats stats = state_->preambles.stats();
  stats.begun = state_->begun.used();
  return stats;
}

void Compiler::wait_for_preambles() const {
  state_->preambles.wait_until_idle();
  state_->begun.wait_until_idle();
}

} // namespace graft::driver
