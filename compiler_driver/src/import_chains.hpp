// Which line of the author's leads to a symbol that only headers of the system name: `std::this_thread::sleep_for` asks for
// `nanosleep`, and somebody called it. Told from the code that was made, with the places that Clang noted in it; so
// constructors, destructors, default arguments and what the optimiser put in another's place are found like calls.
//
// A compile with such places takes longer and is made for whoever has to name the line (Need::kPlaces), and nobody else.
#pragma once

#include <graft/base/artifact.hpp>

#include <llvm/ADT/StringMap.h>

#include <optional>
#include <string>
#include <vector>

namespace clang {
class CompilerInstance;
class SourceManager;
} // namespace clang
namespace llvm {
class DILocation;
class DIScope;
class Function;
class GlobalValue;
class Instruction;
class Module;
} // namespace llvm

namespace graft::driver {

/// One compile's. Borrows the source manager.
class ImportChains {
 public:
  /// Has `compiler`, which has made no code yet, note places in it. The object stays the same.
  static void ask_for_places(clang::CompilerInstance &compiler);

  /// `module`: not optimised yet, so that no place was lost.
  ImportChains(const clang::SourceManager &sources, const llvm::Module &module);
  /// Looks again, once `module` was optimised: what is found then stands for what was found before, since code that never
  /// runs is gone.
  void look(const llvm::Module &module);
  /// Fills `where` of each import that has none and that a line of the author's leads to.
  void place(std::vector<Import> &imports) const;

 private:
  struct File {
    std::string shown; ///< its name in messages
    bool is_authors = false;
  };

  void know_files(const clang::SourceManager &sources, const llvm::Module &module);
  std::optional<SourcePos> first_place(const llvm::GlobalValue &symbol) const;
  std::optional<SourcePos> place_of(const llvm::Instruction &instruction) const;
  std::optional<SourcePos> place_of(const llvm::DILocation *location) const;
  /// Nothing when it is a header's of the system.
  std::optional<std::string> authors_file(const llvm::DIScope &scope) const;
  bool is_before(const SourcePos &left, const SourcePos &right) const;

  llvm::StringMap<File> files_; ///< by absolute path
  std::string main_;            ///< the source, as messages name it
  llvm::StringMap<SourcePos> places_;
};

} // namespace graft::driver
