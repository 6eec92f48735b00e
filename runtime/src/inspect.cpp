// Looking at a bundle: the first half of a load. It is read, compiled, verified and linked as the runtime would, and then
// thrown away before a line of it has run.
#include "bundle/bundle_text.hpp"
#include "bundle/verify.hpp"
#include "call/caught.hpp"
#include "native/bundle_code.hpp"
#include "reload/kept_object.hpp"
#include "reload/kept_plan.hpp"
#include "observe/object_symbols.hpp"
#include "permit/link_gate.hpp"
#include "permit/needs.hpp"

#include <graft/driver/compiler.hpp>
#include <graft/inspect.hpp>
#include <graft/jit/linker.hpp>

#include <utility>

namespace graft {
namespace {

/// What one look needs. `job` borrows nothing.
struct Inspected {
  BundleText text;
  driver::Job job;
  std::unique_ptr<driver::Compiler> compiler;
};

Result<Inspected> begin_look(const std::filesystem::path &path, const InspectOptions &options) {
  Inspected look;
  GRAFT_TRY_ASSIGN(look.text, read_bundle(path));
  look.job = make_job(look.text, /*optimise=*/0, options.include_dirs, options.flags);
  GRAFT_TRY_ASSIGN(look.compiler, driver::Compiler::create());
  return look;
}

/// Links against this process, which finds undefined and duplicate symbols with their places. Linking runs no code of the
/// bundle.
Result<jit::ImageStats> try_link(const std::string &name, const Artifact &artifact, const jit::SymbolGate *gate) {
  static constexpr graft_host kNobody{}; // stands for `graft_self`: only its address is taken
  GRAFT_TRY_ASSIGN(const std::unique_ptr<jit::Linker> linker, jit::Linker::create());
  jit::LinkOptions options;
  options.name = name;
  options.gate = gate;
  options.symbols = thunk_symbols();
  if (gate != nullptr) options.symbols.push_back({"syscall", futex_alone()});
  options.symbols.push_back({"graft_self", &kNobody});
  options.exports = {"graft_init", "graft_stop"};
  for (const ProviderFacts &provider : artifact.facts.providers) options.exports.push_back(provider.table_symbol);
  std::vector<KeptBinding> kept;
  for (const KeptFacts &variable : artifact.facts.kept) {
    GRAFT_TRY_ASSIGN(KeptBinding binding, fresh_binding(artifact.facts, variable));
    kept.push_back(std::move(binding));
  }
  bind_kept(artifact.facts, kept, options);
  auto image = link_bundle(*linker, artifact, options);
  if (image) return (*image)->stats();
  Error failure = std::move(image).error();
  failure.message = "bundle '" + name + "': " + failure.message;
  return failure;
}

/// The names that a manifest lists; those of a host's own are taken to be declared.
Result<PermissionNames> names_for(const Manifest &manifest) {
  std::vector<CustomPermission> custom;
  for (const Word &word : manifest.permissions)
    if (is_custom_permission(word.text)) custom.push_back({word.text});
  return PermissionNames::create(custom);
}

PermissionBits listed_by(const Manifest &manifest, const PermissionNames &names) {
  PermissionBits bits = 0;
  for (const Word &word : manifest.permissions) bits |= names.find(word.text).value_or(0);
  return bits;
}

Result<Artifact> artifact_of(const Inspected &look, const InspectOptions &options) {
  return compile_bundle([&](const driver::Job &job) { return look.compiler->compile(job, options.compiled); }, look.text,
                        look.job);
}

/// Every import of what is compiled, with the author's line that leads there.
Result<std::vector<Import>> places_of(const Inspected &look) {
  return find_import_places([&](const driver::Job &job) { return look.compiler->compile(job); }, look.job);
}

} // namespace

Result<PermissionReport> needed_permissions(const std::filesystem::path &path, const InspectOptions &options) {
  GRAFT_TRY_ASSIGN(const Inspected look, begin_look(path, options));
  const Manifest &manifest = look.text.manifest;
  GRAFT_TRY_ASSIGN(const Artifact artifact, artifact_of(look, options));
  GRAFT_TRY_ASSIGN(const std::vector<Import> imports, places_of(look));
  const UseRecorder recorder;
  GRAFT_TRY(try_link(manifest.name, artifact, &recorder));
  GRAFT_TRY_ASSIGN(const PermissionNames names, names_for(manifest));
  const PermissionBits listed = listed_by(manifest, names);
  PermissionReport report{manifest.name, manifest.lists_permissions, names.names(listed), {}, {}};
  add_needs(report, names, listed, recorder.uses(), imports);
  return report;
}

Result<Inspection> inspect(const std::filesystem::path &path, const InspectOptions &options) {
  GRAFT_TRY_ASSIGN(Inspected look, begin_look(path, options));
  const Manifest &manifest = look.text.manifest;
  Inspection inspection;
  inspection.name = manifest.name;
  inspection.version = manifest.version.text;
  inspection.path = look.text.path;
  for (const driver::Source &source : look.text.sources) inspection.sources.push_back(source.name);
  for (const Want &want : manifest.requires_)
    inspection.requires_.push_back(to_string(want) + (want.need == Need::kMay ? " (optional)" : ""));
  inspection.manifest = list_facts(manifest);
  GRAFT_TRY_ASSIGN(inspection.artifact, artifact_of(look, options));
  for (const ProviderFacts &provider : inspection.artifact.facts.providers)
    inspection.provides.push_back(to_string(ContractRef{provider.contract, provider.major, provider.minor}));
  GRAFT_TRY(verify_artifact(manifest, inspection.artifact, options.unchecked));
  GRAFT_TRY_ASSIGN(const PermissionNames names, names_for(manifest));
  const PermissionBits listed = listed_by(manifest, names);
  const LinkGate gate(names, listed, listed, manifest.file);
  const bool is_closed = manifest.lists_permissions && (listed & kWholeProcess) == 0;
  const auto link = [&] { return try_link(manifest.name, inspection.artifact, is_closed ? &gate : nullptr); };
  auto linked = link();
  if (!linked && gate.lacks_places()) {
    GRAFT_TRY_ASSIGN(inspection.artifact.imports, places_of(look));
    linked = link(); // the same refusal, with the lines
  }
  GRAFT_TRY_ASSIGN(const jit::ImageStats stats, std::move(linked));
  inspection.code_bytes = stats.code_bytes;
  inspection.read_only_bytes = stats.read_only_bytes;
  inspection.writable_bytes = stats.writable_bytes;
  inspection.symbols = object_symbols(inspection.artifact.objects);
  return inspection;
}

Result<ReloadPlan> plan_reload(const std::filesystem::path &old, const std::filesystem::path &fresh, const InspectOptions &options) {
  GRAFT_TRY_ASSIGN(const Inspected before, begin_look(old, options));
  GRAFT_TRY_ASSIGN(const Inspected after, begin_look(fresh, options));
  GRAFT_TRY_ASSIGN(const Artifact was, before.compiler->compile(before.job));
  GRAFT_TRY_ASSIGN(const Artifact is, after.compiler->compile(after.job));
  KeptPlan plan = plan_kept(was.facts, is.facts, after.text.manifest);
  show_instances(plan, [](const InstancePlan &) { return std::nullopt; });
  const std::string &old_name = before.text.manifest.name, &name = after.text.manifest.name;
  return ReloadPlan{name, plan.kind, /*base=*/0, std::move(plan.items), old_name == name ? std::string() : old_name};
}

Result<std::string> emit(const std::filesystem::path &path, TextForm form, const InspectOptions &options) {
  GRAFT_TRY_ASSIGN(Inspected look, begin_look(path, options));
  return look.compiler->emit(look.job, form == TextForm::kIr ? driver::Text::kIr : driver::Text::kAssembly);
}

std::vector<Requirement> requirements() {
  std::vector<Requirement> result;
  for (driver::Requirement &one : driver::requirements())
    result.push_back({std::move(one.what), one.present, std::move(one.found), std::move(one.remedy)});
  return result;
}

std::string version_text() { return "graft " GRAFT_VERSION " (clang " + driver::clang_version() + ")"; }

} // namespace graft
