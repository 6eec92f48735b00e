// Who needs whom, from the other side: the bundles whose requirements a bundle meets, so that a commit looks at its
// dependents and not at all that is loaded.
//
// Threads: guarded by its owner, the runtime's bundles mutex.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

class NeededBy {
 public:
  using Names = std::set<std::string, std::less<>>;

  /// `bundle` needed `before`, and needs `now`.
  void change(const std::string &bundle, const std::vector<std::string> &before, const std::vector<std::string> &now) {
    for (const std::string &name : before) {
      const auto found = needed_by_.find(name);
      if (found == needed_by_.end()) continue;
      found->second.erase(bundle);
      if (found->second.empty()) needed_by_.erase(found);
    }
    for (const std::string &name : now) needed_by_[name].insert(bundle);
  }

  /// Names of those that need it, in their order.
  const Names &of(std::string_view name) const {
    const auto found = needed_by_.find(name);
    return found != needed_by_.end() ? found->second : nobody_;
  }

 private:
  std::map<std::string, Names, std::less<>> needed_by_;
  Names nobody_;
};

} // namespace graft
