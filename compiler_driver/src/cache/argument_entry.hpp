// What Clang's driver makes of a set of flags, kept from one process to the next. The driver asks the file system some two
// hundred times where gcc's headers and libraries are; a bundle that is in the cache needs little else.
#pragma once

#include "input_record.hpp"

#include <graft/base/content_key.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graft::driver {

struct ArgumentEntry {
  std::vector<std::string> arguments; ///< of cc1
  InputRecord record;                 ///< what the driver looked at
};

/// The entry's name: all that the driver goes by besides the file system, which are its own arguments, this machine's
/// processor, and a few variables of the environment.
ContentKey argument_key(const ContentKey &compiler, std::span<const std::string> driver_arguments);

std::vector<char> to_bytes(const ArgumentEntry &entry);
std::optional<ArgumentEntry> argument_entry_from_bytes(std::span<const char> bytes);

} // namespace graft::driver
