// For messages: which of the author's types, somewhere inside of a type, is not what it was.
#pragma once

#include <graft/base/facts.hpp>

#include <string>

namespace graft {

/// ", and 'struct item' inside changed": the innermost of them; empty where the type itself is the one. Never for anything but words.
std::string changed_inside(const Facts &old, TypeIndex from, const Facts &fresh, TypeIndex to);

} // namespace graft
