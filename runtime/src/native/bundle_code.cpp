// See bundle_code.hpp.
#include "bundle_code.hpp"

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
  return open_shared({object.bytes.data(), object.bytes.size()}, object.source, self->address);
}

/// The last -O of a bundle's own flags; empty when it has none.
std::string own_level(const Manifest &manifest) {
  std::string level;
  for (const std::string &flag : manifest.flags)
    if (flag.starts_with("-O")) level = flag;
  return level;
}

} // namespace

driver::Job CodeMaker::job_of(const BundleText &text) const {
  constexpr unsigned kGood = 2;
  const TierUp way = config_.tier_up.value_or(text.manifest.tier_up);
  const bool is_chosen = config_.optimise > 0 || !own_level(text.manifest).empty();
  driver::Job job =
      make_job(text, config_.optimise == 0 && way == TierUp::kGood ? kGood : config_.optimise, config_.include_dirs);
  if (!is_chosen && way == TierUp::kFastThenGood) job.options.role = driver::Role::kFirst;
  return job;
}

const char *CodeMaker::tier_of(const BundleText &text) const {
  const driver::Job job = job_of(text);
  if (text.maker != nullptr || job.sources.empty()) return "machine code";
  const std::string level = own_level(text.manifest);
  return level == "-O0" || (level.empty() && job.options.optimise == 0) ? "fast" : "good";
}

Result<Artifact> compile_bundle(const driver::Compiler &compiler, const BundleText &text, const driver::Job &job) {
  Artifact artifact;
  artifact.bundle = job.bundle;
  if (!job.sources.empty()) {
    GRAFT_TRY_ASSIGN(artifact, compiler.compile(job));
  }
  GRAFT_TRY(add_machine_code(text.sources, artifact));
  return artifact;
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
