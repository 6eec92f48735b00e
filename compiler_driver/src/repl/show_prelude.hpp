// What every session begins with: how values are told to the functions that show them. In C++ by templates that know a type by
// what it can do, so that no header of the standard library need be read for it.
#pragma once

#include <graft/driver/incremental.hpp>

#include <string>

namespace graft::driver {

std::string show_prelude(Language language);
/// What classes are shown by, in C++; parsed when the first one is.
std::string show_templates();
/// A template means what was declared before it was used first. So that a `graft_show` that is declared later counts, what shows
/// classes is there in versions: under other names the same again.
std::string in_version(std::string text, unsigned version);
/// What shows a value by them.
inline constexpr const char *kShowValue = "graft_show_value";

} // namespace graft::driver
