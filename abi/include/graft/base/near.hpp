// "Did you mean": the known name that is nearest to one that was not found.
#pragma once

#include <graft/base/export.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// The candidate with the smallest edit distance (Damerau-Levenshtein, adjacent swaps count one) to `name`, if it is at most a third of
/// the name's length plus one, and one for a name of less than five letters; empty when none is near.
GRAFT_API std::string nearest(std::string_view name, const std::vector<std::string> &candidates);

} // namespace graft
