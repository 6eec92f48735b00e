// May this function throw? A short look, for code that no optimiser has seen yet.
#pragma once

namespace llvm {
class Function;
}

namespace graft::driver {

/// False only when it is certain: every instruction is known not to throw, through calls a few levels deep.
bool may_throw(const llvm::Function &function);

} // namespace graft::driver
