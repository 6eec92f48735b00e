// See code_reach.hpp.
#include "code_reach.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/StringSet.h>

#include <utility>

namespace graft::driver {
namespace {

/// In the value itself, or in memory that it points at.
enum class Where : unsigned char { kInside, kBehind };

class ReachWalk {
 public:
  explicit ReachWalk(const clang::ASTContext &context) : context_(context) {}

  std::string walk(clang::QualType type, Where where) {
    type = context_.getBaseElementType(context_.getCanonicalType(type)).getUnqualifiedType();
    if (type->isMemberPointerType()) return where == Where::kBehind ? name_of(type) : std::string();
    if (type->isPointerType() || type->isReferenceType()) return walk_pointer(type, where);
    const auto *record = type->getAsRecordDecl();
    if (record == nullptr) return {};
    if (record->getDefinition() == nullptr) return "what is in " + name_of(type);
    return walk_record(*record->getDefinition(), where);
  }

 private:
  std::string name_of(clang::QualType type) const { return "'" + type.getAsString(context_.getPrintingPolicy()) + "'"; }

  std::string walk_pointer(clang::QualType type, Where where) {
    const clang::QualType target = type->getPointeeType();
    if (where == Where::kBehind) return name_of(type); // into constants, a static object, code: it may
    if (target->isFunctionType()) return {};
    if (target->isVoidType() || target->isIncompleteType()) return "what " + name_of(type) + " points at";
    return walk(target, Where::kBehind);
  }

  std::string walk_record(const clang::RecordDecl &record, Where where) {
    if (!seen_.insert({&record, static_cast<unsigned>(where)}).second) return {};
    const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(&record);
    if (cxx != nullptr && cxx->isInStdNamespace()) {
      static const llvm::StringSet<> kErasing = {"function", "move_only_function", "any", "shared_ptr", "weak_ptr", "thread",
                                                 "jthread"};
      if (kErasing.contains(record.getName())) return "std::" + record.getName().str();
      if (is_container(record)) return walk_arguments(*cxx);
    }
    if (where == Where::kBehind && cxx != nullptr && cxx->isDynamicClass())
      return "virtual functions of '" + record.getNameAsString() + "'";
    std::string found;
    if (cxx != nullptr)
      for (const clang::CXXBaseSpecifier &base : cxx->bases())
        if (found.empty()) found = walk(base.getType(), where);
    for (const clang::FieldDecl *field : record.fields())
      if (found.empty()) found = walk(field->getType(), where);
    return found;
  }

  std::string walk_arguments(const clang::CXXRecordDecl &container) {
    std::string found;
    for (const clang::TemplateArgument &argument :
         llvm::cast<clang::ClassTemplateSpecializationDecl>(container).getTemplateArgs().asArray())
      if (found.empty() && argument.getKind() == clang::TemplateArgument::Type)
        found = walk(argument.getAsType(), Where::kBehind);
    return found;
  }

  const clang::ASTContext &context_;
  llvm::DenseSet<std::pair<const clang::RecordDecl *, unsigned>> seen_;
};

} // namespace

bool is_container(const clang::RecordDecl &record) {
  static const llvm::StringSet<> kContainers = {
      "basic_string",       "vector",    "deque",    "list",          "forward_list",  "map",
      "multimap",           "set",       "multiset", "unordered_map", "unordered_set", "unordered_multimap",
      "unordered_multiset", "unique_ptr"};
  return record.isInStdNamespace() && llvm::isa<clang::ClassTemplateSpecializationDecl>(record) &&
         kContainers.contains(record.getName());
}

std::string code_reach(clang::QualType type, const clang::ASTContext &context) {
  return ReachWalk(context).walk(type, Where::kInside);
}

} // namespace graft::driver
