// See departures.hpp. Argument-dependent look-up finds what stands in the namespaces of the arguments: as long as a source
// adds nothing to those of its headers, an instantiation over header types is the same before and behind the source's text.
#include "departures.hpp"

#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclFriend.h>
#include <clang/AST/DeclTemplate.h>

#include <algorithm>

namespace graft::driver {
namespace {

bool is_own_type(clang::QualType type, RecipeWriter &recipes) {
  if (!type->isDependentType()) return !recipes.is_of_head(type);
  const auto *pattern = type.getCanonicalType()->getAs<clang::TemplateSpecializationType>();
  const clang::TemplateDecl *named = pattern != nullptr ? pattern->getTemplateName().getAsTemplateDecl() : nullptr;
  return named != nullptr && !recipes.is_of_head(*named->getCanonicalDecl());
}

/// Whether one of the arguments is the source's own: nothing of the headers alone can ask for the specialisation.
bool names_own_type(llvm::ArrayRef<clang::TemplateArgument> arguments, RecipeWriter &recipes) {
  return std::ranges::any_of(arguments, [&](const clang::TemplateArgument &argument) {
    if (argument.getKind() == clang::TemplateArgument::Pack) return names_own_type(argument.pack_elements(), recipes);
    return argument.getKind() == clang::TemplateArgument::Type && is_own_type(argument.getAsType(), recipes);
  });
}

bool is_heads(const clang::DeclContext &context, RecipeWriter &recipes) {
  const auto *declaration = llvm::dyn_cast<clang::Decl>(&context);
  if (llvm::isa<clang::TranslationUnitDecl>(declaration)) return false;
  return recipes.is_of_head(*declaration->getCanonicalDecl());
}

bool departs(const clang::Decl &declaration, RecipeWriter &recipes) {
  if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&declaration)) {
    if (!recipes.is_of_head(*made->getSpecializedTemplate()->getCanonicalDecl())) return false;
    return !names_own_type(made->getTemplateArgs().asArray(), recipes);
  }
  if (const auto *made = llvm::dyn_cast<clang::VarTemplateSpecializationDecl>(&declaration)) {
    if (!recipes.is_of_head(*made->getSpecializedTemplate()->getCanonicalDecl())) return false;
    return !names_own_type(made->getTemplateArgs().asArray(), recipes);
  }
  if (const auto *function = llvm::dyn_cast<clang::FunctionDecl>(&declaration);
      function && function->getTemplateSpecializationArgs() &&
      recipes.is_of_head(*function->getPrimaryTemplate()->getCanonicalDecl()))
    return !names_own_type(function->getTemplateSpecializationArgs()->asArray(), recipes);
  return is_heads(*declaration.getDeclContext()->getRedeclContext(), recipes);
}

} // namespace

bool departs_from_headers(const clang::Decl &declaration, RecipeWriter &recipes) {
  if (declaration.isImplicit() || llvm::isa<clang::EmptyDecl, clang::StaticAssertDecl>(declaration)) return false;
  if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::ExportDecl>(declaration)) {
    const auto inner = llvm::cast<clang::DeclContext>(declaration).decls();
    return std::ranges::any_of(inner, [&](const clang::Decl *one) { return departs_from_headers(*one, recipes); });
  }
  return departs(declaration, recipes);
}

} // namespace graft::driver
