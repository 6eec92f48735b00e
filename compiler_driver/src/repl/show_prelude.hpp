// What every session begins with: how values are told to the functions that show them. In C++ by templates that know a type by
// what it can do, so that no header of the standard library need be read for it.
#pragma once

#include <graft/driver/incremental.hpp>

#include <string>

namespace graft::driver {

std::string show_prelude(Language language);
/// What classes are shown by, in C++; parsed when the first one is.
std::string show_templates();

} // namespace graft::driver
