// Module to object, IR text or assembly: Clang's own pipeline, so that code is what `clang` would make of it.
#pragma once

#include "unit.hpp"

#include <llvm/ADT/IntrusiveRefCntPtr.h>

namespace clang {
class CompilerInstance;
}
namespace llvm {
class Module;
}

namespace graft::driver {

/// Optimises and emits `module` as an object. Errors go to the instance's diagnostics engine.
void emit_object(clang::CompilerInstance &compiler, llvm::Module &module, std::vector<char> &out);

/// Optimises and emits `module` into `unit`: output, bitcode when asked for, symbols, times. Errors go to the instance's
/// diagnostics engine.
void run_back_end(clang::CompilerInstance &compiler, llvm::Module &module, const UnitRequest &request, Unit &unit);

} // namespace graft::driver
