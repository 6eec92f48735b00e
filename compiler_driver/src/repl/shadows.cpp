// See shadows.hpp.
#include "shadows.hpp"

#include "../global_names.hpp"
#include "unlink.hpp"

#include <clang/AST/Attr.h>
#include <clang/AST/DeclContextInternals.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/CharInfo.h>
#include <clang/Basic/DiagnosticAST.h>
#include <clang/Basic/DiagnosticSema.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Sema/IdentifierResolver.h>
#include <clang/Sema/Scope.h>
#include <clang/Sema/Sema.h>

#include <algorithm>

namespace graft::driver {
namespace {

bool tells_of_an_older_one(unsigned id) {
  return id == clang::diag::note_previous_definition || id == clang::diag::note_previous_declaration ||
         id == clang::diag::note_previous_use ||
         id == clang::diag::note_previous_implicit_declaration;
}

clang::DeclContext &home(const clang::NamedDecl &declaration) {
  return *const_cast<clang::DeclContext *>(declaration.getDeclContext())->getRedeclContext()->getPrimaryContext();
}

void remove_from(clang::DeclContext &context, const clang::NamedDecl &declaration) {
  clang::StoredDeclsMap *map = context.buildLookup();
  if (map == nullptr) return;
  const auto found = map->find(declaration.getDeclName());
  if (found == map->end()) return;
  std::vector<clang::NamedDecl *> same;
  for (clang::NamedDecl *one : found->second.getLookupResult())
    if (one->getCanonicalDecl() == declaration.getCanonicalDecl()) same.push_back(one);
  for (clang::NamedDecl *one : same) found->second.remove(one);
  if (found->second.isNull()) map->erase(found);
}

/// Out of its home, and out of what an inline namespace lends its members to.
void remove_from_homes(const clang::NamedDecl &declaration) {
  clang::DeclContext *context = &home(declaration);
  remove_from(*context, declaration);
  while (context->isInlineNamespace() || context->isTransparentContext()) {
    context = context->getParent()->getPrimaryContext();
    remove_from(*context, declaration);
  }
}

bool is_visible(const clang::NamedDecl &declaration) {
  return llvm::is_contained(home(declaration).lookup(declaration.getDeclName()), &declaration);
}

void remove_from_scopes(clang::Sema &sema, clang::NamedDecl &declaration) {
  if (declaration.getIdentifier() == nullptr || declaration.getDeclName().getFETokenInfo() == nullptr) return;
  const auto begin = sema.IdResolver.begin(declaration.getDeclName());
  if (std::find(begin, sema.IdResolver.end(), &declaration) == sema.IdResolver.end()) return;
  sema.IdResolver.RemoveDecl(&declaration);
  if (sema.TUScope != nullptr) sema.TUScope->RemoveDecl(&declaration);
}

bool takes_the_same(const clang::FunctionDecl &one, const clang::FunctionDecl &other) {
  const clang::ASTContext &context = one.getASTContext();
  const auto is_same = [&](const clang::ParmVarDecl *a, const clang::ParmVarDecl *b) {
    return context.hasSameUnqualifiedType(a->getType(), b->getType());
  };
  return std::ranges::equal(one.parameters(), other.parameters(), is_same);
}

/// Calls `visit` with each named declaration in `context`, those in namespaces and enumerations too.
void visit_named(clang::DeclContext &context, const std::function<void(clang::NamedDecl &)> &visit) {
  for (clang::Decl *one : context.noload_decls()) {
    if (auto *named = llvm::dyn_cast<clang::NamedDecl>(one)) visit(*named);
    if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::EnumDecl, clang::ExportDecl>(one))
      visit_named(*llvm::cast<clang::DeclContext>(one), visit);
  }
}

} // namespace

void InputDiagnostics::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) {
  if (level == clang::DiagnosticsEngine::Note && tells_of_an_older_one(info.getID())) clashes_.places.push_back(info.getLocation());
  if (level == clang::DiagnosticsEngine::Error && !clashes_.is_unplaced && info.getLocation().isFileID()) {
    const char *begin = info.getSourceManager().getCharacterData(info.getLocation());
    const char *end = begin;
    while (clang::isAsciiIdentifierContinue(*end)) ++end; // a buffer ends with a null
    clashes_.name.assign(begin, end);
  }
  // Told instead of the note when both stand at the same offset of their inputs.
  clashes_.is_unplaced |= info.getID() == clang::diag::note_redefinition_include_same_file;
  clashes_.is_unplaced |= info.getID() == clang::diag::err_odr_tag_type_inconsistent; // of C23
  DiagnosticCollector::HandleDiagnostic(level, info);
}

