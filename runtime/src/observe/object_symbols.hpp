// The symbol tables of object files, for people to look at. The linker reads objects for itself; here nothing is trusted and
// nothing is linked.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/inspect.hpp>

#include <vector>

namespace graft {

/// The named symbols of all objects: defined ones first, each part by name. Empty for what is no x86-64 ELF file.
std::vector<SymbolInfo> object_symbols(const std::vector<ObjectFile> &objects);

} // namespace graft
