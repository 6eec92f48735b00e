// The keys of a manifest that are tables of their own or lists of them: requirements, hooks, limits, policies.
#pragma once

#include "table_reader.hpp"

namespace graft {

/// `requires` or `host_requires`: each a text, or a table with `contract`, `version`, `optional` and, for bundles, `bundle`
/// and `bundle_version`.
Result<std::vector<Want>> read_wants(const TableReader &reader, std::string_view key);

/// `config`: a table for each setting, with `type`, `default`, `min`, `max`, `required`, `choices` and `description`.
Result<SettingRules> read_settings(const TableReader &reader);

/// `hooks`, `permissions`, `limits`, `state`, `cascade`.
Result<void> read_policies(const TableReader &reader, Manifest &manifest);

} // namespace graft
