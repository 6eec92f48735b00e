// Providers in IR: found by the records that GRAFT_PROVIDE leaves, and given thunks, so that no exception leaves a plugin.
#pragma once

#include "unit.hpp"

#include <string>

namespace llvm {
class Module;
}

namespace graft::driver {

/// For each provider record in `module`: completes its ProviderFacts (or adds one, unchecked, when the AST had none), makes
/// the thunks, and emits the array `graft_entries_TAG`. Runs before optimisation. Returns what is wrong with a table, in a sentence, or nothing.
std::string add_thunks(llvm::Module &module, Unit &unit);

} // namespace graft::driver
