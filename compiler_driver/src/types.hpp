// Clang's types as rows of a TypeTable.
#pragma once

#include <graft/base/types.hpp>

#include <clang/AST/Type.h>
#include <clang/AST/TypeOrdering.h>
#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SetVector.h>

#include <string>
#include <utility>
#include <vector>

namespace clang {
class ASTContext;
class CXXRecordDecl;
class NamedDecl;
class RecordDecl;
class TagDecl;
} // namespace clang

namespace graft::driver {

/// The types that the class templates around `record` were made with, looked for in the arguments of the standard library's
/// templates, too: all but those of the standard library itself, which do not change. A map's nodes are reached in no other
/// way.
llvm::SetVector<clang::QualType> template_arguments(const clang::CXXRecordDecl &record, const clang::ASTContext &context);

/// Adds types to `table`, each once. C and C++ give equal rows for one header.
class TypeBuilder {
 public:
  TypeBuilder(clang::ASTContext &context, TypeTable &table) : context_(context), table_(table) {}

  TypeIndex add(clang::QualType type);
  /// Fills in `Type::behind` of classes that are made from templates. To be asked when a file was read to its end:
  /// arguments may be completed as late as that.
  void add_template_arguments();
  /// Fills in the rows of types that were met before they were defined; not of what `seen_by_others` lead to, the functions
  /// of contracts, for which such a type is what it was for the other side. To be asked then, too, and first.
  void add_late_definitions(const std::vector<TypeIndex> &seen_by_others);
  /// Whether a type since the last time this was asked is nested deeper than `kDeepest`; what lies beyond is opaque.
  bool was_too_deep() { return std::exchange(too_deep_, false); }

  /// Types refer to each other this many levels deep. Whoever walks a table may recurse: this bounds it.
  static constexpr unsigned kDeepest = 512;

 private:
  /// A row of a class, met that deep.
  struct ClassRow {
    TypeIndex row = 0;
    const clang::CXXRecordDecl *record = nullptr;
    unsigned depth = 0;
  };

  /// A row of a type that was not defined yet, met that deep.
  struct LateRow {
    TypeIndex row = 0;
    clang::QualType type;
    unsigned depth = 0;
  };

  Type convert(clang::QualType type);
  Type convert_builtin(const clang::BuiltinType &type);
  Type convert_enum(const clang::EnumDecl &declaration);
  Type convert_record(const clang::RecordDecl &declaration);
  Type convert_function(const clang::FunctionType &type);
  Type opaque(clang::QualType type) const;
  void measure(Type &type, clang::QualType source) const;
  void add_bases(Type &type, const clang::CXXRecordDecl &declaration);
  Declared declared(const clang::NamedDecl &declaration) const;

  clang::ASTContext &context_;
  TypeTable &table_;
  llvm::DenseMap<const void *, TypeIndex> known_;
  std::vector<ClassRow> classes_; ///< whose template arguments were not added yet
  std::vector<LateRow> late_;
  unsigned depth_ = 0;
  bool too_deep_ = false;
};

/// Copies `type` and what it refers to from one table into another.
class TypeImporter {
 public:
  TypeImporter(const TypeTable &from, TypeTable &to) : from_(from), to_(to) {}

  TypeIndex import(TypeIndex type);

 private:
  const TypeTable &from_;
  TypeTable &to_;
  llvm::DenseMap<TypeIndex, TypeIndex> known_;
};

} // namespace graft::driver
