// A precompiled head as bytes and back, with what was learned of it: for the cache, so that the first edit in a new process
// is as quick as the second.
#pragma once

#include "preamble.hpp"

#include <optional>
#include <span>
#include <vector>

namespace graft::driver {

/// A head, and all recipes that it was made from.
struct StoredHead {
  std::shared_ptr<Preamble> preamble; ///< `code` is left to the caller
  std::vector<Recipe> recipes;
  ContentKey code; ///< of the HeaderCode that it needs; all zero: none
};

std::vector<char> to_bytes(const Preamble &preamble, const std::vector<Recipe> &recipes);
/// Nothing for damaged bytes.
std::optional<StoredHead> head_from_bytes(std::span<const char> bytes);

} // namespace graft::driver
