// A contract with its types as a text that a host's program carries, and back again.
//
// Deliberately no format for others: a text is read by the library that its program was built for, or refused.
#pragma once

#include <graft/base/result.hpp>
#include <graft/contracts.hpp>

#include <string>
#include <string_view>

namespace graft {

std::string view_text(const ContractDescription &description);

/// kIncompatible for a text of another version of graft, or a damaged one.
Result<ContractDescription> parse_view(std::string_view text);

} // namespace graft
