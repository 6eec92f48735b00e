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

driver::WorkerLimits limits_of(const WorkerLimits &limits) {
  const auto &[wall, cpu, memory_bytes, file_bytes] = limits;
  return {wall, cpu, memory_bytes, file_bytes};
}

} // namespace

Result<Artifact> CodeMaker::read(const BundleText &text, const TellCompiled &tell) const {
  const bool apart = config_.worker == Worker::kAlways || text.manifest.worker;
  if (apart && !worker_) return worker_.error();
  const auto compile = [&](const driver::Job &job) {
    const TellCompiled told = job.sources.size() > 1 ? tell : TellCompiled();
    return apart ? (*worker_)->compile(compiler_, job, limits_of(config_.worker_limits), told)
                 : compiler_.compile(job, told);
  };
  return compile_bundle(compile, text, make_job(text, config_.optimise, config_.include_dirs));
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
