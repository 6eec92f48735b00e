// Kept variables leave their module, before anything is optimised: the code then knows them as undefined symbols only, and
// what the runtime needs to make them is offered under names of its own.
#pragma once

#include "unit.hpp"

namespace llvm {
class Module;
}

namespace graft::driver {

/// Turns every definition in `unit.facts.kept` into a declaration and fills in `binding`, `life` and `initial`; gives the
/// functions of kept classes and the migrations names that no other file has. Returns what is wrong, or nothing.
std::string move_kept_outside(llvm::Module &module, Unit &unit);

} // namespace graft::driver
