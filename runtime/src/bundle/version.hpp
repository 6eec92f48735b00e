// Semantic versions (semver.org 2.0) and contract references, as a manifest spells them. Text in, value out; where it stood
// is the caller's business.
#pragma once

#include "manifest.hpp"

#include <optional>
#include <string_view>

namespace graft {

/// `1.2.3`, with an optional `-pre.release` and `+build`. Nothing for anything else, such as `1.2` or `01.2.3`.
std::optional<Version> parse_version(std::string_view text);

/// `name@major` or `name@major.minor`. Nothing for anything else; `where` is left empty.
std::optional<ContractRef> parse_contract_ref(std::string_view text);

} // namespace graft
