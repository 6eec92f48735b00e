// Functions whose body is chosen when a program starts (`ifunc`, `target_clones`), for a linker that knows none.
#pragma once

namespace llvm {
class Module;
}

namespace graft::driver {

/// Replaces each by a function that jumps where a pointer says, which a constructor sets before all others. So its address
/// is one, whoever takes it, and the choice is data that a second image shares.
void lower_ifuncs(llvm::Module &module);

} // namespace graft::driver
