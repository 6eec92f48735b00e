// Recipes as bytes and back. What a recipe nests (types of types) is bounded when it is read: one that nests deeper is left
// out, and learned again.
#pragma once

#include "recipe.hpp"

#include <optional>
#include <span>
#include <vector>

namespace graft::driver {

std::vector<char> to_bytes(const std::vector<Recipe> &recipes);
/// Nothing for damaged bytes.
std::optional<std::vector<Recipe>> recipes_from_bytes(std::span<const char> bytes);

} // namespace graft::driver
