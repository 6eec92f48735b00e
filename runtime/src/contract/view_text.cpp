// Numbers in decimal behind which a blank stands, strings behind their length: nothing in a text needs an escape.
#include "view_text.hpp"

#include <algorithm>
#include <charconv>

namespace graft {
namespace {

constexpr std::string_view kMark = "graft-view-1 ";

/// Both directions in one description of what a view holds: `Pass` is a Writer or a Reader.
template <class Pass>
void visit(Pass &pass, SourcePos &where) {
  pass.text(where.file);
  pass.number(where.line);
  pass.number(where.column);
}

template <class Pass>
void visit(Pass &pass, Declared &declared) {
  visit(pass, declared.where);
  pass.text(declared.line);
}

template <class Pass>
void visit(Pass &pass, Field &field) {
  pass.text(field.name);
  pass.number(field.type);
  pass.number(field.offset_bits);
  pass.number(field.width_bits);
  visit(pass, field.declared);
}

template <class Pass>
void visit(Pass &pass, Enumerator &enumerator) {
  pass.text(enumerator.name);
  pass.number(enumerator.value);
  visit(pass, enumerator.declared);
}

template <class Pass>
void visit(Pass &pass, Type &type) {
  pass.flag(type.const_target);
  pass.flag(type.variadic);
  pass.kind(type.kind);
  pass.number(type.align);
  pass.number(type.size);
  pass.number(type.target);
  pass.number(type.count);
  pass.text(type.name);
  pass.list(type.fields);
  pass.list(type.enumerators);
  visit(pass, type.declared);
}

template <class Pass>
void visit(Pass &pass, std::string &text) {
  pass.text(text);
}

template <class Pass>
void visit(Pass &pass, ContractFunction &function) {
  pass.text(function.name);
  pass.number(function.type);
  pass.flag(function.returns_status);
  pass.text(function.fingerprint);
  pass.text(function.declaration);
  visit(pass, function.where);
  pass.text(function.line);
  pass.list(function.parameters);
}

template <class Pass>
void visit(Pass &pass, ContractDescription &description) {
  pass.text(description.contract.tag);
  pass.text(description.contract.name);
  pass.number(description.contract.major);
  pass.number(description.contract.minor);
  pass.list(description.contract.functions);
  visit(pass, description.contract.where);
  pass.list(description.types.types);
}

struct Writer {
  std::string out{kMark};

  template <class Number>
  void number(Number value) {
    out += std::to_string(value) + " ";
  }
  void flag(bool value) { number(value ? 1 : 0); }
  void kind(TypeKind value) { number(static_cast<unsigned>(value)); }
  void text(const std::string &value) {
    number(value.size());
    out += value;
  }
  template <class Item>
  void list(std::vector<Item> &items) {
    number(items.size());
    for (Item &item : items) visit(*this, item);
  }
};

/// After the first mistake everything reads as zero and empty.
struct Reader {
  std::string_view rest;
  bool is_good = true;

  template <class Number>
  void number(Number &value) {
    value = 0;
    if (!is_good) return;
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    is_good = failure == std::errc() && end != rest.data() + rest.size() && *end == ' ';
    if (is_good) rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  }
  void flag(bool &value) {
    unsigned bit = 0;
    number(bit);
    value = bit != 0;
  }
  void kind(TypeKind &value) {
    unsigned kind = 0;
    number(kind);
    is_good = is_good && kind <= static_cast<unsigned>(TypeKind::kOpaque);
    value = is_good ? static_cast<TypeKind>(kind) : TypeKind::kVoid;
  }
  std::size_t count() {
    std::size_t value = 0;
    number(value);
    is_good = is_good && value <= rest.size(); // each item takes at least a byte
    return is_good ? value : 0;
  }
  void text(std::string &value) {
    const std::size_t size = count();
    value = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  template <class Item>
  void list(std::vector<Item> &items) {
    items.resize(count());
    for (Item &item : items) visit(*this, item);
  }
};

/// Whoever walks the table trusts its indices.
bool is_sound(const ContractDescription &description) {
  const std::vector<Type> &types = description.types.types;
  const auto exists = [&](TypeIndex index) { return index < types.size(); };
  const auto has_types = [&](const Type &type) {
    return exists(type.target) && std::ranges::all_of(type.fields, exists, &Field::type);
  };
  const auto is_function = [&](const ContractFunction &function) {
    return exists(function.type) && types[function.type].kind == TypeKind::kFunction;
  };
  return std::ranges::all_of(types, has_types) && std::ranges::all_of(description.contract.functions, is_function);
}

} // namespace

std::string view_text(const ContractDescription &description) {
  Writer writer;
  ContractDescription copy = description;
  visit(writer, copy);
  return std::move(writer.out);
}

Result<ContractDescription> parse_view(std::string_view text) {
  ContractDescription description;
  Reader reader{text.substr(std::min(text.size(), kMark.size())), text.starts_with(kMark)};
  visit(reader, description);
  if (reader.is_good && reader.rest.empty() && is_sound(description)) return description;
  return error(Code::kIncompatible,
               "the view of a contract in this host was made by another version of graft; build the host anew");
}

} // namespace graft
