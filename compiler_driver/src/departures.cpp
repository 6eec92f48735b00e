// See departures.hpp. Argument-dependent look-up finds what stands in the namespaces of the arguments: as long as a source
// adds nothing to those of its headers, an instantiation over header types is the same before and behind the source's text.
// The global namespace is everybody's: there a function counts if a header looks for its name, an operator if it takes what
// a header has there.
#include "departures.hpp"

#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclFriend.h>
#include <clang/AST/DeclTemplate.h>

#include <algorithm>
#include <ranges>

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

/// Where a look-up in the namespace around finds it, too.
const clang::DeclContext &scope_of(const clang::Decl &declaration) {
  const clang::DeclContext *scope = declaration.getDeclContext()->getRedeclContext();
  while (scope->isInlineNamespace()) scope = scope->getParent()->getRedeclContext();
  return *scope;
}

bool is_heads(const clang::DeclContext &context, RecipeWriter &recipes) {
  const auto *declaration = llvm::dyn_cast<clang::Decl>(&context);
  return recipes.is_of_head(*declaration->getCanonicalDecl());
}

/// Whether arguments that are the headers' alone and fit a parameter of this type lead a look-up to the global namespace.
bool leads_to_global(clang::QualType given, RecipeWriter &recipes) {
  const clang::QualType type = given.getNonReferenceType().getCanonicalType();
  if (type->isDependentType()) return true;
  const clang::TagDecl *tag = type->getAsTagDecl();
  if (tag == nullptr || !recipes.is_of_head(type)) return false;
  if (tag->getEnclosingNamespaceContext()->getRedeclContext()->isTranslationUnit()) return true;
  if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(tag);
      made && std::ranges::any_of(made->getTemplateArgs().asArray(), [&](const clang::TemplateArgument &argument) {
        if (argument.getKind() == clang::TemplateArgument::Integral) return false;
        if (argument.getKind() != clang::TemplateArgument::Type) return true;
        const clang::QualType one = argument.getAsType();
        return leads_to_global(one->isPointerType() ? one->getPointeeType() : one, recipes);
      }))
    return true;
  const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(tag);
  return record != nullptr && record->hasDefinition() &&
         std::ranges::any_of(record->bases(),
                             [&](const clang::CXXBaseSpecifier &base) { return leads_to_global(base.getType(), recipes); });
}

/// Whether nothing of the headers' alone can be passed as a parameter of this type.
bool takes_own_alone(clang::QualType given, RecipeWriter &recipes) {
  const clang::QualType type = given.getNonReferenceType().getCanonicalType();
  if (type->isPointerType() && !type->getPointeeType()->isDependentType()) {
    const clang::TagDecl *tag = type->getPointeeType()->getAsTagDecl();
    return tag != nullptr && !recipes.is_of_head(*tag->getCanonicalDecl());
  }
  if (type->isDependentType()) return is_own_type(type.getUnqualifiedType(), recipes);
  if (type->getAsTagDecl() == nullptr || recipes.is_of_head(type)) return false;
  const clang::CXXRecordDecl *record = type->getAsCXXRecordDecl();
  return record == nullptr || (record->hasDefinition() && !record->hasInheritedConstructor() &&
                               std::ranges::none_of(record->decls(), [](const clang::Decl *member) {
                                 const auto *made =
                                     llvm::dyn_cast_or_null<clang::CXXConstructorDecl>(member->getAsFunction());
                                 return made != nullptr && !made->isCopyOrMoveConstructor() &&
                                        made->isConvertingConstructor(/*AllowExplicit=*/false) && made->getNumParams() > 0;
                               }));
}

/// Whether a head's templates call that name with as many arguments as the function takes.
bool is_open(const clang::FunctionDecl &function, const OpenNames &open) {
  const auto found = open.find(function.getNameAsString());
  return found != open.end() && std::ranges::any_of(found->second, [&](unsigned arguments) {
           return arguments == kAnyNumber ||
                  (arguments >= function.getMinRequiredArguments() &&
                   (arguments <= function.getNumParams() || function.isVariadic() ||
                    (function.getNumParams() > 0 && function.parameters().back()->isParameterPack())));
         });
}

/// Whether a function at global scope may be what a template of the headers finds for arguments of the headers.
bool answers_headers(const clang::Decl &declaration, RecipeWriter &recipes, const OpenNames &open) {
  if (const auto *names = llvm::dyn_cast<clang::UsingDecl>(&declaration))
    return std::ranges::any_of(names->shadows(), [&](const clang::UsingShadowDecl *one) {
      return answers_headers(*one->getTargetDecl(), recipes, open);
    });
  const clang::FunctionDecl *function = declaration.getAsFunction();
  if (function == nullptr) return false;
  const auto types = std::views::transform(function->parameters(), &clang::ParmVarDecl::getType);
  if (std::ranges::any_of(types, [&](clang::QualType type) { return takes_own_alone(type, recipes); })) return false;
  if (function->getDeclName().isIdentifier()) return is_open(*function, open);
  if (const auto *guide = llvm::dyn_cast<clang::CXXDeductionGuideDecl>(function))
    return recipes.is_of_head(*guide->getDeducedTemplate()->getCanonicalDecl());
  return function->isOverloadedOperator() &&
         std::ranges::any_of(types, [&](clang::QualType type) { return leads_to_global(type, recipes); });
}

bool departs(const clang::Decl &declaration, RecipeWriter &recipes, const OpenNames &open) {
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
  const clang::DeclContext &around = scope_of(declaration);
  return around.isTranslationUnit() ? answers_headers(declaration, recipes, open) : is_heads(around, recipes);
}

} // namespace

bool departs_from_headers(const clang::Decl &declaration, RecipeWriter &recipes, const OpenNames &open) {
  if (declaration.isImplicit() || llvm::isa<clang::EmptyDecl, clang::StaticAssertDecl>(declaration)) return false;
  if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::ExportDecl>(declaration)) {
    const auto inner = llvm::cast<clang::DeclContext>(declaration).decls();
    return std::ranges::any_of(inner, [&](const clang::Decl *one) { return departs_from_headers(*one, recipes, open); });
  }
  return departs(declaration, recipes, open);
}

} // namespace graft::driver
