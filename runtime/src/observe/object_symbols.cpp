// A small reader of ELF symbol tables: every offset is checked against the file's end before it is followed.
#include "object_symbols.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

namespace graft {
namespace {

template <class Value>
std::optional<Value> read_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) return {};
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view slice(std::string_view bytes, const Elf64_Shdr &section) {
  if (section.sh_offset > bytes.size() || bytes.size() - section.sh_offset < section.sh_size) return {};
  return bytes.substr(section.sh_offset, section.sh_size);
}

std::string text_at(std::string_view strings, std::uint64_t offset) {
  if (offset >= strings.size()) return {};
  strings.remove_prefix(offset);
  return std::string(strings.substr(0, strings.find('\0')));
}

SymbolKind kind_of(const Elf64_Sym &symbol) {
  if (symbol.st_shndx == SHN_UNDEF) return SymbolKind::kUndefined;
  switch (ELF64_ST_TYPE(symbol.st_info)) {
  case STT_FUNC:
    return SymbolKind::kFunction;
  case STT_OBJECT:
  case STT_COMMON:
    return SymbolKind::kObject;
  default:
    return SymbolKind::kOther;
  }
}

bool is_worth_showing(const Elf64_Sym &symbol, const std::string &name) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return !name.empty() && type != STT_SECTION && type != STT_FILE;
}

void append_table(std::string_view symbols, std::string_view strings, std::vector<SymbolInfo> &result) {
  for (std::uint64_t offset = 0; const auto symbol = read_at<Elf64_Sym>(symbols, offset); offset += sizeof(Elf64_Sym)) {
    const std::string name = text_at(strings, symbol->st_name);
    if (!is_worth_showing(*symbol, name)) continue;
    result.push_back({demangle(name), name, kind_of(*symbol), symbol->st_size, ELF64_ST_BIND(symbol->st_info) == STB_LOCAL});
  }
}

void append_object(std::string_view bytes, std::vector<SymbolInfo> &result) {
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64) return;
  for (unsigned index = 0; index < header->e_shnum; ++index) {
    const auto section = read_at<Elf64_Shdr>(bytes, header->e_shoff + index * sizeof(Elf64_Shdr));
    if (!section || section->sh_type != SHT_SYMTAB || section->sh_link >= header->e_shnum) continue;
    const auto strings = read_at<Elf64_Shdr>(bytes, header->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
    if (strings) append_table(slice(bytes, *section), slice(bytes, *strings), result);
  }
}

} // namespace

std::string demangle(const std::string &name) {
  int status = 0;
  char *text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string result(text);
  std::free(text);
  return result;
}

std::vector<SymbolInfo> object_symbols(const std::vector<ObjectFile> &objects) {
  std::vector<SymbolInfo> all;
  for (const ObjectFile &object : objects) append_object({object.bytes.data(), object.bytes.size()}, all);
  std::ranges::sort(all, {}, [](const SymbolInfo &symbol) {
    return std::tuple(symbol.kind == SymbolKind::kUndefined, std::string_view(symbol.name), std::string_view(symbol.linked));
  });
  // What one file needs and another defines is no import of the bundle.
  std::set<std::string> defined, seen;
  for (const SymbolInfo &symbol : all)
    if (symbol.kind != SymbolKind::kUndefined && !symbol.local) defined.insert(symbol.linked);
  std::erase_if(all, [&](const SymbolInfo &symbol) {
    return symbol.kind == SymbolKind::kUndefined && (defined.contains(symbol.linked) || !seen.insert(symbol.linked).second);
  });
  return all;
}

} // namespace graft
