// What the macros left in machine code: provider records and entry points, read without running or loading any of it.
#pragma once

#include "elf_file.hpp"

#include <graft/base/facts.hpp>

namespace graft {

/// What comes before the tag in the name of a provider's record.
inline constexpr std::string_view kProviderRecord = "graft_provider_";

/// Providers are unchecked: `table_symbol` is their record, which names the table once it is linked, and `entries` only
/// tells which functions there are. kIncompatible for a record of another ABI, kInvalid for one that cannot be read.
Result<Facts> read_provider_records(const ElfFile &file);

} // namespace graft
