// A hook's rule as a fact: it stands before the fingerprint of the hook's one function, so that it travels, is cached and is
// compared with that, and one ABI with two rules is two contracts.
#pragma once

#include "export.hpp"
#include "facts.hpp"

#include <graft/abi/hook.h>

#include <optional>
#include <string>

namespace graft {

/// "fold(3,2,2)".
GRAFT_API std::string to_text(const graft_hook_info &rule);

/// The rule of a contract that is a hook; nothing for every other.
GRAFT_API std::optional<graft_hook_info> hook_rule_of(const ContractFacts &contract);

inline bool is_same_rule(const graft_hook_info &a, const graft_hook_info &b) {
  return a.rule == b.rule && a.last == b.last && a.first_final == b.first_final && a.deny == b.deny;
}

} // namespace graft
