// One argument's text to JSON, by the type that it is for.
#include "value_text.hpp"

#include <charconv>

namespace graft {
namespace {

Error wrong(const Target &target, const std::string &text) {
  return error(Code::kInvalid, target.name + " is of type '" + type_word(target.table, target.type) + "'; '" + text +
                                   "' does not spell one");
}

/// Decimal, 0x and 0b, with a sign. Nothing for what is no integer of 64 bits.
Json parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) base = 16;
  if (text.starts_with("0b") || text.starts_with("0B")) base = 2;
  if (base != 10) text.remove_prefix(2);
  std::uint64_t magnitude = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (failure != std::errc() || end != text.data() + text.size()) return nullptr;
  if (!negative) return magnitude;
  if (magnitude > std::uint64_t{1} << 63) return nullptr;
  return static_cast<std::int64_t>(0 - magnitude);
}

Json parse_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return nullptr;
  return number;
}

} // namespace

Result<Json> parse_argument(const Target &target, const std::string &text) {
  const Type &type = target.table[target.type];
  switch (type.kind) {
  case TypeKind::kBool:
    if (text == "true" || text == "1") return Json(true);
    if (text == "false" || text == "0") return Json(false);
    return wrong(target, text);
  case TypeKind::kSigned:
  case TypeKind::kUnsigned: {
    Json number = parse_integer(text);
    if (number.is_null()) return wrong(target, text);
    return number;
  }
  case TypeKind::kEnum: {
    Json number = parse_integer(text);
    return number.is_null() ? Json(text) : number;
  }
  case TypeKind::kFloat: {
    Json number = parse_float(text);
    if (number.is_null()) number = parse_integer(text);
    if (number.is_null()) return wrong(target, text);
    return number;
  }
  case TypeKind::kPointer: {
    const Type &pointee = target.table[type.target];
    if (is_text_struct(pointee) || is_buffer_struct(pointee) || is_character(pointee)) return Json(text);
    if (text == "null") return Json(nullptr);
    const bool is_scalar = pointee.kind != TypeKind::kStruct && pointee.kind != TypeKind::kArray;
    if (is_scalar && pointee.kind != TypeKind::kPointer && !text.starts_with('['))
      return parse_argument({target.table, type.target, target.name}, text);
    break;
  }
  case TypeKind::kStruct:
    if (is_text_struct(type)) return Json(text);
    break;
  default:
    break;
  }
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded())
    return error(Code::kInvalid, target.name + " is of type '" + type_word(target.table, target.type) +
                                     "', which is written as JSON; '" + text + "' is not JSON");
  return value;
}

} // namespace graft