std::vector<clang::NamedDecl *> Shadows::find(const Clashes &clashes) const {
  const std::vector<clang::SourceLocation> &places = clashes.places;
  const auto is_meant = [&](const clang::NamedDecl &one) {
    if (std::ranges::find(places, one.getLocation()) != places.end()) return true;
    if (const auto *alias = llvm::dyn_cast<clang::TypeAliasTemplateDecl>(&one)) // is where its "using" is
      if (std::ranges::find(places, alias->getTemplatedDecl()->getLocation()) != places.end()) return true;
    if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&one)) // a default argument is defined again
      for (const clang::ParmVarDecl *parameter : function->parameters())
        if (std::ranges::find(places, parameter->getLocation()) != places.end()) return true;
    return clashes.is_unplaced && one.getIdentifier() != nullptr && one.getName() == clashes.name &&
           !llvm::isa<clang::FunctionDecl>(one);
  };
  std::vector<clang::NamedDecl *> found;
  clang::TranslationUnitDecl *newest = sema_.Context.getTranslationUnitDecl();
  for (clang::TranslationUnitDecl *unit = newest->getPreviousDecl(); unit != nullptr; unit = unit->getPreviousDecl())
    visit_named(*unit, [&](clang::NamedDecl &one) {
      if (one.getLocation().isInvalid() || !is_meant(one)) return;
      // Clang adds a specialisation that is defined again to the older one, and to nothing else.
      if (auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&one)) return end_with(*made);
      if (!is_visible(one)) return;
      if (one.getDeclContext()->isRecord()) return; // what its class does not declare cannot be defined
      if (sema_.SourceMgr.getFileEntryRefForID(sema_.SourceMgr.getFileID(one.getLocation()))) return; // a header's stays
      if (std::ranges::find(found, &one) == found.end()) found.push_back(&one);
    });
  return found;
}

void Shadows::hide(clang::NamedDecl &declaration) {
  hidden_.push_back(&declaration);
  remove_from_homes(declaration);
  remove_from(*sema_.Context.getExternCContextDecl(), declaration);
  remove_from_scopes(sema_, declaration);
  if (auto *enumeration = llvm::dyn_cast<clang::EnumDecl>(&declaration))
    for (clang::EnumConstantDecl *one : enumeration->enumerators()) hide(*one);
}

void Shadows::begin_unit() {
  sema_.Context.addTranslationUnitDecl();
  sema_.Context.getTranslationUnitDecl()->setAnonymousNamespace(unnamed_);
}

void Shadows::accept() {
  hidden_.clear();
  unnamed_ = sema_.Context.getTranslationUnitDecl()->getAnonymousNamespace();
}

void Shadows::unhide_all() {
  for (clang::NamedDecl *one : hidden_) {
    home(*one).makeDeclVisibleInContext(one);
    if (!sema_.getLangOpts().CPlusPlus && sema_.TUScope != nullptr) sema_.PushOnScopeChains(one, sema_.TUScope, /*AddToContext=*/false);
  }
  hidden_.clear();
}

bool Shadows::replaces_hidden(const clang::NamedDecl &declaration) const {
  return std::ranges::any_of(hidden_, [&](const clang::NamedDecl *old) {
    return old->getDeclName() == declaration.getDeclName() && &home(*old) == &home(declaration);
  });
}

/// Whether an older one that it replaces has code, or will have when it is asked for.
bool Shadows::redefines_hidden(const clang::NamedDecl &declaration) const {
  return std::ranges::any_of(hidden_, [&](const clang::NamedDecl *old) {
    if (old->getDeclName() != declaration.getDeclName() || &home(*old) != &home(declaration)) return false;
    if (const auto *variable = llvm::dyn_cast<clang::VarDecl>(old))
      return variable->hasDefinition() != clang::VarDecl::DeclarationOnly;
    const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration);
    const auto *older = llvm::dyn_cast<clang::FunctionDecl>(old);
    return function != nullptr && older != nullptr && older->isDefined() && takes_the_same(*older, *function);
  });
}

void Shadows::rename(clang::Decl &declaration, const std::string &tag,
                     const std::function<bool(const std::string &)> &is_taken) const {
  if (hidden_.empty()) return;
  if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl>(declaration)) {
    for (clang::Decl *one : llvm::cast<clang::DeclContext>(declaration).decls()) rename(*one, tag, is_taken);
    return;
  }
  auto *named = llvm::dyn_cast<clang::NamedDecl>(&declaration);
  if (auto *bindings = llvm::dyn_cast_or_null<clang::DecompositionDecl>(named)) return rename_bindings(*bindings, tag, is_taken);
  if (auto *alias = llvm::dyn_cast_or_null<clang::TypedefNameDecl>(named); alias != nullptr && replaces_hidden(*alias))
    if (clang::TagDecl *unnamed = alias->getAnonDeclWithTypedefName()) named = unnamed; // which has the alias for its name
  if (auto *made_from = llvm::dyn_cast_or_null<clang::TemplateDecl>(named)) named = made_from->getTemplatedDecl();
  if (named == nullptr) return;
  const auto *unnamed = llvm::dyn_cast<clang::TagDecl>(named);
  if (!replaces_hidden(*named) && (unnamed == nullptr || unnamed->getTypedefNameForAnonDecl() == nullptr)) return;
  give_symbol(*named, tag, is_taken);
}

