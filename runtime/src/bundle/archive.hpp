// A tar archive in memory as files: ustar and pax, uncompressed. No name that comes out of it leads anywhere but down.
#pragma once

#include <graft/base/result.hpp>
#include <graft/runtime.hpp>

#include <string_view>
#include <vector>

namespace graft {

/// The regular files, in the archive's order, without a folder that they all share. kInvalid, naming `archive`, for what is
/// no tar or is damaged; kUnsupported for a compressed one; kRefused for a name that leads out, and for links and devices.
Result<std::vector<MemoryFile>> read_tar(std::string_view bytes, const std::string &archive);

} // namespace graft
