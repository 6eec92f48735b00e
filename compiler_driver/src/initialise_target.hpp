// LLVM's code generator for this machine, which has to be asked for before the first use.
#pragma once

namespace graft::driver {

/// Threads: any; only the first call does something.
void initialise_target();

} // namespace graft::driver
