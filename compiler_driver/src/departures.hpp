// Whether a source changes what its headers mean to themselves: declares into their namespaces, or specialises their
// templates for types that are not its own, or defines at global scope what they look up there. What was instantiated before
// it was read may then not be what it asks for.
#pragma once

#include "open_names.hpp"
#include "recipe.hpp"

namespace clang {
class Decl;
}

namespace graft::driver {

/// `declaration`: at namespace scope, of the source itself. `open`: the names that the head leaves open (open_names.hpp).
/// True whenever it cannot be told.
bool departs_from_headers(const clang::Decl &declaration, RecipeWriter &recipes, const OpenNames &open);

} // namespace graft::driver
