// JSON to C values and back. Bytes are moved with memcpy only: nothing here trusts an alignment.
#include "value_text.hpp"

#include <graft/base/near.hpp>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace graft {
namespace {

template <class Value>
Value read_as(const std::byte *from) {
  Value value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class Value>
void write_as(std::byte *to, Value value) {
  std::memcpy(to, &value, sizeof value);
}

Error wrong(const Target &target, const Json &value) {
  return error(Code::kInvalid,
               target.name + " is of type '" + type_word(target.table, target.type) + "'; " + to_text(value) + " was given");
}

Error cannot_spell(const Target &target) {
  return error(Code::kUnsupported,
               target.name + " is of type '" + type_word(target.table, target.type) + "', which text cannot spell");
}

Target member(const Target &target, TypeIndex type, const std::string &suffix) {
  std::string name = target.name;
  name.insert(name.ends_with('\'') ? name.size() - 1 : name.size(), suffix);
  return {target.table, type, std::move(name)};
}

/// The integer type behind an integer, bool or enumeration.
const Type &integer_of(const TypeTable &table, const Type &type) {
  return type.kind == TypeKind::kEnum ? table[type.target] : type;
}

/// The bits of an integer that fits `width` bits; the sign is the type's.
Result<std::uint64_t> to_bits(const Target &target, const Json &value, std::uint32_t width) {
  const bool is_signed = integer_of(target.table, target.table[target.type]).kind == TypeKind::kSigned;
  if (!value.is_number_integer()) return wrong(target, value);
  const bool negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
  const std::uint64_t bits = value.get<std::uint64_t>();
  const std::uint64_t all = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  const std::uint64_t highest = is_signed ? all >> 1 : all;
  const auto lowest = is_signed ? -static_cast<std::int64_t>(highest) - 1 : 0;
  if (negative ? value.get<std::int64_t>() < lowest : bits > highest)
    return error(Code::kInvalid, target.name + " is of type '" + type_word(target.table, target.type) + "', which holds " +
                                     std::to_string(lowest) + " to " + std::to_string(highest) + "; " + to_text(value) +
                                     " was given");
  return bits & all;
}

Result<std::uint64_t> enumerator_bits(const Target &target, const std::string &name) {
  std::vector<std::string> known;
  for (const Enumerator &enumerator : target.table[target.type].enumerators) {
    if (enumerator.name == name) return static_cast<std::uint64_t>(enumerator.value);
    known.push_back(enumerator.name);
  }
  const std::string near = nearest(name, known);
  return error(Code::kInvalid, target.name + " is of type '" + type_word(target.table, target.type) + "', which has no '" +
                                   name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Result<std::uint64_t> integer_bits(const Target &target, const Json &value, std::uint32_t width) {
  const Type &type = target.table[target.type];
  if (type.kind == TypeKind::kEnum && value.is_string()) return enumerator_bits(target, value.get<std::string>());
  if (integer_of(target.table, type).kind != TypeKind::kBool) return to_bits(target, value, width);
  if (value.is_boolean()) return std::uint64_t{value.get<bool>()};
  if (value == 0 || value == 1) return value.get<std::uint64_t>();
  return wrong(target, value);
}

Result<void> store_float(const Target &target, const Json &value, std::uint64_t size, std::byte *to) {
  double number = 0;
  if (value.is_number())
    number = value.get<double>();
  else if (value == "nan")
    number = std::numeric_limits<double>::quiet_NaN();
  else if (value == "inf" || value == "-inf")
    number = value == "inf" ? HUGE_VAL : -HUGE_VAL;
  else
    return wrong(target, value);
  if (size == 4) {
    write_as(to, static_cast<float>(number));
  } else if (size == 8) {
    write_as(to, number);
  } else {
    const long double wide = number;
    std::memcpy(to, &wide, 10); // x87: ten bytes and padding
  }
  return {};
}

Result<void> store_elements(const Target &target, TypeIndex element, const Json &list, std::byte *to, CallMemory &memory) {
  const std::uint64_t size = target.table[element].size;
  for (std::size_t index = 0; index < list.size(); ++index)
    GRAFT_TRY(
        store_value(member(target, element, "[" + std::to_string(index) + "]"), list[index], to + index * size, memory));
  return {};
}

Result<void> store_array(const Target &target, const Json &value, std::byte *to, CallMemory &memory) {
  const Type &type = target.table[target.type];
  if (value.is_string() && is_character(target.table[type.target])) {
    const auto &text = value.get_ref<const std::string &>();
    if (text.size() >= type.count)
      return error(Code::kInvalid, target.name + " has room for " + std::to_string(type.count) +
                                       " characters with the end; " + std::to_string(text.size()) + " were given");
    std::memcpy(to, text.data(), text.size());
    return {};
  }
  if (!value.is_array()) return wrong(target, value);
  if (value.size() > type.count)
    return error(Code::kInvalid, target.name + " has " + std::to_string(type.count) + " elements; " +
                                     std::to_string(value.size()) + " were given");
  return store_elements(target, type.target, value, to, memory);
}

Result<void> store_field(const Target &target, const Field &field, const Json &value, std::byte *to, CallMemory &memory) {
  if (field.width_bits == 0) return store_value(target, value, to + field.offset_bits / 8, memory);
  GRAFT_TRY_ASSIGN(const std::uint64_t bits, integer_bits(target, value, field.width_bits));
  for (std::uint32_t bit = 0; bit < field.width_bits; ++bit) {
    const std::uint64_t at = field.offset_bits + bit;
    if ((bits >> bit & 1) != 0) to[at / 8] |= std::byte(1u << at % 8);
  }
  return {};
}

Result<void> store_struct(const Target &target, const Json &value, std::byte *to, CallMemory &memory) {
  const Type &type = target.table[target.type];
  if (is_text_struct(type) && value.is_string()) {
    const auto &text = value.get_ref<const std::string &>();
    write_as(to, graft_str{memory.keep(text), text.size()});
    return {};
  }
  if (!value.is_object()) return wrong(target, value);
  std::vector<std::string> known;
  for (const Field &field : type.fields) known.push_back(field.name);
  for (const auto &[key, member_value] : value.items()) {
    const auto field = std::find(known.begin(), known.end(), key);
    if (field == known.end()) {
      const std::string near = nearest(key, known);
      return error(Code::kInvalid, target.name + " is of type '" + type_word(target.table, target.type) +
                                       "', which has no field '" + key + "'" +
                                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    const Field &found = type.fields[static_cast<std::size_t>(field - known.begin())];
    GRAFT_TRY(store_field(member(target, found.type, "." + key), found, member_value, to, memory));
  }
  return {};
}

Result<void> store_buffer(const std::string &text, std::byte *to, CallMemory &memory) {
  auto *buffer = reinterpret_cast<graft_buf *>(to);
  memory.own(buffer);
  if (graft_buf_append(memory.host(), buffer, text.data(), text.size()) != GRAFT_OK)
    return error(Code::kExhausted, "no memory for an argument of " + std::to_string(text.size()) + " bytes");
  return {};
}

/// What a pointer points at: text, a list, or one value.
Result<void> store_pointer(const Target &target, const Json &value, std::byte *to, CallMemory &memory) {
  if (value.is_null()) return {};
  const Type &type = target.table[target.type];
  const Type &pointee = target.table[type.target];
  if (pointee.kind == TypeKind::kVoid || pointee.kind == TypeKind::kFunction || pointee.kind == TypeKind::kOpaque)
    return cannot_spell(target);
  if (is_character(pointee) && value.is_string()) {
    write_as(to, memory.keep(value.get_ref<const std::string &>()));
    return {};
  }
  const bool is_list = value.is_array() && pointee.kind != TypeKind::kArray && pointee.kind != TypeKind::kComplex;
  auto *block = static_cast<std::byte *>(memory.take(pointee.size * (is_list ? value.size() : 1)));
  write_as(to, block);
  if (is_list) return store_elements(target, type.target, value, block, memory);
  if (is_buffer_struct(pointee) && value.is_string()) return store_buffer(value.get<std::string>(), block, memory);
  return store_value({target.table, type.target, target.name}, value, block, memory);
}

Json load_integer(const TypeTable &table, const Type &type, std::uint64_t bits, std::uint32_t width) {
  const Type &integer = integer_of(table, type);
  const bool is_negative = integer.kind == TypeKind::kSigned && (bits >> (width - 1) & 1) != 0;
  if (is_negative && width < 64) bits |= ~std::uint64_t{0} << width;
  if (type.kind == TypeKind::kEnum)
    for (const Enumerator &enumerator : type.enumerators)
      if (static_cast<std::uint64_t>(enumerator.value) == bits) return enumerator.name;
  if (integer.kind == TypeKind::kBool) return bits != 0;
  if (integer.kind == TypeKind::kSigned) return static_cast<std::int64_t>(bits);
  return bits;
}

Json load_float(const std::byte *from, std::uint64_t size) {
  const double number = size == 4   ? static_cast<double>(read_as<float>(from))
                        : size == 8 ? read_as<double>(from)
                                    : static_cast<double>(read_as<long double>(from));
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  if (size != 4) return number;
  // A float is shown by the shortest text that reads back as the same float, not by the double's digits.
  char text[32];
  char *end = std::to_chars(text, text + sizeof text, read_as<float>(from)).ptr;
  double shortest = number;
  std::from_chars(text, end, shortest);
  return shortest;
}

Json address_text(std::uint64_t address) {
  if (address == 0) return nullptr;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (; address != 0; address >>= 4) text.insert(text.begin(), kDigits[address & 15]);
  return "0x" + text;
}

Json load_field(const TypeTable &table, const Field &field, const std::byte *from) {
  if (field.width_bits == 0) return load_value(table, field.type, from + field.offset_bits / 8);
  std::uint64_t bits = 0;
  for (std::uint32_t bit = 0; bit < field.width_bits; ++bit) {
    const std::uint64_t at = field.offset_bits + bit;
    if ((from[at / 8] >> at % 8 & std::byte(1)) != std::byte(0)) bits |= std::uint64_t{1} << bit;
  }
  return load_integer(table, table[field.type], bits, field.width_bits);
}

Json load_struct(const TypeTable &table, const Type &type, const std::byte *from) {
  if (is_text_struct(type)) {
    const auto text = read_as<graft_str>(from);
    return text.data != nullptr ? std::string(text.data, text.size) : std::string();
  }
  if (is_buffer_struct(type)) {
    const auto buffer = read_as<graft_buf>(from);
    return buffer.data != nullptr ? std::string(buffer.data, buffer.size) : std::string();
  }
  Json object = Json::object();
  for (const Field &field : type.fields) object[field.name] = load_field(table, field, from);
  return object;
}

Json load_array(const TypeTable &table, const Type &type, const std::byte *from) {
  if (is_character(table[type.target])) {
    const auto *text = reinterpret_cast<const char *>(from);
    return std::string(text, ::strnlen(text, type.count));
  }
  Json list = Json::array();
  for (std::uint64_t index = 0; index < type.count; ++index)
    list.push_back(load_value(table, type.target, from + index * table[type.target].size));
  return list;
}

} // namespace

CallMemory::~CallMemory() {
  for (graft_buf *buffer : buffers_) graft_buf_free(host_, buffer);
}

void *CallMemory::take(std::size_t bytes) {
  blocks_.push_back(std::make_unique<std::max_align_t[]>(bytes / sizeof(std::max_align_t) + 1)); // zeroed
  return blocks_.back().get();
}

const char *CallMemory::keep(const std::string &text) {
  auto *copy = static_cast<char *>(take(text.size() + 1));
  std::memcpy(copy, text.data(), text.size());
  return copy;
}

std::string to_text(const Json &value) {
  return value.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

bool is_text_struct(const Type &type) { return type.kind == TypeKind::kStruct && type.name == "graft_str"; }
bool is_buffer_struct(const Type &type) { return type.kind == TypeKind::kStruct && type.name == "graft_buf"; }
bool is_character(const Type &type) { return type.kind == TypeKind::kSigned && type.size == 1; }

std::string type_word(const TypeTable &table, TypeIndex type) {
  std::string word = spelling(table, type);
  if (const std::size_t at = word.find("struct graft_"); at != word.npos) word.erase(at, sizeof "struct");
  return word;
}

Result<void> store_value(const Target &target, const Json &value, std::byte *to, CallMemory &memory) {
  const Type &type = target.table[target.type];
  switch (type.kind) {
  case TypeKind::kBool:
  case TypeKind::kSigned:
  case TypeKind::kUnsigned:
  case TypeKind::kEnum: {
    if (type.size > 8) return cannot_spell(target);
    GRAFT_TRY_ASSIGN(const std::uint64_t bits, integer_bits(target, value, static_cast<std::uint32_t>(type.size * 8)));
    std::memcpy(to, &bits, type.size);
    return {};
  }
  case TypeKind::kFloat:
    return store_float(target, value, type.size, to);
  case TypeKind::kComplex: {
    if (!value.is_array() || value.size() != 2) return wrong(target, value);
    GRAFT_TRY(store_float(target, value[0], type.size / 2, to));
    return store_float(target, value[1], type.size / 2, to + type.size / 2);
  }
  case TypeKind::kPointer:
    return store_pointer(target, value, to, memory);
  case TypeKind::kStruct:
    return store_struct(target, value, to, memory);
  case TypeKind::kArray:
    return store_array(target, value, to, memory);
  default:
    return cannot_spell(target);
  }
}

Json load_value(const TypeTable &table, TypeIndex index, const std::byte *from) {
  const Type &type = table[index];
  switch (type.kind) {
  case TypeKind::kBool:
  case TypeKind::kSigned:
  case TypeKind::kUnsigned:
  case TypeKind::kEnum: {
    if (type.size > 8) break;
    std::uint64_t bits = 0;
    std::memcpy(&bits, from, type.size);
    return load_integer(table, type, bits, static_cast<std::uint32_t>(type.size * 8));
  }
  case TypeKind::kFloat:
    return load_float(from, type.size);
  case TypeKind::kComplex:
    return Json::array({load_float(from, type.size / 2), load_float(from + type.size / 2, type.size / 2)});
  case TypeKind::kPointer: {
    const auto *pointer = read_as<const char *>(from);
    if (pointer != nullptr && is_character(table[type.target])) return std::string(pointer);
    return address_text(reinterpret_cast<std::uintptr_t>(pointer));
  }
  case TypeKind::kStruct:
    return load_struct(table, type, from);
  case TypeKind::kArray:
    return load_array(table, type, from);
  default:
    break;
  }
  return "<" + type_word(table, index) + ">";
}

} // namespace graft
