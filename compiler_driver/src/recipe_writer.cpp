// From declarations to recipes. Types are read in their canonical form, where no alias of the author's is left.
#include "recipe.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/SourceManager.h>

namespace graft::driver {
namespace {

/// What a recipe finds a tag by: its definition stands once, its declarations may stand anywhere.
const clang::TagDecl &defining(const clang::TagDecl &tag) {
  const clang::TagDecl *definition = tag.getDefinition();
  return definition != nullptr ? *definition : *llvm::cast<clang::TagDecl>(tag.getCanonicalDecl());
}

TypeRecipe wrap(TypeRecipe::Kind kind, TypeRecipe part) {
  TypeRecipe recipe;
  recipe.kind = kind;
  recipe.parts.push_back(std::move(part));
  return recipe;
}

} // namespace

bool RecipeWriter::is_of_head(clang::SourceLocation location) {
  const clang::SourceManager &sources = context_.getSourceManager();
  if (location.isInvalid()) return false;
  location = sources.getExpansionLoc(location);
  if (sources.isLoadedSourceLocation(location)) return true; // a preamble is made of heads
  const auto [file, offset] = sources.getDecomposedLoc(location);
  if (file == sources.getMainFileID()) return offset < head_bytes_;
  if (const auto known = files_.find(file); known != files_.end()) return known->second;
  const bool is_head = is_of_head(sources.getIncludeLoc(file));
  files_[file] = is_head;
  return is_head;
}

std::optional<Place> RecipeWriter::place_of(const clang::NamedDecl &declaration) {
  const clang::SourceManager &sources = context_.getSourceManager();
  if (!is_of_head(declaration.getLocation())) return std::nullopt;
  const auto [file, offset] = sources.getDecomposedLoc(sources.getExpansionLoc(declaration.getLocation()));
  const clang::OptionalFileEntryRef entry = sources.getFileEntryRefForID(file);
  if (!entry) return std::nullopt;
  return Place{entry->getName().str(), offset, declaration.getNameAsString()};
}

std::shared_ptr<const DeclRecipe> RecipeWriter::describe(const clang::TagDecl &any) {
  const clang::TagDecl &tag = defining(any);
  if (const auto known = tags_.find(&tag); known != tags_.end()) return known->second;
  tags_[&tag] = nullptr; // what leads back to itself has no recipe
  const clang::DeclContext *around = tag.getDeclContext()->getRedeclContext();
  if (around->isFunctionOrMethod() || tag.getDeclName().isEmpty()) return nullptr;
  auto recipe = std::make_shared<DeclRecipe>();
  const clang::NamedDecl *pattern = &tag;
  if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&tag)) {
    pattern = made->getSpecializedTemplate()->getCanonicalDecl()->getTemplatedDecl();
    if (made->getSpecializationKind() == clang::TSK_ExplicitSpecialization && !is_of_head(tag)) return nullptr;
    recipe->is_specialisation = true;
    auto arguments = describe(made->getTemplateArgs().asArray());
    if (!arguments) return nullptr;
    recipe->arguments = std::move(*arguments);
  }
  const std::optional<Place> place = place_of(*pattern);
  if (!place) return nullptr;
  recipe->place = *place;
  if (const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(around)) {
    recipe->parent = describe(*record);
    if (!recipe->parent) return nullptr;
  }
  tags_[&tag] = recipe;
  return recipe;
}

std::optional<TypeRecipe> RecipeWriter::describe(clang::QualType given) {
  using Kind = TypeRecipe::Kind;
  const clang::QualType type = given.getCanonicalType();
  const clang::Qualifiers qualifiers = type.getLocalQualifiers();
  if (qualifiers.getCVRQualifiers() != qualifiers.getAsOpaqueValue()) return std::nullopt; // address spaces and the like
  const auto wrapped = [&](Kind kind, clang::QualType part) -> std::optional<TypeRecipe> {
    std::optional<TypeRecipe> inner = describe(part);
    if (!inner) return std::nullopt;
    TypeRecipe result = wrap(kind, std::move(*inner));
    result.qualifiers = qualifiers.getCVRQualifiers();
    return result;
  };
  const clang::Type *bare = type.getTypePtr();
  if (const auto *pointer = llvm::dyn_cast<clang::PointerType>(bare))
    return wrapped(Kind::kPointer, pointer->getPointeeType());
  if (const auto *reference = llvm::dyn_cast<clang::LValueReferenceType>(bare))
    return wrapped(Kind::kLvalueReference, reference->getPointeeType());
  if (const auto *reference = llvm::dyn_cast<clang::RValueReferenceType>(bare))
    return wrapped(Kind::kRvalueReference, reference->getPointeeType());
  if (const auto *array = llvm::dyn_cast<clang::IncompleteArrayType>(bare))
    return wrapped(Kind::kOpenArray, array->getElementType());
  if (const auto *array = llvm::dyn_cast<clang::ConstantArrayType>(bare)) {
    std::optional<TypeRecipe> result = wrapped(Kind::kArray, array->getElementType());
    if (result) result->count = array->getZExtSize();
    return result;
  }
  if (const auto *complex = llvm::dyn_cast<clang::ComplexType>(bare))
    return wrapped(Kind::kComplex, complex->getElementType());
  if (const auto *vector = llvm::dyn_cast<clang::VectorType>(bare)) {
    if (llvm::isa<clang::ExtVectorType>(vector) || vector->getVectorKind() != clang::VectorKind::Generic)
      return std::nullopt;
    std::optional<TypeRecipe> result = wrapped(Kind::kVector, vector->getElementType());
    if (result) result->count = vector->getNumElements();
    return result;
  }
  TypeRecipe result;
  result.qualifiers = qualifiers.getCVRQualifiers();
  if (const auto *builtin = llvm::dyn_cast<clang::BuiltinType>(bare)) {
    result.detail = builtin->getKind();
    return result;
  }
  if (const auto *function = llvm::dyn_cast<clang::FunctionProtoType>(bare)) {
    const clang::FunctionProtoType::ExtProtoInfo info = function->getExtProtoInfo();
    if (info.RefQualifier != clang::RQ_None || !info.TypeQuals.empty() || info.ExtInfo != clang::FunctionType::ExtInfo())
      return std::nullopt;
    result.kind = Kind::kFunction;
    result.detail = (function->isVariadic() ? 1u : 0u) + (function->isNothrow() ? 2u : 0u);
    std::vector<clang::QualType> parts = {function->getReturnType()};
    parts.insert(parts.end(), function->param_type_begin(), function->param_type_end());
    for (const clang::QualType part : parts) {
      std::optional<TypeRecipe> inner = describe(part);
      if (!inner) return std::nullopt;
      result.parts.push_back(std::move(*inner));
    }
    return result;
  }
  if (const auto *tag = llvm::dyn_cast<clang::TagType>(bare)) {
    result.kind = Kind::kDeclared;
    result.declared = describe(*tag->getDecl());
    if (result.declared) return result;
  }
  return std::nullopt;
}

