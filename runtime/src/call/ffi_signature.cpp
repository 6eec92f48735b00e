// TypeTable to ffi_type. A struct of more than 16 bytes travels in memory whatever is in it; a smaller one is spelled out
// field by field, because its fields decide its registers.
#include "ffi_signature.hpp"

namespace graft {
namespace {

constexpr std::uint64_t kLargestInRegisters = 16;

Error cannot_pass(const TypeTable &table, TypeIndex type, const char *why) {
  return error(Code::kUnsupported, "'" + spelling(table, type) + "' cannot be passed in a call by name: " + why);
}

ffi_type *integer_type(std::uint64_t size, bool is_signed) {
  switch (size) {
  case 1:
    return is_signed ? &ffi_type_sint8 : &ffi_type_uint8;
  case 2:
    return is_signed ? &ffi_type_sint16 : &ffi_type_uint16;
  case 4:
    return is_signed ? &ffi_type_sint32 : &ffi_type_uint32;
  case 8:
    return is_signed ? &ffi_type_sint64 : &ffi_type_uint64;
  default:
    return nullptr;
  }
}

} // namespace

Result<ffi_type *> FfiSignature::describe(const TypeTable &table, TypeIndex index) {
  const Type &type = table[index];
  switch (type.kind) {
  case TypeKind::kVoid:
    return &ffi_type_void;
  case TypeKind::kBool:
  case TypeKind::kUnsigned:
  case TypeKind::kSigned:
    if (ffi_type *integer = integer_type(type.size, type.kind == TypeKind::kSigned)) return integer;
    return cannot_pass(table, index, "it has more than 64 bits");
  case TypeKind::kEnum:
    return describe(table, type.target);
  case TypeKind::kFloat:
    return type.size == 4 ? &ffi_type_float : type.size == 8 ? &ffi_type_double : &ffi_type_longdouble;
  case TypeKind::kComplex:
    return type.size == 8    ? &ffi_type_complex_float
           : type.size == 16 ? &ffi_type_complex_double
                             : &ffi_type_complex_longdouble;
  case TypeKind::kPointer:
    return &ffi_type_pointer;
  case TypeKind::kStruct:
    return describe_struct(table, index);
  case TypeKind::kUnion:
    return cannot_pass(table, index, "it is a union");
  default:
    return cannot_pass(table, index, "it is no value");
  }
}

Result<void> FfiSignature::append_fields(const TypeTable &table, TypeIndex index, std::uint64_t offset,
                                         std::uint64_t &covered, std::vector<ffi_type *> &elements) {
  const Type &type = table[index];
  if (type.kind == TypeKind::kArray) {
    for (std::uint64_t element = 0; element < type.count; ++element)
      GRAFT_TRY(append_fields(table, type.target, offset + element * table[type.target].size, covered, elements));
    return {};
  }
  if (type.kind == TypeKind::kStruct) {
    for (const Field &field : type.fields) {
      if (field.width_bits == 0) {
        GRAFT_TRY(append_fields(table, field.type, offset + field.offset_bits / 8, covered, elements));
        continue;
      }
      // A bit-field is integer bits in whatever bytes it touches.
      const std::uint64_t end = offset + (field.offset_bits + field.width_bits + 7) / 8;
      covered = std::max(covered, offset + field.offset_bits / 8);
      for (; covered < end; ++covered) elements.push_back(&ffi_type_uint8);
    }
    return {};
  }
  GRAFT_TRY_ASSIGN(ffi_type *const scalar, describe(table, index));
  if (offset % scalar->alignment != 0) return cannot_pass(table, index, "it stands unaligned in a packed struct");
  elements.push_back(scalar);
  covered = offset + type.size;
  return {};
}

Result<ffi_type *> FfiSignature::describe_struct(const TypeTable &table, TypeIndex index) {
  const Type &type = table[index];
  std::vector<ffi_type *> elements;
  if (type.size > kLargestInRegisters) {
    elements.push_back(&ffi_type_uint8);
  } else {
    std::uint64_t covered = 0;
    GRAFT_TRY(append_fields(table, index, 0, covered, elements));
    if (elements.empty()) return cannot_pass(table, index, "it is empty");
  }
  elements.push_back(nullptr);
  elements_.push_back(std::move(elements));
  // With the size given, libffi takes size and alignment as they are.
  structs_.push_back({type.size, static_cast<unsigned short>(type.align), FFI_TYPE_STRUCT, elements_.back().data()});
  return &structs_.back();
}

Result<void> FfiSignature::prepare(const TypeTable &table, TypeIndex index) {
  const Type &function = table[index];
  if (function.kind != TypeKind::kFunction) return error(Code::kInternal, "a contract's entry is no function");
  if (function.variadic) return cannot_pass(table, index, "it is variadic");
  if (!function.name.empty()) return cannot_pass(table, index, "its calling convention is not C's");
  for (const Field &parameter : function.fields) {
    GRAFT_TRY_ASSIGN(ffi_type *const described, describe(table, parameter.type));
    parameters_.push_back(described);
  }
  GRAFT_TRY_ASSIGN(ffi_type *const result, describe(table, function.target));
  if (ffi_prep_cif(&cif_, FFI_DEFAULT_ABI, static_cast<unsigned>(parameters_.size()), result, parameters_.data()) != FFI_OK)
    return cannot_pass(table, index, "libffi refuses it");
  return {};
}

void FfiSignature::call(const void *function, void *result, void **arguments) const {
  ffi_call(&cif_, reinterpret_cast<void (*)()>(const_cast<void *>(function)), result, arguments);
}

} // namespace graft
