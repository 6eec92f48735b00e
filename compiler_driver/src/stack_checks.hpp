// A plugin that recurses without end fails a call instead of ending the process: code that compares the stack pointer with
// its thread's limit, in each function that may run out of stack (decision 0030, graft/base/stack_check.hpp).
//
//   S1  It is put in behind all optimisation, so that what was inlined is checked once and what became a loop not at all.
//   S2  Until then a function that will be checked counts as one that may throw: optimisers remove what nothing throws
//       past, and that are the destructors which have to run.
//   S3  A function that promised not to throw (promises.hpp), in C++ with exceptions, keeps the promise: running out of stack in it ends
//       the process, as an exception would that leaves it; but first it is put off (L3 of graft/jit/stack_limit.hpp), so
//       that one that is met by chance where the stack ends does not. Where exceptions are off there are no destructors to
//       run, and the exception passes.
//
// Clang's own attribute for `-fsplit-stack` says which functions are to be checked; it is gone when LLVM emits code, which
// would make something else of it.
#pragma once

namespace clang {
class CodeGenOptions;
class CodeGenerator;
class LangOptions;
} // namespace clang
namespace llvm {
class Function;
class IRBuilderBase;
class Module;
class Value;
} // namespace llvm

namespace graft::driver {

/// Of bitcode that another compiler made, and says nothing of it: all of it is to be checked, if the flags say so.
void want_stack_checks(llvm::Module &module, const clang::CodeGenOptions &options);
/// Finds the functions that may run out of stack, and notes them in the module. Before thunks are made and anything is
/// optimised. Where there is a source, `generator` made the module of it, and what Clang inferred is no promise.
void mark_stack_users(llvm::Module &module, const clang::LangOptions &language, clang::CodeGenerator *generator = nullptr);

/// Whether a function was found, and is checked or calls what is.
bool may_overflow(const llvm::Function &function);
/// Whether that ends the process (S3).
bool ends_at_overflow(const llvm::Function &function);

/// Code that asks whether the stack is spent; for a thunk, which then returns a status. An i1.
llvm::Value *ask_for_stack(llvm::IRBuilderBase &builder);
/// Whether that is the function which it calls until the checks are in.
bool asks_for_stack(const llvm::Function &function);

/// Has optimisers keep S2.
void keep_throwing(clang::CodeGenOptions &options);
/// Behind all optimisation: forgets the questions of functions that turned out to end.
void drop_needless_questions(llvm::Module &module);
/// Behind that: puts the checks in.
void add_stack_checks(llvm::Module &module);

} // namespace graft::driver
