// Clang's types as rows of a TypeTable.
#pragma once

#include <graft/base/types.hpp>

#include <clang/AST/Type.h>
#include <llvm/ADT/DenseMap.h>

#include <string>
#include <utility>

namespace clang {
class ASTContext;
class CXXRecordDecl;
class NamedDecl;
class RecordDecl;
class TagDecl;
} // namespace clang

namespace graft::driver {

/// Adds types to `table`, each once. C and C++ give equal rows for one header.
class TypeBuilder {
 public:
  TypeBuilder(clang::ASTContext &context, TypeTable &table) : context_(context), table_(table) {}

  TypeIndex add(clang::QualType type);
  /// Whether a type since the last time this was asked is nested deeper than `kDeepest`; what lies beyond is opaque.
  bool was_too_deep() { return std::exchange(too_deep_, false); }

  /// Types refer to each other this many levels deep. Whoever walks a table may recurse: this bounds it.
  static constexpr unsigned kDeepest = 512;

 private:
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
