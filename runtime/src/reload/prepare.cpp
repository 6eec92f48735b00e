// Prepare: compile, verify, link. Runs in parallel with calls and with other prepares; nothing of the bundle runs yet.
#include "../bundle/verify.hpp"
#include "../call/caught.hpp"
#include "../contract/adopt.hpp"
#include "../permit/link_gate.hpp"
#include "../runtime_impl.hpp"
#include "stopwatch.hpp"
#include "type_plan.hpp"

#include <graft/base/seen_headers.hpp>

#include <algorithm>
#include <filesystem>

namespace graft {
namespace {

template <class Fact, class Same>
bool is_same_list(const std::vector<Fact> &live, const std::vector<Fact> &next, Same same) {
  return std::equal(live.begin(), live.end(), next.begin(), next.end(), same);
}

bool is_same_contract(const ContractFacts &live, const ContractFacts &next) {
  return live.name == next.name && live.major == next.major && live.minor == next.minor &&
         is_same_list(live.functions, next.functions, [](const ContractFunction &a, const ContractFunction &b) {
           return a.name == b.name && a.fingerprint == b.fingerprint;
         });
}

bool is_same_provider(const ProviderFacts &live, const ProviderFacts &next) {
  return live.contract == next.contract && live.major == next.major && live.minor == next.minor &&
         live.table_symbol == next.table_symbol && live.entries == next.entries && live.checked == next.checked;
}

/// How an instance is made is code, what it is made of need not be.
bool is_same_instances(const Facts &live, const Facts &next) {
  return is_same_list(live.instances, next.instances, [&](const InstanceFacts &a, const InstanceFacts &b) {
    return a.tag == b.tag && is_same_type(live, a.type, next, b.type);
  });
}

bool is_same_kept(const KeptFacts &live, const KeptFacts &next) {
  return live.symbol == next.symbol && live.fingerprint == next.fingerprint && live.align == next.align;
}

/// Those that other bundles see, too: neither the text's own nor what another header stands in for.
std::vector<HeaderFacts> headers_on_disk(const BundleText &text, std::vector<HeaderFacts> headers) {
  std::erase_if(headers, [&](const HeaderFacts &header) {
    const std::string place = std::filesystem::path(header.path).lexically_normal().string();
    return std::ranges::find(text.headers, place, &driver::Source::name) != text.headers.end();
  });
  return headers;
}

/// Whether an artifact would behave as the live generation does: the same bytes, or the same tokens compiled in another way,
/// and the same promises about them. A comment may have changed.
bool is_same_code(const Generation &live, const Artifact &next) {
  const bool has_same_tokens = live.token_key == next.token_key && next.token_key != ContentKey{};
  return (live.object_key == next.object_key || has_same_tokens) &&
         is_same_list(live.facts.contracts, next.facts.contracts, is_same_contract) &&
         is_same_list(live.facts.providers, next.facts.providers, is_same_provider) &&
         is_same_list(live.facts.kept, next.facts.kept, is_same_kept) && is_same_instances(live.facts, next.facts);
}

} // namespace

Result<Prepared> Runtime::Impl::prepare(BundleText text, std::uint64_t ticket, Force force, StepTimes &times) {
  GRAFT_TRY_ASSIGN(Prepared prepared, compile(std::move(text), ticket, force, times));
  Stopwatch watch;
  GRAFT_TRY(link(prepared));
  times.link_ns += watch.lap_ns();
  return prepared;
}

Result<Prepared> Runtime::Impl::compile(BundleText text, std::uint64_t ticket, Force force, StepTimes &times,
                                        std::vector<HeaderFacts> *headers) {
  Stopwatch watch;
  GRAFT_TRY(
      ask_policy(find_bundle(text.name) == nullptr ? PolicyRequest::Action::kLoad : PolicyRequest::Action::kReload, text));
  tier_ups.postpone(text.name);
  const bool learns =
      config.learning == Learning::kAtOnce || (config.learning == Learning::kOnReload && find_bundle(text.name) != nullptr);
  text.learn = learns ? driver::Learn::kYes : driver::Learn::kNo;
  text.stages = config.timings == Timings::kStages ? driver::Stages::kApart : driver::Stages::kTogether;
  const ImageMaker &maker = maker_of(text);
  const bool is_vouched = maker.traits().vouches;
  GRAFT_TRY(asked_by(text)); // before the time for a compile is spent
  GRAFT_TRY_ASSIGN(Artifact artifact, maker.read(text, [&](const CompiledFile &file) {
    tell({Phase::kCompiling, text.name, bundle_id(text.name), 0, {}, nullptr, &file});
  }));
  const std::uint64_t took_ns = watch.lap_ns();
  times.compile_ns += took_ns;
  life.compiled(text.name, artifact.origin, took_ns);
  GRAFT_TRY(verify_artifact(text.manifest, artifact, is_vouched ? Unchecked::kAllow : config.unchecked));
  for (const ProviderFacts &provider : artifact.facts.providers)
    if (!provider.checked && !is_vouched)
      log.write(LogLevel::kWarn, "bundle '" + text.name + "' provides " + provider.contract +
                                     " from code whose types nobody checked; a call of another shape is not noticed");
  adopt_views(artifact.facts, store.views);
  times.verify_ns += watch.lap_ns();
  times.cache_ns += artifact.times.cache_ns;
  times.stages += artifact.times;
  times.files += text.sources.size();
  times.compiled += artifact.compiled;
  inputs.record(text, artifact.facts, ticket);
  std::shared_ptr<const SecondText> second = code.second_of(text, artifact);
  const char *const tier = code.tier_of(text);
  if (headers != nullptr) *headers = headers_on_disk(text, artifact.facts.headers);
  artifact.facts.headers = {}; // nobody else asks, and generations keep their facts

  if (force == Force::kNo) {
    const MutexLock lock(bundles_mutex_);
    const auto found = bundles_.find(text.name);
    if (found != bundles_.end() && found->second.manifest == text.manifest) {
      if (found->second.live->source_key == artifact.source_key)
        return error(Code::kUnchanged, "bundle '" + text.name + "' already runs this text");
      if (is_same_code(*found->second.live, artifact))
        return error(Code::kUnchanged, "bundle '" + text.name + "' already runs what this text compiles to");
    }
  }

  Prepared prepared{std::move(text), std::move(artifact), nullptr, ticket};
  prepared.second = std::move(second);
  prepared.tier = tier;
  return prepared;
}

void Runtime::Impl::prepare_all(std::vector<Draft> &drafts, Force force, StepTimes &times) {
  std::vector<StepTimes> each(drafts.size());
  const bool is_alone = drafts.size() == 1; // then nobody saw a header otherwise
  std::string other;                        // a header that one of them saw otherwise
  for (int attempt = 0; attempt == 0 || (!other.empty() && attempt < kMostAttempts); ++attempt) {
    std::vector<std::vector<HeaderFacts>> headers(drafts.size());
    compiler->side_by_side(drafts.size(), [&](std::size_t i) {
      Draft &draft = drafts[i];
      if (draft.text)
        draft.prepared = compile(*draft.text, draft.ticket, force, each[i], is_alone ? nullptr : &headers[i]);
      else
        draft.prepared = draft.text.error();
    });
    SeenHeaders seen;
    other.clear();
    for (const std::vector<HeaderFacts> &own : headers)
      if (std::string one = seen.add(own); !one.empty()) other = std::move(one);
  }
  for (Draft &draft : drafts)
    if (!other.empty() && draft.text)
      draft.prepared = error(Code::kConflict, "'" + other + "' changed each time while bundles that include it were "
                                                                     "compiled; try again when it rests");
  for (const StepTimes &one : each) {
    times.compile_ns += one.compile_ns;
    times.cache_ns += one.cache_ns;
    times.stages += one.stages;
    times.files += one.files;
    times.compiled += one.compiled;
    times.verify_ns += one.verify_ns;
  }
  Stopwatch watch;
  for (Draft &draft : drafts) {
    if (!draft.prepared) continue;
    if (auto linked = link(*draft.prepared); !linked) draft.prepared = std::move(linked).error();
  }
  times.link_ns += watch.lap_ns();
}

/// Makes the bindings of a new generation, as its plan says.
static Result<std::vector<KeptBinding>> bindings_for(const Facts &facts, const KeptPlan &plan, const Generation *live) {
  std::vector<KeptBinding> bindings;
  for (std::size_t i = 0; i < facts.kept.size(); ++i) {
    const ObjectPlan &object = plan.objects[i];
    const bool stays = object.way == ObjectPlan::Way::kInPlace;
    GRAFT_TRY_ASSIGN(KeptBinding binding,
                     stays ? KeptBinding{live->kept[*object.old].object} : fresh_binding(facts, facts.kept[i]));
    bindings.push_back(std::move(binding));
  }
  return bindings;
}

Result<void> Runtime::Impl::link(Prepared &prepared) {
  const std::string &name = prepared.text.name;
  const Artifact &artifact = prepared.artifact;
  prepared.generation =
      std::make_unique<Generation>(next_generation_.fetch_add(1, std::memory_order_relaxed), name, services);
  Generation &generation = *prepared.generation;
  generation.family = prepared.text.manifest.name;
  generation.version = prepared.text.manifest.version;
  generation.priority = prepared.text.manifest.priority;
  GRAFT_TRY(equip(generation, prepared.text.manifest));
  generation.hooks = prepared.text.manifest.hooks;
  if (const auto limit = prepared.text.manifest.limits.find("call_ms"); limit != prepared.text.manifest.limits.end())
    generation.call_limit = std::chrono::milliseconds(limit->second);
  {
    const MutexLock lock(bundles_mutex_);
    const auto found = bundles_.find(name);
    const Generation *live = found != bundles_.end() ? found->second.live.get() : nullptr;
    prepared.base = live != nullptr ? live->number : 0;
    const Facts none;
    const Facts &old = live != nullptr ? live->facts : none;
    const auto is_saved = [&](const KeptFacts &variable) { return saved_of(prepared.saved, variable) != nullptr; };
    prepared.plan = plan_kept(old, artifact.facts, prepared.text.manifest, {}, is_saved);
    if (prepared.plan.kind == PlanKind::kRefused) return refusal(name, prepared.plan, old, artifact.facts);
    GRAFT_TRY_ASSIGN(generation.kept, bindings_for(artifact.facts, prepared.plan, live));
    restore_saved(prepared.saved, artifact.facts, generation.kept, prepared.plan);
  }

  generation.facts = artifact.facts;
  generation.tier = prepared.tier;
  GRAFT_TRY(permit(generation, prepared.text));
  jit::LinkOptions options = options_of_link(generation);
  options.second = prepared.second != nullptr ? jit::Second::kPossible : jit::Second::kNone;
  const ImageMaker &maker = maker_of(prepared.text);
  auto image = maker.link(artifact, options);
  if (!image && generation.gate != nullptr && generation.gate->lacks_places()) {
    if (auto imports = maker.find_places(prepared.text); imports && !(*imports).empty()) {
      prepared.artifact.imports = *std::move(imports);
      image = maker.link(artifact, options); // the same refusal, with the lines
    }
  }
  for (KeptBinding &binding : generation.kept) {
    binding.expected = binding.object;
    if (!binding.is_fresh) binding.object.reset();
  }
  if (!image) {
    Error error = std::move(image).error();
    error.message = "bundle '" + name + "': " + error.message;
    return error;
  }
  generation.image = *std::move(image);
  generation.source_key = artifact.source_key;
  generation.object_key = artifact.object_key;
  generation.token_key = artifact.token_key;
  generation.warnings = artifact.warnings;
  generation.origin = artifact.origin;
  return {};
}

Result<PermissionBits> Runtime::Impl::asked_by(const BundleText &text) const {
  const bool is_vouched = maker_of(text).traits().vouches;
  return permits->ask(text.manifest, text.name, is_vouched ? Permits::Vouched::kYes : Permits::Vouched::kNo);
}

Result<void> Runtime::Impl::permit(Generation &generation, const BundleText &text) const {
  GRAFT_TRY_ASSIGN(const PermissionBits asked, asked_by(text));
  permits->add(generation.number, generation.bundle, asked);
  const PermissionBits granted = permits->granted_to(generation.number);
  const bool has_all = (granted & kWholeProcess) != 0;
  const PermissionBits taken = permits->taken_from(generation.bundle);
  if (!has_all || taken != 0)
    generation.gate = std::make_unique<LinkGate>(permits->names(), has_all ? kEverything & ~taken : granted, asked, text.manifest.file,
                                                 text.is_sanitized ? Sanitized::kYes : Sanitized::kNo);
  return {};
}

jit::LinkOptions Runtime::Impl::options_of_link(Generation &generation) const {
  jit::LinkOptions options;
  options.name = generation.bundle;
  options.symbols = thunk_symbols();
  options.symbols.push_back({"graft_self", &generation.host});
  options.gate = generation.gate.get();
  if (options.gate != nullptr) options.symbols.push_back({"syscall", futex_alone()});
  options.terminated = [&generation](const std::string &function) { generation.report_termination(function); };
  options.exports = {"graft_init", "graft_stop", "graft_probe", "graft_suspend", "graft_resume", jit::kThreadThrew};
  for (const ProviderFacts &provider : generation.facts.providers) options.exports.push_back(provider.table_symbol);
  if (generation.counted != nullptr)
    options.symbols.insert(options.symbols.end(), generation.counted->symbols().begin(), generation.counted->symbols().end());
  bind_kept(generation.facts, generation.kept, options);
  return options;
}

/// Whether something that is carried on may lead to the old version through memory that it points at.
static bool reaches_older(const KeptPlan &plan, const Facts &old) {
  return std::ranges::any_of(plan.objects, [&](const ObjectPlan &object) {
    return object.way != ObjectPlan::Way::kFresh && !old.kept[*object.old].reaches.empty();
  });
}

Result<void> Runtime::Impl::adopt_kept(Prepared &prepared) {
  const Bundle *bundle = find_bundle(prepared.text.name);
  const std::uint64_t base = bundle != nullptr ? bundle->live->number : 0;
  if (prepared.base != base && !prepared.artifact.facts.kept.empty()) GRAFT_TRY(link(prepared));
  for (KeptBinding &binding : prepared.generation->kept)
    if (binding.object == nullptr) binding.object = binding.expected.lock();
  if (bundle != nullptr && reaches_older(prepared.plan, bundle->live->facts)) { // K4
    prepared.generation->holds = bundle->live->holds;
    prepared.generation->holds.push_back(bundle->live->hold);
  }
  return {};
}

Result<void> Runtime::Impl::refuse_reload(std::string_view bundle, const ImageMaker *fresh) {
  if (config.hot_reload == HotReload::kOff)
    return error(Code::kRefused, "bundle '" + std::string(bundle) + "' is not reloaded: this host switched reloads off");
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(bundle);
  const ImageMaker *live = found != bundles_.end() ? found->second.maker.get() : nullptr;
  for (const ImageMaker *maker : {live, fresh})
    if (maker != nullptr && !maker->traits().reloads)
      return error(Code::kUnsupported, "bundle '" + std::string(bundle) +
                                           "' is not reloaded: its loader cannot do that; unload it and load it again");
  return {};
}

Result<std::vector<BundleInfo>> Runtime::Impl::reload(const std::vector<std::string> &names,
                                                      const std::function<Result<BundleText>(std::string_view)> &read,
                                                      ReloadOptions options) {
  GRAFT_TRY(token.refuse_owner());
  if (names.empty()) return error(Code::kInvalid, "a reload was given no bundle; give it the name of one at least");
  for (const std::string &name : names) GRAFT_TRY(refuse_reload(name));
  StepTimes times;
  const auto prepare_set = [&]() -> Result<std::vector<Prepared>> {
    std::vector<Draft> drafts;
    std::vector<std::string> bundles;
    for (const std::string &name : names) {
      // The ticket is drawn before the sources are read: who reads later has the newer text and the higher ticket.
      Draft &draft = drafts.emplace_back();
      draft.ticket = draw_ticket();
      Stopwatch watch;
      GRAFT_TRY_ASSIGN(BundleText text, read(name));
      times.read_ns += watch.lap_ns();
      GRAFT_TRY(name_reload(name, text));
      const std::string &bundle = bundles.emplace_back(text.name);
      if (find_bundle(bundle) == nullptr)
        return error(Code::kNotFound, "bundle '" + bundle + "' is not loaded; load it before it is reloaded");
      GRAFT_TRY(refuse_reload(bundle, &maker_of(text)));
      draft.text = std::move(text);
    }
    prepare_all(drafts, options.force, times);
    std::vector<Prepared> set;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      Result<Prepared> &prepared = drafts[i].prepared;
      const std::string &bundle = bundles[i];
      if (!prepared) {
        const Error &failure = prepared.error();
        if (failure.code != Code::kUnchanged) tell({Phase::kFailed, bundle, bundle_id(bundle), 0, {}, &failure});
        if (failure.code != Code::kUnchanged || names.size() == 1) return std::move(prepared).error();
        continue; // of a set, only what changed is reloaded
      }
      set.push_back(*std::move(prepared));
    }
    if (set.empty()) return error(Code::kUnchanged, "every bundle of the set already runs its text");
    return set;
  };
  GRAFT_TRY_ASSIGN(std::vector<Prepared> set, prepare_set());
  auto infos = commit(std::move(set), GRAFT_REASON_RELOAD, times);
  if (options.times != nullptr) *options.times = times;
  if (infos) reload_followers(names_of(*infos));
  return infos;
}

} // namespace graft
