// See packed_words.hpp.
#include "packed_words.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/RecordLayout.h>

#include <functional>

namespace graft::driver {
namespace {

/// What a record is made of, with its place in bytes.
using Visit = std::function<bool(clang::QualType part, std::int64_t offset)>;

const clang::RecordDecl *record_of(clang::QualType type) {
  const auto *record = type->getAsRecordDecl();
  record = record != nullptr ? record->getDefinition() : nullptr;
  return record != nullptr && !record->isInvalidDecl() && !record->isDependentType() ? record : nullptr;
}

/// The type of the elements, however deep; an atomic is what it holds.
clang::QualType element_of(clang::QualType type, const clang::ASTContext &context) {
  type = context.getBaseElementType(context.getCanonicalType(type));
  const auto *atomic = type->getAs<clang::AtomicType>();
  return atomic != nullptr ? element_of(atomic->getValueType(), context) : type;
}

bool any_part(const clang::RecordDecl &record, const clang::ASTContext &context, const Visit &visit) {
  const clang::ASTRecordLayout &layout = context.getASTRecordLayout(&record);
  if (const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(&record)) {
    for (const clang::CXXBaseSpecifier &base : cxx->bases()) {
      const auto *type = base.getType()->getAsCXXRecordDecl();
      const auto offset = base.isVirtual() ? layout.getVBaseClassOffset(type) : layout.getBaseClassOffset(type);
      if (visit(base.getType(), offset.getQuantity())) return true;
    }
  }
  for (const clang::FieldDecl *field : record.fields())
    if (!field->isBitField() &&
        visit(field->getType(), static_cast<std::int64_t>(context.getFieldOffset(field) / context.getCharWidth())))
      return true;
  return false;
}

bool holds_word(clang::QualType type, const clang::ASTContext &context) {
  type = element_of(type, context);
  if (const clang::RecordDecl *record = record_of(type)) {
    const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(record);
    return (cxx != nullptr && cxx->isDynamicClass()) ||
           any_part(*record, context, [&](clang::QualType part, std::int64_t) { return holds_word(part, context); });
  }
  if (type->isReferenceType() || type->isPointerType() || type->isMemberPointerType() || type->isNullPtrType()) return true;
  return type->isIntegralOrEnumerationType() && !type->isIncompleteType() &&
         context.getTypeSizeInChars(type) >= context.getTypeSizeInChars(context.VoidPtrTy);
}

} // namespace

bool has_packed_words(clang::QualType type, const clang::ASTContext &context) {
  if (type->isDependentType() || type->isReferenceType()) return false;
  const std::int64_t word = context.getTypeSizeInChars(context.VoidPtrTy).getQuantity();
  const clang::QualType element = element_of(type, context);
  const clang::RecordDecl *record = record_of(element);
  if (record == nullptr) return false;
  const bool is_odd = context.getTypeSizeInChars(element).getQuantity() % word != 0;
  if (is_odd && type->isArrayType() && holds_word(element, context)) return true;
  return any_part(*record, context, [&](clang::QualType part, std::int64_t offset) {
    return (offset % word != 0 && holds_word(part, context)) || has_packed_words(part, context);
  });
}

} // namespace graft::driver
