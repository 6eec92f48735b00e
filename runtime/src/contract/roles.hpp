// Who, of the live generations, calls a contract and who provides it: so that a load looks at those that it meets, not at
// all.
//
// Threads: guarded by its owner, the runtime's bundles mutex.
#pragma once

#include "../reload/generation.hpp"

#include <graft/base/ids.hpp>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace graft {

/// Whether a generation provides a contract that it declares; who declares it and does not is a caller of it.
inline bool provides(const Generation &generation, const ContractFacts &contract) {
  const auto is_it = [&](const auto &provider) {
    return provider.contract == contract.name && provider.major == contract.major;
  };
  return std::ranges::any_of(generation.facts.providers, is_it) || std::ranges::any_of(generation.providers, is_it);
}

class ContractRoles {
 public:
  struct Users {
    std::vector<const Generation *> callers;
    std::vector<const Generation *> providers;
  };

  void add(const Generation &generation) {
    for (const ContractFacts &contract : generation.facts.contracts) side(generation, contract).push_back(&generation);
  }
  void remove(const Generation &generation) {
    for (const ContractFacts &contract : generation.facts.contracts) {
      std::vector<const Generation *> &users = side(generation, contract);
      // From the end: what goes is often what came last, and a runtime's end takes them in any order.
      const auto found = std::find(users.rbegin(), users.rend(), &generation);
      if (found == users.rend()) continue;
      *found = users.back();
      users.pop_back();
    }
  }
  /// Null when nobody declares it.
  const Users *of(const ContractFacts &contract) const {
    const auto found = users_.find(guest_contract_id(contract.name, contract.major));
    return found != users_.end() ? &found->second : nullptr;
  }

 private:
  std::vector<const Generation *> &side(const Generation &generation, const ContractFacts &contract) {
    Users &users = users_[guest_contract_id(contract.name, contract.major)];
    return provides(generation, contract) ? users.providers : users.callers;
  }

  std::unordered_map<ContractId, Users> users_;
};

} // namespace graft
