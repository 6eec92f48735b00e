// An instantiation written down without the AST that it came from, and made again over the same headers: "the function at
// this place of this header, member of that class template with these arguments".
//
// Only what headers alone define has a recipe. What names a type, a value or a function of the author's own has none: it
// belongs to the author's file. Nor has what no name reaches (a lambda, a local class); whoever instantiates its user makes
// it anyway.
#pragma once

#include <clang/AST/GlobalDecl.h>
#include <clang/AST/TemplateBase.h>
#include <clang/AST/Type.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace clang {
class ClassTemplateSpecializationDecl;
class FunctionDecl;
class Sema;
class SourceManager;
class TagDecl;
class TemplateDecl;
} // namespace clang

namespace graft::driver {

/// Where a declaration's name stands, which tells it from all others of the same headers; `name` tells those apart that one
/// macro makes.
struct Place {
  std::string file;
  unsigned offset = 0;
  std::string name;
  auto operator<=>(const Place &) const = default;
};

struct ArgumentRecipe;

/// A class, an enumeration, a class template's specialisation, or, in a Recipe, a function.
struct DeclRecipe {
  Place place;
  std::vector<ArgumentRecipe> arguments;
  bool is_specialisation = false;
  std::shared_ptr<const DeclRecipe> parent; ///< the class around it; null at namespace scope
};

struct TypeRecipe {
  enum class Kind : std::uint8_t {
    kBuiltin,
    kPointer,
    kLvalueReference,
    kRvalueReference,
    kArray,
    kOpenArray,
    kVector,
    kComplex,
    kFunction,
    kDeclared
  };
  Kind kind = Kind::kBuiltin;
  unsigned qualifiers = 0;       ///< const, volatile, restrict, as Clang counts them
  unsigned detail = 0;           ///< which builtin; of a function: whether variadic, 2 added when noexcept
  std::uint64_t count = 0;       ///< of an array, or of a vector
  std::vector<TypeRecipe> parts; ///< the pointee, the element, or the result and the parameters
  std::shared_ptr<const DeclRecipe> declared;
};

struct ArgumentRecipe {
  enum class Kind : std::uint8_t { kType, kIntegral, kPack, kTemplate };
  Kind kind = Kind::kType;
  TypeRecipe type;   ///< the type, or that of the value
  std::string value; ///< in decimal
  std::vector<ArgumentRecipe> pack;
  Place pattern; ///< of a template
};

/// A function by its symbol, or a class by its name, and the way to it.
struct Recipe {
  enum class Kind : std::uint8_t { kFunction, kClass };
  std::string symbol;
  DeclRecipe way;
  Kind kind = Kind::kFunction;
};

/// Writes recipes. Threads: one compile, one writer.
class RecipeWriter {
 public:
  /// `head_bytes`: how much of the main file is its head; what lies behind is the author's.
  RecipeWriter(const clang::ASTContext &context, unsigned head_bytes) : context_(context), head_bytes_(head_bytes) {}

  /// Nothing, when `function` does not depend on headers alone.
  std::optional<Recipe> describe(const clang::FunctionDecl &function, std::string symbol);
  /// The same for a class.
  std::optional<Recipe> describe(const clang::ClassTemplateSpecializationDecl &specialisation);
  /// Whether a declaration is the head's: of its text, or of a header that the head includes.
  bool is_of_head(clang::SourceLocation location);
  bool is_of_head(const clang::Decl &declaration) { return is_of_head(declaration.getLocation()); }
  /// Whether a type is made of what the head declares alone.
  bool is_of_head(clang::QualType type) { return describe(type).has_value(); }

 private:
  std::optional<Place> place_of(const clang::NamedDecl &declaration);
  std::optional<TypeRecipe> describe(clang::QualType type);
  std::optional<ArgumentRecipe> describe(const clang::TemplateArgument &argument);
  std::optional<std::vector<ArgumentRecipe>> describe(llvm::ArrayRef<clang::TemplateArgument> arguments);
  std::shared_ptr<const DeclRecipe> describe(const clang::TagDecl &tag);

  const clang::ASTContext &context_;
  const unsigned head_bytes_;
  llvm::DenseMap<clang::FileID, bool> files_; ///< those that were asked for: of the head?
  llvm::DenseMap<const clang::TagDecl *, std::shared_ptr<const DeclRecipe>> tags_;
};

/// Follows recipes over the headers that a parse has just read.
class RecipeReader {
 public:
  explicit RecipeReader(clang::Sema &sema);

  /// The functions that a recipe's symbol may be of, declared but perhaps not yet defined; whoever asks compares symbols.
  /// Empty when the headers have no such thing any more.
  std::vector<clang::FunctionDecl *> find(const Recipe &recipe);
  /// Makes a class, if the headers still have it.
  void complete(const Recipe &recipe);

 private:
  void index(clang::DeclContext &context);
  clang::NamedDecl *at(const Place &place, const clang::DeclContext *within);
  std::optional<clang::QualType> make(const TypeRecipe &recipe);
  std::optional<clang::TemplateArgument> make(const ArgumentRecipe &recipe);
  clang::TagDecl *make(const DeclRecipe &recipe);
  clang::TagDecl *specialise(clang::NamedDecl &pattern, const DeclRecipe &recipe);
  std::optional<llvm::SmallVector<clang::TemplateArgument, 4>> make(const std::vector<ArgumentRecipe> &recipes);

  clang::Sema &sema_;
  std::multimap<Place, clang::NamedDecl *> known_; ///< at namespace scope and in classes that are no specialisations
};

} // namespace graft::driver
