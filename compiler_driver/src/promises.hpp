// What of a C++ function's being `nounwind` its author promised. Clang says the same of a function in which it saw nothing that throws,
// and running out of stack is not to be seen.
#pragma once

namespace clang {
class CodeGenerator;
} // namespace clang
namespace llvm {
class Function;
} // namespace llvm

namespace graft::driver {

/// Whether Clang inferred that nothing is thrown out of a function that promises nothing, and what is thrown finds its way past the
/// functions of the module that call it: Clang leaves out what cleans up behind a call of such a function, so a caller that
/// would have to clean up, or to catch, makes a promise of it. Before anything is optimised.
bool is_merely_inferred(const llvm::Function &function, clang::CodeGenerator &generator);

} // namespace graft::driver
