// Learned functions that are marked always_inline. Without optimisation Clang would inline, and so compile, each of them in
// each file again; where nobody can tell the difference they are called instead.
#pragma once

#include <llvm/ADT/ArrayRef.h>

namespace clang {
class FunctionDecl;
class TargetInfo;
} // namespace clang
namespace llvm {
class Module;
}

namespace graft::driver {

class GlobalNames;

/// Takes the mark from those of `functions` whose code in `module` means the same in a frame of its own.
void call_out_of_line(llvm::ArrayRef<clang::FunctionDecl *> functions, const llvm::Module &module,
                      const clang::TargetInfo &target, GlobalNames &names);

} // namespace graft::driver
