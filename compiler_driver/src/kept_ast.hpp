// What kept variables need from the AST while it can still be added to: functions that copy and destroy their classes, and
// marks by which kept_objects.hpp finds their constructors in the IR.
#pragma once

#include "types.hpp"

#include <graft/base/facts.hpp>

#include <clang/AST/Decl.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/SetVector.h>

#include <vector>

namespace clang {
class FunctionDecl;
class Sema;
} // namespace clang

namespace graft::driver {

/// What a mark is counted from: no author asks for that many bytes of patchable entry.
inline constexpr unsigned kKeptMark = 0x4752'0000;

/// Prepares the kept variables of one file. Threads: the one that parses.
class KeptAst {
 public:
  KeptAst(clang::Sema &sema, Facts &facts, TypeBuilder &types) : sema_(sema), facts_(facts), types_(types) {}

  /// `index` is the variable's in `facts.kept`.
  void prepare(clang::VarDecl &variable, std::size_t index);
  /// The same for the type of instances: fills in `construct` and `constructible`.
  void prepare(clang::QualType type, InstanceFacts &instance);
  /// Looks at the classes with virtual functions that values of the type hold or point at.
  void add_layouts(clang::QualType type);
  /// When a file was read to its end: the layouts, and what the types were made with.
  void finish();

 private:
  void add_class(clang::QualType type);
  void add_parts(TypeIndex row, const clang::CXXRecordDecl &record, const std::vector<clang::QualType> &parts);
  bool can_copy(clang::QualType type);
  bool has_copy(clang::QualType type);
  std::string layout_of(const clang::CXXRecordDecl &record);
  /// Instantiates `name<type>` and makes sure that code is made for it; its symbol, or nothing when there is no such
  /// template.
  std::string instantiate(llvm::StringRef name, clang::QualType type);

  clang::Sema &sema_;
  Facts &facts_;
  TypeBuilder &types_;
  llvm::DenseSet<const void *> seen_;    ///< classes that were added
  llvm::SetVector<clang::CXXRecordDecl *> walked_; ///< classes that `add_layouts` looked at
  unsigned depth_ = 0;                             ///< of `add_layouts`
  llvm::DenseSet<const void *> copying_; ///< classes that `can_copy` is looking at
};

} // namespace graft::driver
