// Statements outside of functions, where C++ has none: what Clang's parser does not take there, or takes and cannot compile.
#pragma once

#include <clang/Sema/DelayedDiagnostic.h>
#include <clang/Sema/Sema.h>

#include <string>

namespace clang {
class Parser;
class Preprocessor;
class TopLevelStmtDecl;
} // namespace clang

namespace graft::driver {

/// `#pragma once` without the pragma: outside of a file Clang looks for the file to read once, and crashes.
std::string without_pragma_once(std::string text);

/// `module;` and `export module name;`, behind which Clang would take all that the session declares for the module's. Says
/// so, and reads on behind it.
bool refuse_module(clang::Parser &parser, clang::Sema &sema);

/// A sign at the beginning of a statement is a method of Objective-C to the parser, and assembly with operands that of a
/// file. Puts `(void)0,` before the one and `if (1)` before the other.
void lead_in(clang::Parser &parser, clang::Preprocessor &preprocessor);

/// While one lives, and the parser stands before a statement, what is found to be deprecated, unavailable or private is said
/// when the statement is there: until then Clang has no place for it, and crashes.
class StatementScope {
 public:
  StatementScope(clang::Parser &parser, clang::Sema &sema);
  ~StatementScope() { finish(/*parsed=*/nullptr); }
  StatementScope(const StatementScope &) = delete;
  StatementScope &operator=(const StatementScope &) = delete;

  /// `parsed` is what the parser made; null: nothing.
  void finish(clang::Decl *parsed);

 private:
  clang::Sema &sema_;
  clang::sema::DelayedDiagnosticPool pool_{/*parent=*/nullptr};
  clang::Sema::ParsingDeclState before_;
  bool is_open_;
};

/// Outside of functions Clang drops `return` without a word, and all of the statement that is nothing without it. Says that
/// it is an error, and leaves no statement empty. `range` is where the parser stood before and behind it.
void refuse_returns(clang::Sema &sema, clang::TopLevelStmtDecl &statement, clang::SourceRange range);

/// Enters a text that no macro of the session changes. `name` is what messages call it.
void enter_unexpanded(clang::Preprocessor &preprocessor, const std::string &text, const char *name);

/// What a statement declares inside - lambdas, local classes, statics - has no function that it is in, so that it has no
/// symbols either: Clang crashes on them in C++20 and newer. Makes it local to a function `name` that is never compiled.
void give_home(clang::Sema &sema, clang::TopLevelStmtDecl &statement, const std::string &name);

} // namespace graft::driver
