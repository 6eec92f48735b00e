// Lambdas and types without a name are numbered by Clang as code for them comes up, which may differ between the two
// compiles of one text (images.hpp, M4). What has such a number in its name gets one that says where it stands in the source
// instead.
#pragma once

#include "unit.hpp"

#include <llvm/ADT/StringRef.h>

namespace clang {
class ASTContext;
class CodeGenerator;
} // namespace clang
namespace llvm {
class Module;
} // namespace llvm

namespace graft::driver {

/// Whether a symbol's name has such a number in it.
bool is_numbered(llvm::StringRef name);

/// Renames what is local to the file, and what `facts` say of it. What cannot be placed gets a name that no first image has,
/// when it is for a second.
void name_by_place(clang::CodeGenerator &generator, llvm::Module &module, const clang::ASTContext &context, Role role,
                   Facts &facts);

} // namespace graft::driver
