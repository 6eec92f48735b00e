// See host_views.hpp. Texts are parsed and tables compared with nothing locked.
#include "host_views.hpp"

#include "view_text.hpp"

#include <algorithm>

namespace graft {

const ContractFacts *find_contract(const Facts &facts, std::string_view name, std::uint16_t major) {
  const auto found = std::ranges::find_if(
      facts.contracts, [&](const ContractFacts &contract) { return contract.name == name && contract.major == major; });
  return found != facts.contracts.end() ? &*found : nullptr;
}

Result<void> HostViews::take(const EmbeddedView *const *first, const EmbeddedView *const *last) {
  if (first == last) return {};
  {
    const MutexLock lock(mutex_);
    if (taken_.contains(first)) return {};
  }
  std::vector<ContractDescription> descriptions;
  for (const auto *view = first; view != last; ++view) {
    GRAFT_TRY_ASSIGN(ContractDescription description, parse_view({(*view)->text, (*view)->text_size}));
    descriptions.push_back(std::move(description));
  }
  add(std::move(descriptions));
  const MutexLock lock(mutex_);
  taken_.insert(first);
  return {};
}

void HostViews::add(std::vector<ContractDescription> descriptions) {
  const auto same = [](const ContractDescription &a, const ContractDescription &b) {
    return std::ranges::equal(a.contract.functions, b.contract.functions, [](const auto &x, const auto &y) {
      return x.name == y.name && x.fingerprint == y.fingerprint;
    });
  };
  const MutexLock lock(mutex_);
  for (ContractDescription &description : descriptions) {
    auto &views = views_[{description.contract.name, description.contract.major}];
    if (std::ranges::none_of(views, [&](const auto &view) { return same(*view, description); }))
      views.push_back(std::make_shared<const ContractDescription>(std::move(description)));
  }
}

bool HostViews::has(const std::string &name, std::uint16_t major) const {
  const MutexLock lock(mutex_);
  return views_.contains({name, major});
}

std::shared_ptr<const ContractDescription> HostViews::find(const std::string &name, std::uint16_t major) const {
  const MutexLock lock(mutex_);
  const auto found = views_.find({name, major});
  return found != views_.end() ? found->second.front() : nullptr;
}

Result<void> HostViews::accept(const ContractSide &provider) const {
  std::vector<std::shared_ptr<const ContractDescription>> views;
  {
    const MutexLock lock(mutex_);
    const auto found = views_.find({provider.contract.name, provider.contract.major});
    if (found == views_.end()) return {};
    views = found->second;
  }
  for (const auto &view : views) GRAFT_TRY(compare({view->contract, view->types, "the host"}, provider));
  return {};
}

} // namespace graft
