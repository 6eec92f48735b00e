// String literals, and `__func__`, are counted up by Clang in the order in which it meets them, which may differ between the
// two compiles of one text (images.hpp, M2). They get names that say what is in them.
#pragma once

namespace llvm {
class Module;
}

namespace graft::driver {

/// For modules of first and second images. Before anything is optimised.
void name_literals(llvm::Module &module);

} // namespace graft::driver
