// Definitions that no code mentions yet. As they were parsed they take nothing that the session does not keep anyway; as IR each
// input would take a module, and time.
#pragma once

#include "../global_names.hpp"

#include <clang/AST/DeclGroup.h>
#include <llvm/ADT/StringMap.h>

#include <string>
#include <vector>

namespace graft::driver {

/// Plain functions and variables whose initialiser is a constant: nobody can tell when their code is made.
class WaitingDefinitions {
 public:
  explicit WaitingDefinitions(clang::ASTContext &context) : names_(context) {}

  /// Whether nothing need be generated of `group` now: its definitions wait from here on, and it has nothing else.
  bool take(clang::DeclGroupRef group);
  /// Those that define one of `symbols`. They do not wait any more.
  std::vector<clang::Decl *> call(const std::vector<std::string> &symbols);
  bool defines(const std::string &symbol) const { return definitions_.contains(symbol); }

 private:
  GlobalNames names_;
  llvm::StringMap<clang::Decl *> definitions_; ///< by symbol
};

} // namespace graft::driver