std::optional<ArgumentRecipe> RecipeWriter::describe(const clang::TemplateArgument &argument) {
  using Kind = ArgumentRecipe::Kind;
  ArgumentRecipe recipe;
  switch (argument.getKind()) {
  case clang::TemplateArgument::Type:
    if (auto type = describe(argument.getAsType())) {
      recipe.type = std::move(*type);
      return recipe;
    }
    return std::nullopt;
  case clang::TemplateArgument::Integral:
    if (auto type = describe(argument.getIntegralType())) {
      recipe.kind = Kind::kIntegral;
      recipe.type = std::move(*type);
      recipe.value = llvm::toString(argument.getAsIntegral(), 10);
      return recipe;
    }
    return std::nullopt;
  case clang::TemplateArgument::Pack:
    if (auto pack = describe(argument.pack_elements())) {
      recipe.kind = Kind::kPack;
      recipe.pack = std::move(*pack);
      return recipe;
    }
    return std::nullopt;
  case clang::TemplateArgument::Template: {
    const clang::TemplateDecl *pattern = argument.getAsTemplate().getAsTemplateDecl();
    if (!llvm::isa_and_nonnull<clang::ClassTemplateDecl, clang::TypeAliasTemplateDecl>(pattern)) return std::nullopt;
    if (!pattern->getDeclContext()->getRedeclContext()->isFileContext()) return std::nullopt;
    const auto *first = llvm::cast<clang::TemplateDecl>(pattern->getCanonicalDecl());
    if (const auto place = place_of(*first->getTemplatedDecl())) {
      recipe.kind = Kind::kTemplate;
      recipe.pattern = *place;
      return recipe;
    }
    return std::nullopt;
  }
  default:
    return std::nullopt;
  }
}

std::optional<std::vector<ArgumentRecipe>> RecipeWriter::describe(llvm::ArrayRef<clang::TemplateArgument> arguments) {
  std::vector<ArgumentRecipe> result;
  for (const clang::TemplateArgument &argument : arguments) {
    std::optional<ArgumentRecipe> recipe = describe(argument);
    if (!recipe) return std::nullopt;
    result.push_back(std::move(*recipe));
  }
  return result;
}

std::optional<Recipe> RecipeWriter::describe(const clang::ClassTemplateSpecializationDecl &specialisation) {
  const std::shared_ptr<const DeclRecipe> way = describe(static_cast<const clang::TagDecl &>(specialisation));
  if (!way) return std::nullopt;
  return Recipe{clang::QualType(context_.getCanonicalTagType(&specialisation)).getAsString(), *way, Recipe::Kind::kClass};
}

std::optional<Recipe> RecipeWriter::describe(const clang::FunctionDecl &function, std::string symbol) {
  Recipe recipe{std::move(symbol), {}};
  const clang::DeclContext *around = function.getDeclContext()->getRedeclContext();
  const clang::FunctionDecl *pattern = &function;
  if (const clang::FunctionDecl *from = function.getTemplateInstantiationPattern()) pattern = from;
  if (!is_of_head(*pattern)) return std::nullopt;
  if (const clang::FunctionTemplateDecl *primary = function.getPrimaryTemplate()) {
    if (function.getTemplateSpecializationKind() == clang::TSK_ExplicitSpecialization) return std::nullopt;
    recipe.way.is_specialisation = true;
    auto arguments = describe(function.getTemplateSpecializationArgs()->asArray());
    if (!arguments) return std::nullopt;
    recipe.way.arguments = std::move(*arguments);
    pattern = primary->getCanonicalDecl()->getTemplatedDecl();
  } else {
    pattern = function.getCanonicalDecl();
  }
  const std::optional<Place> place = place_of(*pattern);
  if (!place) return std::nullopt;
  recipe.way.place = *place;
  if (const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(around)) {
    recipe.way.parent = describe(*record);
    if (!recipe.way.parent) return std::nullopt;
  } else if (!around->isFileContext()) {
    return std::nullopt;
  }
  return recipe;
}

} // namespace graft::driver
