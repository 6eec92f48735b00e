// Which kept variable of the old version is which of the new one.
#pragma once

#include <graft/base/facts.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace graft {

/// For each of `fresh`, the index of its predecessor among `old`: the one of the same qualified name, and where several
/// files keep a static of that name, of the same file. A file that was renamed changes nothing while the name is the only
/// one.
std::vector<std::optional<std::size_t>> match_kept(const std::vector<KeptFacts> &old, const std::vector<KeptFacts> &fresh);

} // namespace graft
