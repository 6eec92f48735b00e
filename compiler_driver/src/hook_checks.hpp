// What a hook's struct must be: the rules of graft/abi/hook.h, said at the line that breaks one.
#pragma once

#include <graft/base/facts.hpp>
#include <graft/base/hook_rule.hpp>

#include <clang/AST/Decl.h>

namespace clang {
class CompilerInstance;
} // namespace clang

namespace graft::driver {

/// One function: a status; a graft_hook_context, a payload and a decision, which begin with their sizes. And a rule whose
/// numbers agree with each other. What is not so is reported at `where`, or at the function.
void check_hook(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract,
                const graft_hook_info &rule, clang::SourceLocation where);

} // namespace graft::driver
