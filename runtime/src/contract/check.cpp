// Who must agree with whom: a provider with every view of the host, and with every bundle that was compiled against the
// contract to call it. Looked at under the commit token, before anything of the new code runs.
#include "../runtime_impl.hpp"

#include <algorithm>

namespace graft {
namespace {

bool provides(const Generation &generation, const ContractFacts &contract) {
  const auto is_it = [&](const auto &provider) {
    return provider.contract == contract.name && provider.major == contract.major;
  };
  return std::ranges::any_of(generation.facts.providers, is_it) || std::ranges::any_of(generation.providers, is_it);
}

ContractSide side(const Generation &generation, const ContractFacts &contract) {
  return {contract, generation.facts.types, "bundle '" + generation.bundle + "'"};
}

/// What one calls of the other: contracts that `provider` provides, and that `caller` declares and does not provide.
Result<void> check_pair(const Generation &caller, const Generation &provider) {
  for (const ContractFacts &called : caller.facts.contracts) {
    const ContractFacts *provided = find_contract(provider.facts, called.name, called.major);
    if (provided == nullptr || !provides(provider, *provided) || provides(caller, called)) continue;
    GRAFT_TRY(compare(side(caller, called), side(provider, *provided)));
  }
  return {};
}

Result<void> check_host(const HostViews &views, const Generation &provider) {
  for (const ContractFacts &contract : provider.facts.contracts)
    if (provides(provider, contract)) GRAFT_TRY(views.accept(side(provider, contract)));
  return {};
}

} // namespace

Result<void> Runtime::Impl::check_contracts(const std::vector<const Generation *> &fresh) {
  std::vector<const Generation *> world = fresh;
  const MutexLock lock(bundles_mutex_);
  for (const auto &[name, bundle] : bundles_)
    if (std::ranges::find(fresh, name, &Generation::bundle) == fresh.end()) world.push_back(bundle.live.get());
  for (const Generation *one : fresh) {
    GRAFT_TRY(check_host(store.views, *one));
    for (const Generation *other : world) {
      if (other == one) continue;
      GRAFT_TRY(check_pair(*other, *one));
      GRAFT_TRY(check_pair(*one, *other));
    }
  }
  return {};
}

Result<std::vector<std::string>> Runtime::Impl::add_views(HeaderFile header) {
  HostViews views;
  std::vector<std::string> names;
  for (const auto &[contract, types] : header.contracts)
    names.push_back(contract.name + "@" + std::to_string(contract.major) + "." + std::to_string(contract.minor));
  views.add(header.contracts);
  {
    const MutexLock lock(bundles_mutex_);
    for (const auto &[name, bundle] : bundles_) GRAFT_TRY(check_host(views, *bundle.live));
  }
  store.views.add(std::move(header.contracts));
  return names;
}

} // namespace graft
