// What nothing in a module leads to.
#pragma once

namespace llvm {
class Module;
}

namespace graft::driver {

/// Takes out functions and variables that may be left out and that nothing mentions.
void drop_dead(llvm::Module &module);

} // namespace graft::driver
