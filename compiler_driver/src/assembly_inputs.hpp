// Inline assembly that reads files or can hide that it does: what it reads passes by Clang's file system, and nobody could
// tell when it changes.
#pragma once

#include <string>

namespace llvm {
class Module;
}

namespace graft::driver {

/// The directive that makes `module` unrepeatable, ".incbin in inline assembly"; empty when there is none.
std::string unrepeatable_assembly(const llvm::Module &module);

} // namespace graft::driver