/// `auto [a, b]` has one symbol for both, or one for each as well when they are parts of a tuple.
void Shadows::rename_bindings(clang::DecompositionDecl &bindings, const std::string &tag,
                              const std::function<bool(const std::string &)> &is_taken) const {
  if (!llvm::any_of(bindings.bindings(), [&](const clang::BindingDecl *one) { return replaces_hidden(*one); })) return;
  give_symbol(bindings, tag, is_taken);
  for (const clang::BindingDecl *one : bindings.bindings())
    if (clang::VarDecl *part = one->getHoldingVar()) give_symbol(*part, tag, is_taken);
}

void Shadows::give_symbol(clang::NamedDecl &declaration, const std::string &tag,
                          const std::function<bool(const std::string &)> &is_taken) const {
  clang::NamedDecl *named = &declaration;
  clang::ASTContext &context = sema_.Context;
  const auto *function = llvm::dyn_cast<clang::FunctionDecl>(named);
  const auto *variable = llvm::dyn_cast<clang::VarDecl>(named);
  const bool has_plain_symbol = !context.getLangOpts().CPlusPlus ||
                                (function != nullptr && (function->isExternC() || function->isMain())) ||
                                (variable != nullptr && variable->isExternC());
  if ((function != nullptr && function->getDescribedFunctionTemplate() == nullptr) || variable != nullptr) {
    const clang::GlobalDecl global =
        function != nullptr ? clang::GlobalDecl(function) : clang::GlobalDecl(variable);
    const std::string symbol = GlobalNames(context).of(global);
    if (!is_taken(symbol) && !redefines_hidden(*named)) return;
    if (has_plain_symbol) return named->addAttr(clang::AsmLabelAttr::CreateImplicit(context, symbol + "." + tag));
  }
  if (has_plain_symbol) return; // a type of C has no symbols
  llvm::StringRef tags[] = {llvm::StringRef(tag)};
  named->addAttr(clang::AbiTagAttr::CreateImplicit(context, tags, 1));
}

namespace {

/// C looks up in scopes, where also that is which its context does not list: enumerators of an enumeration that was refused.
void clean_up_scopes(clang::Sema &sema, const clang::TranslationUnitDecl &newest) {
  for (const auto &entry : sema.Context.Idents) {
    clang::IdentifierInfo *name = entry.getValue();
    if (name == nullptr || name->getFETokenInfo() == nullptr) continue;
    std::vector<clang::NamedDecl *> gone;
    for (auto one = sema.IdResolver.begin(name); one != sema.IdResolver.end(); ++one)
      if (unit_of(**one) == &newest) gone.push_back(*one);
    for (clang::NamedDecl *one : gone) remove_from_scopes(sema, *one);
  }
}

} // namespace

void clean_up_newest(clang::Sema &sema, Generated generated) {
  clang::TranslationUnitDecl *newest = sema.Context.getTranslationUnitDecl();
  const auto clean = [&](clang::DeclContext &context) {
    clang::StoredDeclsMap *map = context.getPrimaryContext()->buildLookup();
    if (map == nullptr) return;
    std::vector<clang::NamedDecl *> gone;
    for (auto &[name, list] : *map)
      for (clang::NamedDecl *one : list.getLookupResult())
        if (unit_of(*one) == newest) gone.push_back(one);
    for (clang::NamedDecl *one : gone) remove_from(*context.getPrimaryContext(), *one);
    for (clang::NamedDecl *one : gone) {
      clang::Decl *before = one->getPreviousDecl();
      while (before != nullptr && unit_of(*before) == newest) before = before->getPreviousDecl();
      if (auto *older = llvm::dyn_cast_or_null<clang::NamedDecl>(before)) context.getPrimaryContext()->makeDeclVisibleInContext(older);
    }
  };
  clean(*newest);
  clean(*sema.Context.getExternCContextDecl());
  visit_named(*newest, [&](clang::NamedDecl &one) {
    remove_from_scopes(sema, one);
    unlink(one, *newest, generated);
    if (auto *space = llvm::dyn_cast<clang::NamespaceDecl>(&one)) clean(*space);
    if (auto *outer = llvm::dyn_cast<clang::RecordDecl>(one.getDeclContext())) clean(*outer); // of a member defined outside
  });
  if (!sema.getLangOpts().CPlusPlus) clean_up_scopes(sema, *newest);
  sema.UndefinedButUsed.clear(); // it would be the next input that is warned of them
}

} // namespace graft::driver
