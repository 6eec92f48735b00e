// What the host declares of its contracts: the views that its program carries, and those it handed over by path.
#pragma once

#include "compare.hpp"

#include <graft/base/mutex.hpp>
#include <graft/contracts.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft {

/// The contract of that identity among the facts; null when nothing there declares it.
const ContractFacts *find_contract(const Facts &facts, std::string_view name, std::uint16_t major);

/// Owns: the views; a view stays as long as the runtime, since the host's code does. Threads: any.
class HostViews {
 public:
  /// The views between two places of a program; those that were taken before cost a look. kIncompatible for another graft's.
  Result<void> take(const EmbeddedView *const *first, const EmbeddedView *const *last);
  void add(std::vector<ContractDescription> descriptions);

  bool has(const std::string &name, std::uint16_t major) const;
  /// The first view of this contract; null without one.
  std::shared_ptr<const ContractDescription> find(const std::string &name, std::uint16_t major) const;
  /// kIncompatible when a view of this contract differs from `provider`.
  Result<void> accept(const ContractSide &provider) const;

 private:
  using Identity = std::pair<std::string, std::uint16_t>;

  mutable Mutex mutex_;
  std::map<Identity, std::vector<std::shared_ptr<const ContractDescription>>>
      views_ GRAFT_GUARDED_BY(mutex_);                    // shared with readers
  std::set<const void *> taken_ GRAFT_GUARDED_BY(mutex_); // programs whose views are here, by the place of the first
};

} // namespace graft
