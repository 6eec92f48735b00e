// Definitions that take the place of older ones. Clang itself says which: its error for a second definition names the place of
// the first. That is hidden from look-up, the input is parsed again, and the new definition gets a symbol of its own. What was
// compiled against the older one keeps it.
#pragma once

#include "../diagnostics.hpp"
#include "unlink.hpp"

#include <llvm/ADT/StringRef.h>

#include <functional>
#include <string>
#include <vector>

namespace clang {
class Decl;
class DecompositionDecl;
class NamedDecl;
class Sema;
} // namespace clang

namespace graft::driver {

/// What an input wants to define and cannot, because it is there already.
struct Clashes {
  std::vector<clang::SourceLocation> places; ///< of the older ones
  std::string name;                          ///< of one whose place Clang does not tell
  bool is_unplaced = false;
};

/// Collects what Clang says of one input, and where the definitions stand that it says were there already.
class InputDiagnostics : public DiagnosticCollector {
 public:
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) override;
  Clashes take_clashes() { return std::exchange(clashes_, {}); }

 private:
  Clashes clashes_;
};

/// One hidden declaration at a time; takes them back when the input is not accepted after all.
class Shadows {
 public:
  explicit Shadows(clang::Sema &sema) : sema_(sema) {}

  /// A translation unit for the next input. `namespace {` goes on with the one of the inputs before it, so that what both define is
  /// defined again, and is not ambiguous.
  void begin_unit();
  /// The visible declarations of earlier inputs that are in the way.
  std::vector<clang::NamedDecl *> find(const Clashes &clashes) const;
  void hide(clang::NamedDecl &declaration);
  void unhide_all();
  const std::vector<clang::NamedDecl *> &hidden() const { return hidden_; }
  /// Those of the input that `declaration` is of, whose names were hidden for it, get symbols with `tag` in them; functions
  /// and variables where a definition was hidden, whether or not there is code of it yet, or the symbol `is_taken`.
  void rename(clang::Decl &declaration, const std::string &tag, const std::function<bool(const std::string &)> &is_taken) const;
  void accept();

 private:
  void rename_bindings(clang::DecompositionDecl &bindings, const std::string &tag,
                       const std::function<bool(const std::string &)> &is_taken) const;
  void give_symbol(clang::NamedDecl &declaration, const std::string &tag,
                   const std::function<bool(const std::string &)> &is_taken) const;
  bool replaces_hidden(const clang::NamedDecl &declaration) const;
  bool redefines_hidden(const clang::NamedDecl &declaration) const;

  clang::Sema &sema_;
  std::vector<clang::NamedDecl *> hidden_;
  clang::NamespaceDecl *unnamed_ = nullptr; ///< of what was accepted
};

/// Takes what the newest translation unit declared out of look-up, and puts back what it had redeclared.
void clean_up_newest(clang::Sema &sema, Generated generated);

} // namespace graft::driver
