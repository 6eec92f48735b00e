// Manifest against facts, one question a function.
#include "verify.hpp"

#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

std::string name_of(const ProviderFacts &provider) {
  return to_string(ContractRef{provider.contract, provider.major, provider.minor});
}

const ProviderFacts *find_provider(const Artifact &artifact, const std::string &name) {
  const auto found = std::ranges::find(artifact.facts.providers, name, &ProviderFacts::contract);
  return found != artifact.facts.providers.end() ? &*found : nullptr;
}

std::string bundle(const Manifest &manifest) { return "bundle '" + manifest.name + "'"; }

Result<void> refuse_twice(const Manifest &manifest, const Artifact &artifact) {
  const auto &providers = artifact.facts.providers;
  for (auto second = providers.begin(); second != providers.end(); ++second) {
    const auto first = std::find_if(providers.begin(), second, [&](const ProviderFacts &other) {
      return other.contract == second->contract && other.major == second->major;
    });
    if (first == second) continue;
    const std::string before = first->where.file.empty() ? "" : "; the first is at " + to_string(first->where);
    return error(Code::kConflict, bundle(manifest) + " provides " + name_of(*second) + " twice" + before, second->where);
  }
  return {};
}

Result<void> refuse_unchecked(const Manifest &manifest, const Artifact &artifact, Unchecked unchecked) {
  if (unchecked == Unchecked::kAllow) return {};
  for (const ProviderFacts &provider : artifact.facts.providers)
    if (!provider.checked)
      return error(Code::kRefused,
                   bundle(manifest) + " provides " + name_of(provider) +
                       " from code whose types nobody checked; build it from source, or let the host allow unchecked code",
                   provider.where);
  return {};
}

/// Every listed contract must be provided, with that major, and with that minor where one is written.
Result<void> require_listed(const Manifest &manifest, const Artifact &artifact) {
  for (const ContractRef &listed : manifest.provides) {
    const auto same = std::ranges::find_if(artifact.facts.providers, [&](const ProviderFacts &provider) {
      return provider.contract == listed.name && provider.major == listed.major;
    });
    if (same != artifact.facts.providers.end()) {
      if (!listed.has_minor || same->minor == listed.minor) continue;
      return error(Code::kIncompatible,
                   "the manifest says that " + bundle(manifest) + " provides " + to_string(listed) + ", its code provides " +
                       name_of(*same),
                   listed.where);
    }
    if (const ProviderFacts *other = find_provider(artifact, listed.name))
      return error(Code::kIncompatible,
                   "the manifest says that " + bundle(manifest) + " provides " + to_string(listed) + ", its code provides " +
                       name_of(*other),
                   listed.where);
    std::vector<std::string> names;
    for (const ProviderFacts &provider : artifact.facts.providers) names.push_back(provider.contract);
    const std::string near = nearest(listed.name, names);
    return error(Code::kIncompatible,
                 "the manifest says that " + bundle(manifest) + " provides " + to_string(listed) + ", its code does not" +
                     (near.empty() ? "" : "; did you mean '" + near + "'?"),
                 listed.where);
  }
  return {};
}

/// With a list, whatever the code provides must be on it.
Result<void> refuse_unlisted(const Manifest &manifest, const Artifact &artifact) {
  if (!manifest.lists_provides) return {};
  for (const ProviderFacts &provider : artifact.facts.providers) {
    const bool is_listed = std::ranges::any_of(manifest.provides, [&](const ContractRef &listed) {
      return listed.name == provider.contract && listed.major == provider.major;
    });
    if (!is_listed)
      return error(Code::kIncompatible,
                   bundle(manifest) + " provides " + name_of(provider) +
                       ", its manifest does not list it; add it to 'provides' in " + manifest.file,
                   provider.where);
  }
  return {};
}

/// A policy for a variable that no source keeps is a name that is wrong, or was left behind.
Result<void> refuse_stray_policy(const Manifest &manifest, const Artifact &artifact) {
  for (const auto &[name, policy] : manifest.state_of) {
    const auto is_named = [&](const KeptFacts &kept) { return kept.name == name || kept.qualified == name; };
    if (std::ranges::any_of(artifact.facts.kept, is_named)) continue;
    std::vector<std::string> names;
    for (const KeptFacts &kept : artifact.facts.kept) names.push_back(kept.name);
    const std::string near = nearest(name, names);
    return error(Code::kIncompatible, "the manifest's 'state' says what becomes of '" + name + "', and no source of " +
                                          bundle(manifest) + " marks such a variable GRAFT_KEEP" +
                                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  return {};
}

Result<void> refuse_useless(const Manifest &manifest, const Artifact &artifact) {
  if (!artifact.facts.providers.empty() || artifact.facts.defines_init || !manifest.requires_.empty()) return {};
  if (artifact.facts.defines_main)
    return error(Code::kInvalid, bundle(manifest) + " has no provider; it has a main, so run it with 'graft exec'");
  if (!artifact.facts.contracts.empty()) {
    const ContractFacts &contract = artifact.facts.contracts.front();
    return error(Code::kInvalid, bundle(manifest) + " has no provider; it knows the contract " + contract.name +
                                     ": add GRAFT_PROVIDE(" + contract.tag + ", { ... }) to one of its sources");
  }
  return error(Code::kInvalid, bundle(manifest) +
                                   " has no provider; add GRAFT_PROVIDE(contract, { ... }) to one of its sources, " +
                                   "behind the header that declares the contract, or define graft_init");
}

} // namespace

Result<void> verify_artifact(const Manifest &manifest, const Artifact &artifact, Unchecked unchecked) {
  GRAFT_TRY(refuse_twice(manifest, artifact));
  GRAFT_TRY(require_listed(manifest, artifact));
  GRAFT_TRY(refuse_unlisted(manifest, artifact));
  GRAFT_TRY(verify_hooks(manifest, artifact));
  GRAFT_TRY(refuse_stray_policy(manifest, artifact));
  GRAFT_TRY(refuse_useless(manifest, artifact));
  return refuse_unchecked(manifest, artifact, unchecked);
}

} // namespace graft
