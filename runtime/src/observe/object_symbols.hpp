// The symbol tables of object files, for people to look at. The linker reads objects for itself; here nothing is trusted and
// nothing is linked.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/inspect.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// The named symbols of all objects: defined ones first, each part by name. Empty for what is no x86-64 ELF file.
std::vector<SymbolInfo> object_symbols(const std::vector<ObjectFile> &objects);

/// Who asks for a symbol that others define: "'go()' of part.o", "part.o" where no function is known; empty when nobody
/// does.
std::string asker_of(const std::vector<ObjectFile> &objects, std::string_view symbol);

/// A symbol as people write it; as it is when it is not C++'s.
std::string demangle(const std::string &name);

} // namespace graft
