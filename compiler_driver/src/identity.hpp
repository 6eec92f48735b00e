// What of a module of learned functions cannot be had twice: somebody could tell the second from the first.
#pragma once

#include <set>
#include <string>

namespace clang {
class CodeGenerator;
}
namespace llvm {
class Module;
}

namespace graft::driver {

/// Symbols that have to be the source's own: constants and functions without linkage whose address is taken, types without
/// linkage; functions that name a pointer to a literal; and functions whose statics are named by other functions within them,
/// for it is they that initialise these. ([basic.def.odr] lets inline functions name such things in a program of one file.) Constants of empty classes are not
/// among them: tags, of which whole libraries take addresses, and which nobody compares by address.
std::set<std::string> with_identity(const llvm::Module &module, clang::CodeGenerator &generator);

} // namespace graft::driver
