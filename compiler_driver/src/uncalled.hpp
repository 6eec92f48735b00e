// For coverage: functions that nobody calls have lines, too, which did not run. Clang emits none of those that are static,
// inline or members of a class, so that nothing would count them.
//
// They are emitted, so that they have the lines that they would have if somebody called them; these become a linker set of
// records, `graft_uncalled` (graft/test/record.h), and the functions go again: what they alone refer to is not asked for.
// Templates that nothing instantiates have no code, and no lines.
#pragma once

#include <memory>

namespace clang {
class ASTConsumer;
class CodeGenerator;
class CompilerInstance;
} // namespace clang
namespace llvm {
class Module;
}

namespace graft::driver {

/// Whether this compile counts what runs.
bool counts_coverage(const clang::CompilerInstance &compiler);

/// Asks `generator` for all that the author's own files define. To be told of the end of the file before `generator` is.
std::unique_ptr<clang::ASTConsumer> make_uncalled_emitter(clang::CompilerInstance &compiler,
                                                          clang::CodeGenerator &generator);

/// Puts lines in the place of functions that nobody calls. Also, of the variants of a constructor or destructor one counts:
/// one calls the other.
void replace_uncalled(clang::CompilerInstance &compiler, clang::CodeGenerator &generator, llvm::Module &module);

} // namespace graft::driver
