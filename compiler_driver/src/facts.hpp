// Facts from the AST: contracts, providers, kept state; and the checks that only the AST allows.
#pragma once

#include <graft/base/facts.hpp>
#include <graft/driver/compiler.hpp>

#include <memory>

namespace clang {
class ASTConsumer;
class CompilerInstance;
} // namespace clang

namespace graft::driver {

/// The consumer that looks at each declaration as it is parsed and fills `facts`. Wrong contracts are reported as errors of
/// the instance's engine. With `Kept::kOutside`, what kept variables need is prepared in the AST. `facts` must outlive it.
std::unique_ptr<clang::ASTConsumer> make_facts_consumer(clang::CompilerInstance &compiler, Facts &facts, Kept kept);

} // namespace graft::driver
