// Does the code take part in the hooks that its manifest lists, and in no other?
#include "../contract/host_views.hpp"
#include "verify.hpp"

#include <graft/base/hook_rule.hpp>
#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

/// The rule of a provider's contract; nothing for one that is no hook, or whose types nobody saw.
std::optional<graft_hook_info> rule_of(const Artifact &artifact, const ProviderFacts &provider) {
  const ContractFacts *contract = find_contract(artifact.facts, provider.contract, provider.major);
  return contract != nullptr ? hook_rule_of(*contract) : std::nullopt;
}

Result<void> verify_use(const Manifest &manifest, const Artifact &artifact, const HookUse &use) {
  const auto &providers = artifact.facts.providers;
  const std::string says = "the manifest says that bundle '" + manifest.name + "' takes part in hook '" + use.name + "', ";
  const auto provider = std::ranges::find(providers, use.name, &ProviderFacts::contract);
  if (provider == providers.end()) {
    std::vector<std::string> names;
    for (const ProviderFacts &one : providers) names.push_back(one.contract);
    const std::string near = nearest(use.name, names);
    return error(Code::kIncompatible,
                 says + "its code does not; " +
                     (near.empty() ? "add GRAFT_PROVIDE to its code, or take it out" : "did you mean '" + near + "'?"),
                 use.where);
  }
  const auto rule = rule_of(artifact, *provider);
  if (!rule && provider->checked)
    return error(Code::kIncompatible, says + "which its header declares as a contract; declare it with GRAFT_HOOK",
                 use.where);
  if (rule && rule->deny == 0 && use.on_failure == HookFailure::kFailClosed)
    return error(Code::kInvalid, "hook '" + use.name + "' cannot deny, so 'fail_closed' has no meaning there", use.where);
  return {};
}

} // namespace

Result<void> verify_hooks(const Manifest &manifest, const Artifact &artifact) {
  for (const HookUse &use : manifest.hooks) GRAFT_TRY(verify_use(manifest, artifact, use));
  if (!manifest.lists_hooks) return {};
  for (const ProviderFacts &provider : artifact.facts.providers)
    if (rule_of(artifact, provider) &&
        std::ranges::find(manifest.hooks, provider.contract, &HookUse::name) == manifest.hooks.end())
      return error(Code::kIncompatible,
                   "bundle '" + manifest.name + "' takes part in hook '" + provider.contract +
                       "', its manifest does not list it; add it to 'hooks' in " + manifest.file,
                   provider.where);
  return {};
}

} // namespace graft
