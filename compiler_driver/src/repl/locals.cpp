// See locals.hpp. Nobody is told that a scope ends; but before a name is looked up its token is read, and so is one behind
// it.
#include "locals.hpp"

#include <clang/AST/Decl.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Parse/Parser.h>
#include <clang/Sema/IdentifierResolver.h>
#include <clang/Sema/Scope.h>
#include <clang/Sema/Sema.h>

#include <array>
#include <vector>

namespace graft::driver {
namespace {

bool is_local(const clang::NamedDecl &declaration) {
  if (llvm::isa<clang::ParmVarDecl>(declaration)) return true; // of a prototype, whose context is the file
  const clang::DeclContext *context = declaration.getDeclContext()->getRedeclContext();
  return context->isFunctionOrMethod() || llvm::isa<clang::TopLevelStmtDecl>(context);
}

bool is_in_scope(const clang::Scope *scope, const clang::NamedDecl &declaration) {
  for (; scope != nullptr; scope = scope->getParent())
    if (scope->isDeclScope(&declaration)) return true;
  return false;
}

class Locals {
 public:
  Locals(clang::Parser &parser, clang::Sema &sema) : parser_(parser), sema_(sema) {}

  /// The scope that ends before a name may still be open when its token is read: the last names are looked at again.
  void see(const clang::Token &token) {
    if (clang::IdentifierInfo *name = token.isAnnotation() ? nullptr : token.getIdentifierInfo())
      last_[next_++ % last_.size()] = name;
    for (clang::IdentifierInfo *name : last_)
      if (name != nullptr && name->getFETokenInfo() != nullptr) end(name);
  }

 private:
  void end(clang::DeclarationName name) {
    std::vector<clang::NamedDecl *> ended;
    for (auto one = sema_.IdResolver.begin(name); one != sema_.IdResolver.end(); ++one)
      if (is_local(**one) && !is_in_scope(parser_.getCurScope(), **one)) ended.push_back(*one);
    for (clang::NamedDecl *one : ended) sema_.IdResolver.RemoveDecl(one);
  }

  clang::Parser &parser_;
  clang::Sema &sema_;
  std::array<clang::IdentifierInfo *, 4> last_ = {};
  unsigned next_ = 0;
};

} // namespace

std::function<void(const clang::Token &)> ends_of_locals(clang::Parser &parser, clang::Sema &sema) {
  return [locals = Locals(parser, sema)](const clang::Token &token) mutable { locals.see(token); };
}

} // namespace graft::driver
