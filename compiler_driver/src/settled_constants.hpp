// Constants of a header that Clang initialises when the program starts, although what they are is known before:
// `static const Tag tag;` where Tag has an empty constructor that is no constant expression.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>

namespace llvm {
class Module;
}

namespace graft::driver {

/// Gives variables of `module` their value, and makes them constants of it, where `is_const` says that the program cannot
/// change them, and where their initialiser does nothing else and depends on nothing that changes. The initialiser stays.
void settle_constants(llvm::Module &module, llvm::function_ref<bool(llvm::StringRef symbol)> is_const);

} // namespace graft::driver
