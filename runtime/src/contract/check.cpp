// Who must agree with whom: a provider with every view of the host, and with every bundle that was compiled against the
// contract to call it; who was compiled to call what the host offers, with the host's view of that. Looked at under the
// commit token, before anything of the new code runs; a host contract once more when it is acquired (host_services.cpp),
// because it may be offered, or a view of it be handed over, in between.
#include "../runtime_impl.hpp"

#include <algorithm>

namespace graft {
namespace {

ContractSide side(const Generation &generation, const ContractFacts &contract) {
  return {contract, generation.facts.types, "bundle '" + generation.bundle + "'"};
}

/// What `caller` calls and `provider` provides under the name of `contract`.
Result<void> check_pair(const Generation &caller, const Generation &provider, const ContractFacts &contract) {
  const ContractFacts *called = find_contract(caller.facts, contract.name, contract.major);
  const ContractFacts *provided = find_contract(provider.facts, contract.name, contract.major);
  if (called == nullptr || provided == nullptr) return {};
  return compare(side(caller, *called), side(provider, *provided));
}

} // namespace

Result<void> Runtime::Impl::check_host(const HostViews &views, const Generation &one) const {
  for (const ContractFacts &contract : one.facts.contracts) {
    const ContractRoles::Users *users = roles_.of(contract); // a host contract may share its name with one of bundles
    const bool is_bundles = users != nullptr && !users->providers.empty();
    if (provides(one, contract) || (!is_bundles && host_contracts.has(contract.name, contract.major)))
      GRAFT_TRY(views.accept(side(one, contract)));
  }
  return {};
}

Result<void> Runtime::Impl::check_contracts(const std::vector<const Generation *> &fresh) {
  const MutexLock lock(bundles_mutex_);
  const auto stays = [&](const Generation *live) {
    return std::ranges::find(fresh, live->bundle, &Generation::bundle) == fresh.end();
  };
  for (const Generation *one : fresh) {
    GRAFT_TRY(hooks.check(*one));
    GRAFT_TRY(check_host(store.views, *one));
    for (const ContractFacts &contract : one->facts.contracts) {
      const bool is_provider = provides(*one, contract);
      const auto check = [&](const Generation *other) {
        return is_provider ? check_pair(*other, *one, contract) : check_pair(*one, *other, contract);
      };
      if (const ContractRoles::Users *users = roles_.of(contract))
        for (const Generation *other : is_provider ? users->callers : users->providers)
          if (stays(other)) GRAFT_TRY(check(other));
      for (const Generation *other : fresh)
        if (const ContractFacts *same = find_contract(other->facts, contract.name, contract.major);
            other != one && same != nullptr && provides(*other, *same) != is_provider)
          GRAFT_TRY(check(other));
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
