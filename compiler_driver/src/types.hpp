// Clang's types as rows of a TypeTable.
#pragma once

#include <graft/base/types.hpp>

#include <clang/AST/Type.h>
#include <llvm/ADT/DenseMap.h>

#include <string>

namespace clang {
class ASTContext;
class CXXRecordDecl;
class RecordDecl;
class TagDecl;
} // namespace clang

namespace graft::driver {

/// Adds types to `table`, each once. C and C++ give equal rows for one header.
class TypeBuilder {
 public:
  TypeBuilder(clang::ASTContext &context, TypeTable &table) : context_(context), table_(table) {}

  TypeIndex add(clang::QualType type);

 private:
  Type convert(clang::QualType type);
  Type convert_builtin(const clang::BuiltinType &type);
  Type convert_enum(const clang::EnumDecl &declaration);
  Type convert_record(const clang::RecordDecl &declaration);
  Type convert_function(const clang::FunctionType &type);
  Type opaque(clang::QualType type) const;
  void measure(Type &type, clang::QualType source) const;
  void add_bases(Type &type, const clang::CXXRecordDecl &declaration);

  clang::ASTContext &context_;
  TypeTable &table_;
  llvm::DenseMap<const void *, TypeIndex> known_;
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
