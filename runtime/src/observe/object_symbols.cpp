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

/// Empty for what is no x86-64 ELF file; the readable ones from the front otherwise.
std::vector<Elf64_Shdr> sections_of(std::string_view bytes) {
  std::vector<Elf64_Shdr> sections;
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64)
    return sections;
  for (unsigned index = 0; index < header->e_shnum; ++index) {
    const auto section = read_at<Elf64_Shdr>(bytes, header->e_shoff + index * sizeof(Elf64_Shdr));
    if (!section) break;
    sections.push_back(*section);
  }
  return sections;
}

void append_object(std::string_view bytes, std::vector<SymbolInfo> &result) {
  const std::vector<Elf64_Shdr> sections = sections_of(bytes);
  for (const Elf64_Shdr &section : sections)
    if (section.sh_type == SHT_SYMTAB && section.sh_link < sections.size())
      append_table(slice(bytes, section), slice(bytes, sections[section.sh_link]), result);
}

/// The function or variable that the byte at `offset` of section `index` belongs to; empty when none says so.
std::string owner_of(std::string_view symbols, std::string_view strings, std::uint64_t index, std::uint64_t offset) {
  for (std::uint64_t at = 0; const auto symbol = read_at<Elf64_Sym>(symbols, at); at += sizeof(Elf64_Sym)) {
    const unsigned type = ELF64_ST_TYPE(symbol->st_info);
    if (symbol->st_shndx != index || (type != STT_FUNC && type != STT_OBJECT)) continue;
    if (offset >= symbol->st_value && offset - symbol->st_value < symbol->st_size) return text_at(strings, symbol->st_name);
  }
  return {};
}

/// Whether the object mentions `wanted`, and which of its functions; that is empty where none is known.
std::optional<std::string> asker_in(std::string_view bytes, std::string_view wanted) {
  const std::vector<Elf64_Shdr> sections = sections_of(bytes);
  for (const Elf64_Shdr &section : sections) {
    if (section.sh_type != SHT_RELA || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr &table = sections[section.sh_link];
    if (table.sh_link >= sections.size()) continue;
    const std::string_view places = slice(bytes, section), symbols = slice(bytes, table),
                           strings = slice(bytes, sections[table.sh_link]);
    for (std::uint64_t at = 0; const auto place = read_at<Elf64_Rela>(places, at); at += sizeof(Elf64_Rela)) {
      const std::uint64_t number = ELF64_R_SYM(place->r_info);
      if (number >= symbols.size() / sizeof(Elf64_Sym)) continue;
      const auto symbol = read_at<Elf64_Sym>(symbols, number * sizeof(Elf64_Sym));
      if (symbol && symbol->st_shndx == SHN_UNDEF && text_at(strings, symbol->st_name) == wanted)
        return owner_of(symbols, strings, section.sh_info, place->r_offset);
    }
  }
  return std::nullopt;
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

std::string asker_of(const std::vector<ObjectFile> &objects, std::string_view symbol) {
  for (const ObjectFile &object : objects) {
    const auto asker = asker_in({object.bytes.data(), object.bytes.size()}, symbol);
    if (asker) return asker->empty() ? object.source : "'" + demangle(*asker) + "' of " + object.source;
  }
  return objects.size() == 1 ? objects.front().source : std::string();
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
