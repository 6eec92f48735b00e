// See adopt.hpp.
#include "adopt.hpp"

namespace graft {
namespace {

/// Puts the rows of one table behind those of another, whose number their indices grow by.
void append_contract(const ContractDescription &view, Facts &facts) {
  const auto base = static_cast<TypeIndex>(facts.types.types.size());
  for (Type row : view.types.types) {
    row.target += base; // means nothing for kinds without one
    for (Field &field : row.fields) field.type += base;
    for (TypeIndex &behind : row.behind) behind += base;
    facts.types.types.push_back(std::move(row));
  }
  ContractFacts contract = view.contract;
  for (ContractFunction &function : contract.functions) function.type += base;
  facts.contracts.push_back(std::move(contract));
}

} // namespace

void adopt_views(Facts &facts, const HostViews &views) {
  for (const ProviderFacts &provider : facts.providers)
    if (find_contract(facts, provider.contract, provider.major) == nullptr)
      if (const auto view = views.find(provider.contract, provider.major)) append_contract(*view, facts);
}

} // namespace graft
