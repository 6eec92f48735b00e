// Whether a program can find out where an object lies: then a second one like it is not the same.
#pragma once

namespace llvm {
class GlobalVariable;
}

namespace graft::driver {

/// Of a constant without linkage. Its own module may load from it, step through it, and pass it to functions that do no more;
/// what stores its address, returns it, or compares it with what may be another, lets it escape. Initialisers are not looked
/// at. True whenever it cannot be told.
bool address_escapes(const llvm::GlobalVariable &constant);

} // namespace graft::driver
