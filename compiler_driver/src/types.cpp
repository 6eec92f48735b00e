// See types.hpp. A row is reserved before it is filled, so that a struct may point at itself.
#include "types.hpp"

#include "diagnostics.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/AST/DeclCXX.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/AST/RecordLayout.h>
#include <llvm/ADT/DenseSet.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// The tag as C says it; in C++ with its namespaces, but not with enclosing classes, which C does not have.
std::string tag_name(const clang::TagDecl &declaration, const clang::ASTContext &context) {
  if (llvm::isa<clang::ClassTemplateSpecializationDecl>(declaration))
    return clang::QualType(context.getCanonicalTagType(&declaration)).getAsString(context.getPrintingPolicy());
  if (declaration.getIdentifier() == nullptr) return {};
  std::string name = declaration.getName().str();
  for (const clang::DeclContext *scope = declaration.getDeclContext(); scope; scope = scope->getParent())
    if (const auto *space = llvm::dyn_cast<clang::NamespaceDecl>(scope); space && !space->isAnonymousNamespace())
      name = space->getName().str() + "::" + name;
  return name;
}

Type row_of(TypeKind kind) {
  Type row;
  row.kind = kind;
  return row;
}

/// The three whose size tells them apart: __float128 is as wide as long double, _Float16 as __bf16.
bool is_float_of_c(const clang::BuiltinType &type) {
  using Builtin = clang::BuiltinType;
  return type.getKind() == Builtin::Float || type.getKind() == Builtin::Double || type.getKind() == Builtin::LongDouble;
}

bool is_complex_of_c(clang::QualType type) {
  const auto *complex = type->getAs<clang::ComplexType>();
  const auto *element = complex != nullptr ? complex->getElementType()->getAs<clang::BuiltinType>() : nullptr;
  return element != nullptr && is_float_of_c(*element);
}

bool is_plain(const clang::RecordDecl &declaration) {
  const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(&declaration);
  return cxx == nullptr || (!cxx->isDynamicClass() && !cxx->isDependentContext());
}

/// Collects what template_arguments() finds.
class ArgumentWalk {
 public:
  explicit ArgumentWalk(const clang::ASTContext &context) : context_(context) {}

  void walk_arguments(const clang::CXXRecordDecl &record) {
    if (!seen_.insert(record.getCanonicalDecl()).second) return;
    for (const clang::DeclContext *scope = &record; scope != nullptr; scope = scope->getParent())
      if (const auto *made = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(scope))
        for (const clang::TemplateArgument &argument : made->getTemplateArgs().asArray()) walk(argument);
  }

  llvm::SetVector<clang::QualType> found;

 private:
  void walk(const clang::TemplateArgument &argument) {
    if (argument.getKind() == clang::TemplateArgument::Type) walk(argument.getAsType());
    if (argument.getKind() != clang::TemplateArgument::Pack) return;
    for (const clang::TemplateArgument &one : argument.pack_elements()) walk(one);
  }

  void walk(clang::QualType type) {
    type = context_.getBaseElementType(context_.getCanonicalType(type)).getUnqualifiedType();
    if (const clang::QualType pointee = type->getPointeeType(); !pointee.isNull()) return walk(pointee);
    if (const auto *function = type->getAs<clang::FunctionProtoType>()) {
      walk(function->getReturnType());
      for (const clang::QualType parameter : function->param_types()) walk(parameter);
      return;
    }
    const clang::TagDecl *tag = type->getAsTagDecl();
    if (tag == nullptr) return;
    if (!tag->isInStdNamespace())
      found.insert(type);
    else if (const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(tag))
      walk_arguments(*record);
  }

  const clang::ASTContext &context_;
  llvm::DenseSet<const void *> seen_;
};

/// The rows that `roots` lead to, themselves included.
llvm::DenseSet<TypeIndex> reachable(const TypeTable &table, std::vector<TypeIndex> roots) {
  llvm::DenseSet<TypeIndex> met;
  while (!roots.empty()) {
    const TypeIndex index = roots.back();
    roots.pop_back();
    if (!met.insert(index).second) continue;
    const Type &row = table[index];
    if (row.kind == TypeKind::kPointer || row.kind == TypeKind::kArray || row.kind == TypeKind::kFunction)
      roots.push_back(row.target);
    for (const Field &field : row.fields) roots.push_back(field.type);
    roots.insert(roots.end(), row.behind.begin(), row.behind.end());
  }
  return met;
}

} // namespace

llvm::SetVector<clang::QualType> template_arguments(const clang::CXXRecordDecl &record, const clang::ASTContext &context) {
  ArgumentWalk walk(context);
  walk.walk_arguments(record);
  return std::move(walk.found);
}

