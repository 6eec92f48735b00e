// Which permissions code asks for, found out by linking it as if it had all of them.
#pragma once

#include "permission_names.hpp"

#include <graft/inspect.hpp>
#include <graft/jit/linker.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Lets everything through and remembers what it was asked for. One link.
class UseRecorder final : public jit::SymbolGate {
 public:
  bool allows(std::string_view symbol) const override { return uses_.emplace(symbol), true; }
  Error refuse(const std::vector<std::string> &, const Artifact &) const override { return {}; }

  const std::set<std::string> &uses() const { return uses_; }

 private:
  mutable std::set<std::string> uses_;
};

/// Fills in what follows from `uses`: needs, by name, and the suggestion.
void add_needs(PermissionReport &report, const PermissionNames &names, PermissionBits listed,
               const std::set<std::string> &uses, const std::vector<Import> &imports);

} // namespace graft
