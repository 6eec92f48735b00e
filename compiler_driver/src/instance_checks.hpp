// Contracts that have instances, and the types that providers name for them: the rules of graft/abi/instance.h, said at the
// line that breaks one.
#pragma once

#include "types.hpp"

#include <graft/base/facts.hpp>

#include <clang/AST/Decl.h>

namespace clang {
class CompilerInstance;
class TypedefNameDecl;
} // namespace clang

namespace graft::driver {

/// Whether the contract has instances: one of its functions takes a graft_instance_args. Then its first two are `create` and
/// `destroy` and all others take `void *` first; what is not so is reported.
bool check_instances(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract);

/// A GRAFT_INSTANCE, before it becomes a fact. False: it was refused.
bool check_instance_type(clang::CompilerInstance &compiler, const clang::TypedefNameDecl &named, const std::string &tag,
                         const Facts &facts);

/// Where the facts of one file stand.
struct InstancePlaces {
  llvm::DenseMap<unsigned, clang::SourceLocation> providers; ///< by index in facts.providers
  llvm::DenseMap<unsigned, clang::SourceLocation> instances; ///< by index in facts.instances
};

/// At the end of a file: every provider of a contract with instances names their type and has the two functions that make
/// and end them, and every type has its provider.
void check_instance_providers(clang::CompilerInstance &compiler, const Facts &facts, const InstancePlaces &places);

} // namespace graft::driver
