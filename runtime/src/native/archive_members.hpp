// A static archive (.a) as the objects in it.
#pragma once

#include <graft/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Borrows the archive's bytes.
struct ArchiveMember {
  std::string name;
  std::string_view bytes;
};

/// All members but the archive's own tables, in their order. kInvalid for what is no archive or a damaged one, kUnsupported
/// for a thin one, whose members lie elsewhere.
Result<std::vector<ArchiveMember>> archive_members(std::string_view bytes, const std::string &file);

} // namespace graft
