// Types as canonical strings (what two compilers must agree on) and as a C programmer writes them (what a message shows).
#include <graft/base/types.hpp>

#include <algorithm>

namespace graft {
namespace {

/// Walks one type. A struct or union is written out where it is met first and named after that (one without a tag by its ordinal), so
/// that recursion ends and the text cannot grow faster than the table.
class Printer {
public:
  explicit Printer(const TypeTable &table) : table_(table) {}

  std::string print(TypeIndex index) {
    if (index >= table_.types.size()) return "?";
    const Type &type = table_[index];
    const std::string bits = std::to_string(type.size * 8);
    switch (type.kind) {
    case TypeKind::kVoid: return "void";
    case TypeKind::kBool: return "bool";
    case TypeKind::kSigned: return "i" + bits;
    case TypeKind::kUnsigned: return "u" + bits;
    case TypeKind::kFloat: return "f" + bits;
    case TypeKind::kComplex: return "c" + bits;
    case TypeKind::kPointer: return (type.const_target ? "*const " : "*") + print(type.target);
    case TypeKind::kArray: return "[" + std::to_string(type.count) + "]" + print(type.target);
    case TypeKind::kEnum: return print_enum(type);
    case TypeKind::kStruct: return print_record("struct", index);
    case TypeKind::kUnion: return print_record("union", index);
    case TypeKind::kFunction: return print_function(type);
    case TypeKind::kOpaque: return print_opaque(index);
    }
    return "?";
  }

private:
  std::string print_enum(const Type &type) {
    std::string text = "enum " + type.name + ":" + print(type.target) + "{";
    for (const Enumerator &enumerator : type.enumerators) {
      if (text.back() != '{') text += ',';
      text += enumerator.name + "=" + std::to_string(enumerator.value);
    }
    return text + "}";
  }

  std::string print_behind(const Type &type) {
    std::string text;
    for (const TypeIndex index : type.behind) text += (text.empty() ? "<" : ",") + print(index);
    return text.empty() ? text : text + ">";
  }

  std::string print_opaque(TypeIndex index) {
    const Type &type = table_[index];
    const bool is_met = std::find(met_.begin(), met_.end(), index) != met_.end();
    if (type.behind.empty() || is_met) return "opaque " + type.name;
    met_.push_back(index);
    return "opaque " + type.name + print_behind(type);
  }

  std::string print_record(const char *word, TypeIndex index) {
    const Type &type = table_[index];
    const std::string head = std::string(word) + " " + type.name;
    const auto met = std::find(met_.begin(), met_.end(), index);
    if (met != met_.end()) return type.name.empty() ? head + "^" + std::to_string(met - met_.begin()) : head;
    met_.push_back(index);
    std::string text = head + ":" + std::to_string(type.size) + ":" + std::to_string(type.align) + print_behind(type) + "{";
    for (const Field &field : type.fields) {
      if (text.back() != '{') text += ',';
      text += field.name + "@" + std::to_string(field.offset_bits / 8);
      if (field.width_bits != 0) text += "." + std::to_string(field.offset_bits % 8) + "/" + std::to_string(field.width_bits);
      text += ":" + print(field.type);
    }
    return text + "}";
  }

  std::string print_function(const Type &type) {
    std::string text = (type.name.empty() ? "" : type.name + " ") + "fn(";
    for (const Field &parameter : type.fields) {
      if (text.back() != '(') text += ',';
      text += print(parameter.type);
    }
    if (type.variadic) text += text.back() == '(' ? "..." : ",...";
    return text + ")->" + print(type.target);
  }

  const TypeTable &table_;
  std::vector<TypeIndex> met_;
};

std::string base_name(const Type &type) {
  const std::string name = type.name.empty() ? "<unnamed>" : type.name;
  switch (type.kind) {
  case TypeKind::kVoid: return "void";
  case TypeKind::kBool: return "bool";
  case TypeKind::kSigned: return type.size == 1 ? "char" : "int" + std::to_string(type.size * 8) + "_t";
  case TypeKind::kUnsigned: return "uint" + std::to_string(type.size * 8) + "_t";
  case TypeKind::kFloat: return type.size == 4 ? "float" : type.size == 8 ? "double" : "long double";
  case TypeKind::kComplex: return type.size == 8 ? "float _Complex" : type.size == 16 ? "double _Complex" : "long double _Complex";
  case TypeKind::kEnum: return "enum " + name;
  case TypeKind::kStruct: return "struct " + name;
  case TypeKind::kUnion: return "union " + name;
  default: return name;
  }
}

/// C declarators read inside out: `inner` is what has been written so far, around which the type is wrapped.
std::string declare(const TypeTable &table, TypeIndex index, std::string inner, bool is_const) {
  if (index >= table.types.size()) return "?";
  const Type &type = table[index];
  const std::string prefix = is_const ? "const " : "";
  switch (type.kind) {
  case TypeKind::kPointer: {
    const bool wraps = type.target < table.types.size() && (table[type.target].kind == TypeKind::kFunction ||
                                                            table[type.target].kind == TypeKind::kArray);
    const std::string star = is_const ? "*const" : "*";
    return declare(table, type.target, wraps ? "(" + star + inner + ")" : star + inner, type.const_target);
  }
  case TypeKind::kArray:
    return declare(table, type.target, inner + "[" + (type.count != 0 ? std::to_string(type.count) : "") + "]", is_const);
  case TypeKind::kFunction: {
    std::string parameters;
    for (const Field &parameter : type.fields) {
      if (!parameters.empty()) parameters += ", ";
      parameters += declare(table, parameter.type, parameter.name, false);
    }
    if (type.variadic) parameters += parameters.empty() ? "..." : ", ...";
    const std::string convention = type.name.empty() ? "" : " __attribute__((" + type.name + "))";
    return declare(table, type.target, inner + "(" + (parameters.empty() ? "void" : parameters) + ")" + convention, false);
  }
  default: return prefix + base_name(type) + (inner.empty() ? "" : " " + inner);
  }
}

} // namespace

std::string fingerprint(const TypeTable &table, TypeIndex type) { return Printer(table).print(type); }

std::string spelling(const TypeTable &table, TypeIndex type) { return declare(table, type, "", false); }

} // namespace graft
