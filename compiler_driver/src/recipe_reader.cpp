// From recipes to declarations. Nothing here reports: what cannot be made is left out, and the file that needs it makes it
// itself.
#include "recipe.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclFriend.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Sema/EnterExpressionEvaluationContext.h>
#include <clang/Sema/Sema.h>

namespace graft::driver {
namespace {

/// Where a tag or a template's pattern stands, as RecipeWriter has it.
std::optional<Place> place_in(const clang::SourceManager &sources, const clang::NamedDecl &declaration) {
  if (declaration.getLocation().isInvalid()) return std::nullopt;
  const auto [file, offset] = sources.getDecomposedLoc(sources.getExpansionLoc(declaration.getLocation()));
  const clang::OptionalFileEntryRef entry = sources.getFileEntryRefForID(file);
  if (!entry) return std::nullopt;
  return Place{entry->getName().str(), offset, declaration.getNameAsString()};
}

/// The declaration whose place a recipe names: a template's is its pattern's.
const clang::NamedDecl &placed(const clang::NamedDecl &declaration) {
  if (const auto *pattern = llvm::dyn_cast<clang::TemplateDecl>(&declaration); pattern && pattern->getTemplatedDecl())
    return *pattern->getTemplatedDecl();
  return declaration;
}

} // namespace

RecipeReader::RecipeReader(clang::Sema &sema) : sema_(sema) { index(*sema.getASTContext().getTranslationUnitDecl()); }

void RecipeReader::index(clang::DeclContext &context) {
  const clang::SourceManager &sources = sema_.getSourceManager();
  for (clang::Decl *declaration : context.decls()) {
    if (auto *befriended = llvm::dyn_cast<clang::FriendDecl>(declaration); befriended && befriended->getFriendDecl())
      declaration = befriended->getFriendDecl();
    if (auto *named = llvm::dyn_cast<clang::NamedDecl>(declaration);
        named && llvm::isa<clang::TagDecl, clang::ClassTemplateDecl, clang::TypeAliasTemplateDecl, clang::FunctionDecl,
                           clang::FunctionTemplateDecl>(named))
      if (auto place = place_in(sources, placed(*named))) known_.emplace(std::move(*place), named);
    if (llvm::isa<clang::NamespaceDecl, clang::LinkageSpecDecl, clang::ExportDecl>(declaration)) {
      index(*llvm::cast<clang::DeclContext>(declaration));
    } else if (auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(declaration);
               record && record->isThisDeclarationADefinition()) {
      if (!llvm::isa<clang::ClassTemplateSpecializationDecl>(record)) index(*record);
    }
  }
}

clang::NamedDecl *RecipeReader::at(const Place &place, const clang::DeclContext *within) {
  if (within == nullptr) {
    const auto found = known_.find(place);
    return found == known_.end() ? nullptr : found->second;
  }
  const clang::SourceManager &sources = sema_.getSourceManager();
  for (clang::Decl *declaration : within->decls()) {
    auto *named = llvm::dyn_cast<clang::NamedDecl>(declaration);
    if (named == nullptr || !llvm::isa<clang::TagDecl, clang::ClassTemplateDecl, clang::FunctionTemplateDecl>(named))
      continue;
    if (place_in(sources, placed(*named)) == place) return named;
  }
  return nullptr;
}

std::optional<clang::QualType> RecipeReader::make(const TypeRecipe &recipe) {
  using Kind = TypeRecipe::Kind;
  clang::ASTContext &context = sema_.getASTContext();
  std::vector<clang::QualType> parts;
  for (const TypeRecipe &part : recipe.parts) {
    const std::optional<clang::QualType> made = make(part);
    if (!made) return std::nullopt;
    parts.push_back(*made);
  }
  clang::QualType type;
  switch (recipe.kind) {
  case Kind::kBuiltin:
    for (clang::Type *known : context.getTypes()) {
      const auto *builtin = llvm::dyn_cast<clang::BuiltinType>(known);
      if (builtin && builtin->getKind() == static_cast<clang::BuiltinType::Kind>(recipe.detail))
        type = clang::QualType(builtin, 0);
      if (!type.isNull()) break;
    }
    break;
  case Kind::kPointer:
    type = context.getPointerType(parts[0]);
    break;
  case Kind::kLvalueReference:
    type = context.getLValueReferenceType(parts[0]);
    break;
  case Kind::kRvalueReference:
    type = context.getRValueReferenceType(parts[0]);
    break;
  case Kind::kOpenArray:
    type = context.getIncompleteArrayType(parts[0], clang::ArraySizeModifier::Normal, 0);
    break;
  case Kind::kArray:
    type =
        context.getConstantArrayType(parts[0], llvm::APInt(64, recipe.count), nullptr, clang::ArraySizeModifier::Normal, 0);
    break;
  case Kind::kVector:
    type = context.getVectorType(parts[0], static_cast<unsigned>(recipe.count), clang::VectorKind::Generic);
    break;
  case Kind::kComplex:
    type = context.getComplexType(parts[0]);
    break;
  case Kind::kFunction: {
    clang::FunctionProtoType::ExtProtoInfo info;
    info.Variadic = (recipe.detail & 1) != 0;
    if ((recipe.detail & 2) != 0) info.ExceptionSpec.Type = clang::EST_BasicNoexcept;
    type = context.getFunctionType(parts[0], llvm::ArrayRef(parts).drop_front(), info);
    break;
  }
  case Kind::kDeclared:
    if (clang::TagDecl *tag = make(*recipe.declared)) type = context.getCanonicalTagType(tag);
    break;
  }
  if (type.isNull()) return std::nullopt;
  return clang::QualType(type.getTypePtr(), type.getLocalFastQualifiers() | recipe.qualifiers);
}

std::optional<clang::TemplateArgument> RecipeReader::make(const ArgumentRecipe &recipe) {
  using Kind = ArgumentRecipe::Kind;
  clang::ASTContext &context = sema_.getASTContext();
  if (recipe.kind == Kind::kPack) {
    const auto pack = make(recipe.pack);
    if (!pack) return std::nullopt;
    return clang::TemplateArgument::CreatePackCopy(context, *pack);
  }
  if (recipe.kind == Kind::kTemplate) {
    auto *pattern = llvm::dyn_cast_or_null<clang::TemplateDecl>(at(recipe.pattern, nullptr));
    if (pattern == nullptr) return std::nullopt;
    return clang::TemplateArgument(clang::TemplateName(llvm::cast<clang::TemplateDecl>(pattern->getCanonicalDecl())));
  }
  const std::optional<clang::QualType> type = make(recipe.type);
  if (!type) return std::nullopt;
  if (recipe.kind == Kind::kType) return clang::TemplateArgument(context.getCanonicalType(*type));
  llvm::APSInt value(static_cast<unsigned>(context.getIntWidth(*type)), !(*type)->isSignedIntegerOrEnumerationType());
  llvm::APSInt parsed(recipe.value);
  value = parsed.extOrTrunc(value.getBitWidth());
  value.setIsUnsigned(!(*type)->isSignedIntegerOrEnumerationType());
  return clang::TemplateArgument(context, value, context.getCanonicalType(*type));
}

std::optional<llvm::SmallVector<clang::TemplateArgument, 4>> RecipeReader::make(const std::vector<ArgumentRecipe> &recipes) {
  llvm::SmallVector<clang::TemplateArgument, 4> result;
  for (const ArgumentRecipe &recipe : recipes) {
    const std::optional<clang::TemplateArgument> argument = make(recipe);
    if (!argument) return std::nullopt;
    result.push_back(*argument);
  }
  return result;
}

clang::TagDecl *RecipeReader::specialise(clang::NamedDecl &named, const DeclRecipe &recipe) {
  auto *pattern = llvm::dyn_cast<clang::ClassTemplateDecl>(&named);
  if (pattern == nullptr) return nullptr;
  const auto arguments = make(recipe.arguments);
  if (!arguments) return nullptr;
  pattern = pattern->getCanonicalDecl();
  clang::ASTContext &context = sema_.getASTContext();
  void *position = nullptr;
  if (clang::ClassTemplateSpecializationDecl *known = pattern->findSpecialization(*arguments, position)) return known;
  auto *made = clang::ClassTemplateSpecializationDecl::Create(
      context, pattern->getTemplatedDecl()->getTagKind(), pattern->getDeclContext(),
      pattern->getTemplatedDecl()->getBeginLoc(), pattern->getLocation(), pattern, *arguments, /*StrictPackMatch=*/false,
      /*PrevDecl=*/nullptr);
  pattern->AddSpecialization(made, position);
  if (pattern->isOutOfLine()) made->setLexicalDeclContext(pattern->getLexicalDeclContext());
  return made;
}

clang::TagDecl *RecipeReader::make(const DeclRecipe &recipe) {
  const clang::DeclContext *within = nullptr;
  if (recipe.parent) {
    clang::TagDecl *parent = make(*recipe.parent);
    if (parent == nullptr) return nullptr;
    const clang::QualType type = sema_.getASTContext().getCanonicalTagType(parent);
    if (!sema_.isCompleteType(parent->getLocation(), type)) return nullptr;
    within = parent->getDefinition();
  }
  clang::NamedDecl *named = at(recipe.place, within);
  if (named == nullptr) return nullptr;
  return recipe.is_specialisation ? specialise(*named, recipe) : llvm::dyn_cast<clang::TagDecl>(named);
}

void RecipeReader::complete(const Recipe &recipe) {
  if (clang::TagDecl *made = make(recipe.way))
    static_cast<void>(sema_.isCompleteType(made->getLocation(), sema_.getASTContext().getCanonicalTagType(made)));
}

std::vector<clang::FunctionDecl *> RecipeReader::find(const Recipe &recipe) {
  std::vector<clang::FunctionDecl *> found;
  const auto instantiate = [&](clang::FunctionTemplateDecl &pattern) {
    const auto arguments = make(recipe.way.arguments);
    if (!arguments) return;
    auto *list = clang::TemplateArgumentList::CreateCopy(sema_.getASTContext(), *arguments);
    clang::EnterExpressionEvaluationContext context(sema_, clang::Sema::ExpressionEvaluationContext::Unevaluated);
    clang::Sema::SFINAETrap trap(sema_);
    if (auto *made = sema_.InstantiateFunctionDeclaration(pattern.getCanonicalDecl(), list, pattern.getLocation()))
      found.push_back(made);
  };
  if (recipe.way.parent == nullptr) {
    const auto [begin, end] = known_.equal_range(recipe.way.place);
    for (auto entry = begin; entry != end; ++entry) {
      if (auto *function = llvm::dyn_cast<clang::FunctionDecl>(entry->second)) found.push_back(function);
      if (auto *pattern = llvm::dyn_cast<clang::FunctionTemplateDecl>(entry->second)) instantiate(*pattern);
    }
    return found;
  }
  auto *record = llvm::dyn_cast_or_null<clang::CXXRecordDecl>(make(*recipe.way.parent));
  if (record == nullptr || !sema_.isCompleteType(record->getLocation(), sema_.getASTContext().getCanonicalTagType(record)))
    return found;
  record = record->getDefinition();
  // What is declared when first asked for: its constructors, assignments and destructor.
  static_cast<void>(sema_.LookupConstructors(record));
  static_cast<void>(sema_.LookupDestructor(record));
  static_cast<void>(sema_.LookupCopyingAssignment(record, clang::Qualifiers::Const, /*RValueThis=*/false, /*ThisQuals=*/0));
  static_cast<void>(sema_.LookupMovingAssignment(record, /*Quals=*/0, /*RValueThis=*/false, /*ThisQuals=*/0));
  if (recipe.way.is_specialisation) {
    if (auto *pattern = llvm::dyn_cast_or_null<clang::FunctionTemplateDecl>(at(recipe.way.place, record)))
      instantiate(*pattern);
    return found;
  }
  for (clang::CXXMethodDecl *method : record->methods()) found.push_back(method);
  return found;
}

} // namespace graft::driver