TypeIndex TypeBuilder::add(clang::QualType type) {
  type = context_.getCanonicalType(type).getUnqualifiedType();
  if (const auto *atomic = type->getAs<clang::AtomicType>()) return add(atomic->getValueType());
  const auto [known, inserted] = known_.try_emplace(type.getAsOpaquePtr(), static_cast<TypeIndex>(table_.types.size()));
  const TypeIndex index = known->second;
  if (!inserted) return index;
  table_.types.emplace_back();
  if (const auto *record = type->getAsCXXRecordDecl()) classes_.push_back({index, record, depth_});
  if (depth_ == kDeepest) {
    too_deep_ = true;
    table_.types[index] = opaque(type);
    return index;
  }
  ++depth_;
  Type row = convert(type);
  --depth_;
  table_.types[index] = std::move(row);
  if (type->getAsTagDecl() != nullptr && type->isIncompleteType()) late_.push_back({index, type, depth_});
  return index;
}

void TypeBuilder::add_late_definitions(const std::vector<TypeIndex> &seen_by_others) {
  const llvm::DenseSet<TypeIndex> theirs = reachable(table_, seen_by_others);
  for (std::size_t i = 0; i < late_.size(); ++i) { // more are met on the way
    const LateRow late = late_[i];
    if (late.type->isIncompleteType() || theirs.contains(late.row)) continue;
    depth_ = std::min(late.depth + 1, kDeepest);
    Type row = convert(late.type);
    table_.types[late.row] = std::move(row);
  }
  late_.clear();
  depth_ = 0;
}

void TypeBuilder::add_template_arguments() {
  for (std::size_t i = 0; i < classes_.size(); ++i) { // more are met on the way
    const ClassRow made = classes_[i];
    depth_ = std::min(made.depth + 1, kDeepest);
    for (const clang::QualType argument : template_arguments(*made.record, context_)) {
      const TypeIndex behind = add(argument);
      table_.types[made.row].behind.push_back(behind);
    }
  }
  classes_.clear();
  depth_ = 0;
}

void TypeBuilder::measure(Type &type, clang::QualType source) const {
  const clang::TypeInfoChars info = context_.getTypeInfoInChars(source);
  type.size = static_cast<std::uint64_t>(info.Width.getQuantity());
  type.align = static_cast<std::uint32_t>(info.Align.getQuantity());
}

Declared TypeBuilder::declared(const clang::NamedDecl &declaration) const {
  const clang::SourceManager &sources = context_.getSourceManager();
  const clang::SourceLocation location = sources.getExpansionLoc(declaration.getLocation());
  if (location.isInvalid() || sources.isInSystemHeader(location)) return {};
  return {position(sources, location), line_at(sources, location)};
}

Type TypeBuilder::opaque(clang::QualType type) const {
  Type row = row_of(TypeKind::kOpaque);
  row.name = type.getAsString(context_.getPrintingPolicy());
  if (const auto *tag = type->getAsTagDecl()) row.name = tag_name(*tag, context_);
  if (!type->isIncompleteType() && !type->isFunctionType() && !type->isDependentType()) measure(row, type);
  return row;
}

Type TypeBuilder::convert(clang::QualType type) {
  if (type->isDependentType()) return opaque(type);
  if (const auto *builtin = type->getAs<clang::BuiltinType>()) return convert_builtin(*builtin);
  if (const auto *function = type->getAs<clang::FunctionType>()) return convert_function(*function);

  Type row;
  if (const auto *pointer = type->getAs<clang::PointerType>()) {
    measure(row, type);
    row.kind = TypeKind::kPointer;
    row.const_target = pointer->getPointeeType().isConstQualified();
    row.target = add(pointer->getPointeeType());
    return row;
  }
  if (is_complex_of_c(type)) {
    measure(row, type);
    row.kind = TypeKind::kComplex;
    return row;
  }
  if (const clang::ArrayType *array = context_.getAsArrayType(type)) {
    if (!array->isConstantArrayType() && !array->isIncompleteArrayType()) return opaque(type);
    if (const auto *sized = llvm::dyn_cast<clang::ConstantArrayType>(array)) {
      measure(row, type);
      row.count = sized->getZExtSize();
    }
    row.kind = TypeKind::kArray;
    row.target = add(array->getElementType());
    row.align = static_cast<std::uint32_t>(context_.getTypeAlignInChars(array->getElementType()).getQuantity());
    return row;
  }
  if (const auto *tag = type->getAsTagDecl()) {
    tag = tag->getDefinition();
    if (tag == nullptr || tag->isInvalidDecl()) return opaque(type);
    if (const auto *enumeration = llvm::dyn_cast<clang::EnumDecl>(tag)) return convert_enum(*enumeration);
    if (const auto *record = llvm::dyn_cast<clang::RecordDecl>(tag); record && is_plain(*record))
      return convert_record(*record);
  }
  return opaque(type);
}

