// What the macros of graft/abi/contract.h must not be used for, said at the line that does it.
#pragma once

#include <graft/base/facts.hpp>

#include <clang/AST/Decl.h>
#include <clang/Lex/PPCallbacks.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/StringMap.h>

namespace clang {
class AnnotateAttr;
class CompilerInstance;
} // namespace clang

namespace graft::driver {

/// Where GRAFT_KEEP is used and has not been seen on a variable yet, and where each contract is provided.
struct MacroUses {
  llvm::DenseSet<clang::SourceLocation> keeps;
  llvm::StringMap<clang::SourceLocation> provides;
};

/// Fills MacroUses as the preprocessor goes, and reports the second GRAFT_PROVIDE of one contract.
class MacroWatcher : public clang::PPCallbacks {
 public:
  MacroWatcher(clang::CompilerInstance &compiler, MacroUses &uses) : compiler_(compiler), uses_(uses) {}

  void MacroExpands(const clang::Token &name, const clang::MacroDefinition &definition, clang::SourceRange range,
                    const clang::MacroArgs *arguments) override;

 private:
  clang::CompilerInstance &compiler_;
  MacroUses &uses_;
};

/// A contract has a name and holds function pointers that take what they declare and whose results fit into registers.
void check_contract(clang::CompilerInstance &compiler, const clang::RecordDecl &record, const ContractFacts &contract,
                    const clang::AnnotateAttr &attribute);

/// Both numbers fit into the 16 bits that a contract carries.
void check_version(clang::CompilerInstance &compiler, const ContractFacts &contract, const clang::AnnotateAttr &attribute,
                   std::int64_t major, std::int64_t minor);

/// `what` refers to types that nest deeper than a walk over them may go.
void refuse_depth(clang::CompilerInstance &compiler, clang::SourceLocation location, const std::string &what);

/// A kept variable is one that a reload can hand on. False: it was refused.
bool check_kept(clang::CompilerInstance &compiler, MacroUses &uses, const clang::VarDecl &variable,
                const clang::AnnotateAttr &attribute);
void refuse_kept_template(clang::CompilerInstance &compiler, MacroUses &uses, const clang::VarDecl &variable,
                          const clang::AnnotateAttr &attribute);

/// A GRAFT_MIGRATE is between two complete types. False: it was refused.
bool check_migration(clang::CompilerInstance &compiler, const clang::FunctionDecl &function);

/// Refuses the uses of GRAFT_KEEP that no variable at namespace scope accounts for.
void check_stray_keeps(clang::CompilerInstance &compiler, const MacroUses &uses);

} // namespace graft::driver
