// See bundle_code.hpp.
#include "bundle_code.hpp"

#include "../bundle/source_files.hpp"
#include "../reload/stopwatch.hpp"
#include "foreign_image.hpp"
#include "machine_code.hpp"
#include "provider_records.hpp"
#include "shared_image.hpp"

#include <graft/abi.h>

#include <algorithm>

namespace graft {
namespace {

bool is_in_machine_code(const ProviderFacts &provider) { return provider.table_symbol.starts_with(kProviderRecord); }

Result<std::unique_ptr<jit::Image>> link_or_open(jit::Linker &linker, const Artifact &artifact,
                                                 const jit::LinkOptions &options) {
  if (!is_shared_object(artifact)) return linker.link(artifact, options);
  const ObjectFile &object = artifact.objects.front();
  const auto self = std::ranges::find(options.symbols, "graft_self", &jit::Symbol::name);
  return open_shared({object.bytes.data(), object.bytes.size()}, object.source, self->address, options.gate);
}

driver::WorkerLimits limits_of(const WorkerLimits &limits) {
  const auto &[wall, cpu, memory_bytes, file_bytes] = limits;
  return {wall, cpu, memory_bytes, file_bytes};
}

/// The last -O of a bundle's own flags; empty when it has none.
std::string own_level(const Manifest &manifest) {
  std::string level;
  for (const std::string &flag : manifest.flags)
    if (flag.starts_with("-O")) level = flag;
  return level;
}

/// Whether it is worth while to keep it linked: what was just compiled is saved again soon.
bool may_be_placed(const Artifact &artifact) { return artifact.origin != Origin::kCompiled && artifact.shared.empty(); }

} // namespace

bool CodeMaker::may_tier_up(const BundleText &text) const {
  return config_.optimise == 0 && own_level(text.manifest).empty() && way_of(text) == TierUp::kFastThenGood;
}

ContentKey key_of_headers(const std::vector<HeaderFacts> &headers) {
  std::vector<std::string> lines;
  for (const HeaderFacts &header : headers) {
    const auto &bytes = header.content.bytes;
    lines.push_back(header.path + '\0' + std::string(bytes.begin(), bytes.end()));
  }
  std::ranges::sort(lines);
  std::string all;
  for (const std::string &line : lines) all += line;
  return driver::content_key(all);
}

TierUp CodeMaker::way_of(const BundleText &text) const { return config_.tier_up.value_or(text.manifest.tier_up); }

driver::Job CodeMaker::job_of(const BundleText &text) const {
  constexpr unsigned kGood = 2;
  const bool is_good = config_.optimise == 0 && way_of(text) == TierUp::kGood;
  driver::Job job = make_job(text, is_good ? kGood : config_.optimise, config_.include_dirs);
  if (may_tier_up(text)) job.options.role = driver::Role::kFirst;
  return job;
}

const char *CodeMaker::tier_of(const BundleText &text) const {
  const auto is_compiled = [](const driver::Source &source) { return !is_machine_code_name(source.name); };
  if (text.maker != nullptr || std::ranges::none_of(text.sources, is_compiled)) return "machine code";
  const std::string level = own_level(text.manifest);
  const bool is_good = config_.optimise > 0 || way_of(text) == TierUp::kGood;
  return level == "-O0" || (level.empty() && !is_good) ? "fast" : "good";
}

std::shared_ptr<const SecondText> CodeMaker::second_of(const BundleText &text, const Artifact &artifact) const {
  if (!may_tier_up(text) || tier_of(text) != std::string_view("fast")) return nullptr;
  return std::make_shared<const SecondText>(
      SecondText{job_of(text), where_of(text), key_of_headers(artifact.facts.headers)});
}

Where CodeMaker::where_of(const BundleText &text) const {
  return config_.worker == Worker::kAlways || text.manifest.worker ? Where::kApart : Where::kHere;
}

Result<Artifact> CodeMaker::compile(const driver::Job &job, Where where, const TellCompiled &tell) const {
  if (where == Where::kHere) return compiler_.compile(job, tell);
  if (!worker_) return worker_.error();
  return (*worker_)->compile(compiler_, job, limits_of(config_.worker_limits), tell);
}

Result<Artifact> CodeMaker::read(const BundleText &text, const TellCompiled &tell) const {
  const auto compile_here_or_there = [&](const driver::Job &job) {
    return compile(job, where_of(text), job.sources.size() > 1 ? tell : TellCompiled());
  };
  GRAFT_TRY_ASSIGN(Artifact artifact, compile_bundle(compile_here_or_there, text, job_of(text)));
  if (!may_be_placed(artifact)) return artifact;
  Stopwatch watch;
  if (auto known = compiler_.find_image(artifact.object_key)) artifact.prelinked = *std::move(known);
  artifact.times.cache_ns += watch.lap_ns();
  return artifact;
}

Result<std::vector<Import>> CodeMaker::find_places(const BundleText &text) const {
  return find_import_places([&](const driver::Job &job) { return compile(job, where_of(text)); }, job_of(text));
}

Result<std::vector<Import>> find_import_places(const Compile &compile, driver::Job job) {
  if (job.sources.empty()) return std::vector<Import>();
  job.options.need = driver::Need::kPlaces;
  job.options.learn = driver::Learn::kNo;
  GRAFT_TRY_ASSIGN(Artifact artifact, compile(job));
  return std::move(artifact.imports);
}

Result<Artifact> compile_bundle(const Compile &compile, const BundleText &text, const driver::Job &job) {
  Artifact artifact;
  artifact.bundle = job.bundle;
  if (!job.sources.empty()) {
    GRAFT_TRY_ASSIGN(artifact, compile(job));
  }
  GRAFT_TRY(add_machine_code(text.sources, artifact));
  return artifact;
}

Result<std::unique_ptr<jit::Image>> CodeMaker::link(const Artifact &artifact, const jit::LinkOptions &options) const {
  if (!may_be_placed(artifact)) return link_bundle(linker_, artifact, options);
  jit::LinkOptions asked = options;
  asked.prelinked = artifact.prelinked;
  asked.prelink = jit::Prelink::kYes; // what does not fit any more is replaced
  auto image = link_bundle(linker_, artifact, asked);
  if (!image) return image;
  if (std::vector<char> bytes = (*image)->prelinked(); !bytes.empty())
    compiler_.store_image(artifact.object_key, std::move(bytes));
  return image;
}

Result<std::unique_ptr<jit::Image>> link_bundle(jit::Linker &linker, const Artifact &artifact,
                                                const jit::LinkOptions &options) {
  GRAFT_TRY_ASSIGN(std::unique_ptr<jit::Image> code, link_or_open(linker, artifact, options));
  std::vector<ProviderFacts> foreign;
  std::ranges::copy_if(artifact.facts.providers, std::back_inserter(foreign), is_in_machine_code);
  if (foreign.empty()) return code;
  const jit::Image &image = *code;
  const auto functions = [&](const ProviderFacts &provider) -> Result<std::vector<const void *>> {
    const auto *record = static_cast<const graft_provider *>(image.address(provider.table_symbol));
    if (record == nullptr || record->table == nullptr)
      return error(Code::kInvalid, "the provider '" + provider.table_symbol +
                                       "' is there, and nothing else can see it; give it default visibility");
    const auto *entries = static_cast<const void *const *>(record->table);
    return std::vector<const void *>(entries, entries + provider.entries.size());
  };
  return with_thunks(std::move(code), foreign, artifact.facts, functions);
}

} // namespace graft