Type TypeBuilder::convert_builtin(const clang::BuiltinType &type) {
  const clang::QualType source(&type, 0);
  if (type.isVoidType()) return row_of(TypeKind::kVoid);
  if (type.getKind() == clang::BuiltinType::NullPtr) {
    Type row = row_of(TypeKind::kPointer);
    measure(row, source);
    row.target = add(context_.VoidTy);
    return row;
  }
  Type row;
  measure(row, source);
  if (type.getKind() == clang::BuiltinType::Bool) {
    row.kind = TypeKind::kBool;
  } else if (type.isSignedInteger()) {
    row.kind = TypeKind::kSigned;
  } else if (type.isUnsignedInteger()) {
    row.kind = TypeKind::kUnsigned;
  } else if (is_float_of_c(type)) {
    row.kind = TypeKind::kFloat;
  } else {
    return opaque(source);
  }
  return row;
}

Type TypeBuilder::convert_enum(const clang::EnumDecl &declaration) {
  Type row = row_of(TypeKind::kEnum);
  const clang::QualType underlying = declaration.getIntegerType();
  measure(row, underlying);
  row.target = add(underlying);
  row.name = tag_name(declaration, context_);
  row.declared = declared(declaration);
  for (const clang::EnumConstantDecl *enumerator : declaration.enumerators())
    row.enumerators.push_back({enumerator->getName().str(), enumerator->getInitVal().getExtValue(), declared(*enumerator)});
  return row;
}

void TypeBuilder::add_bases(Type &row, const clang::CXXRecordDecl &declaration) {
  const clang::ASTRecordLayout &layout = context_.getASTRecordLayout(&declaration);
  for (const clang::CXXBaseSpecifier &base : declaration.bases()) {
    const auto *base_record = base.getType()->getAsCXXRecordDecl();
    if (base_record == nullptr || base.isVirtual() || base_record->isEmpty()) continue;
    const auto offset = static_cast<std::uint64_t>(context_.toBits(layout.getBaseClassOffset(base_record)));
    row.fields.push_back({"", add(base.getType()), offset, 0});
  }
}

Type TypeBuilder::convert_record(const clang::RecordDecl &declaration) {
  Type row = row_of(declaration.isUnion() ? TypeKind::kUnion : TypeKind::kStruct);
  measure(row, context_.getCanonicalTagType(&declaration));
  row.name = tag_name(declaration, context_);
  row.declared = declared(declaration);
  if (const auto *cxx = llvm::dyn_cast<clang::CXXRecordDecl>(&declaration)) add_bases(row, *cxx);
  for (const clang::FieldDecl *member : declaration.fields()) {
    if (member->isUnnamedBitField() || member->isZeroSize(context_)) continue; // they hold nothing, and lie over what does
    Field field{member->getName().str(), add(member->getType()), context_.getFieldOffset(member), 0, declared(*member)};
    if (member->isBitField()) field.width_bits = member->getBitWidthValue();
    row.fields.push_back(std::move(field));
  }
  return row;
}

Type TypeBuilder::convert_function(const clang::FunctionType &type) {
  Type row = row_of(TypeKind::kFunction);
  row.target = add(type.getReturnType());
  if (const clang::CallingConv convention = type.getCallConv(); convention != clang::CC_C)
    row.name = clang::FunctionType::getNameForCallConv(convention).str();
  const auto *prototype = llvm::dyn_cast<clang::FunctionProtoType>(&type);
  if (prototype == nullptr) return row;
  row.variadic = prototype->isVariadic();
  for (const clang::QualType parameter : prototype->param_types()) row.fields.push_back({"", add(parameter), 0, 0});
  return row;
}

TypeIndex TypeImporter::import(TypeIndex type) {
  const auto [known, inserted] = known_.try_emplace(type, static_cast<TypeIndex>(to_.types.size()));
  const TypeIndex index = known->second;
  if (!inserted) return index;
  to_.types.push_back(from_[type]);
  // Rows of kinds without a target hold 0 there, which need not exist in the other table.
  const TypeKind kind = from_[type].kind;
  if (kind == TypeKind::kPointer || kind == TypeKind::kEnum || kind == TypeKind::kArray || kind == TypeKind::kFunction) {
    const TypeIndex target = import(from_[type].target);
    to_.types[index].target = target;
  }
  for (std::size_t i = 0; i < from_[type].fields.size(); ++i) {
    const TypeIndex field = import(from_[type].fields[i].type);
    to_.types[index].fields[i].type = field;
  }
  for (std::size_t i = 0; i < from_[type].behind.size(); ++i) {
    const TypeIndex behind = import(from_[type].behind[i]);
    to_.types[index].behind[i] = behind;
  }
  return index;
}

} // namespace graft::driver
