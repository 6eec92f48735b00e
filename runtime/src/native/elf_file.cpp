// See elf_file.hpp.
#include "elf_file.hpp"

#include <algorithm>

namespace graft {

Error ElfFile::damaged(const std::string &what) const {
  const char *kind = is_shared() ? "shared object '" : "object file '";
  return error(Code::kInvalid, kind + name_ + "' is damaged: " + what + "; build it again", {name_, 0, 0});
}

Result<ElfFile> ElfFile::open(std::string_view bytes, std::string name) {
  ElfFile file(bytes, std::move(name));
  GRAFT_TRY(file.read_header());
  GRAFT_TRY(file.read_sections());
  GRAFT_TRY(file.read_segments());
  GRAFT_TRY(file.read_symbols());
  return file;
}

Result<void> ElfFile::read_header() {
  const auto refused = [&](const char *why) {
    return error(Code::kUnsupported, "'" + name_ + "' is " + why, {name_, 0, 0});
  };
  if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG)))
    return error(Code::kInvalid, "'" + name_ + "' is no machine code: it does not begin as an ELF file does", {name_, 0, 0});
  if (bytes_.size() > EI_CLASS && bytes_[EI_CLASS] == ELFCLASS32)
    return refused("machine code of 32 bits, and this process has 64; compile it for x86_64-linux-gnu");
  const auto header = read<Elf64_Ehdr>(0);
  if (!header) return damaged("it has " + std::to_string(bytes_.size()) + " bytes");
  header_ = *header;
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB || header_.e_machine != EM_X86_64)
    return refused("machine code for another machine; compile it for x86_64-linux-gnu");
  if (header_.e_type != ET_REL && header_.e_type != ET_DYN)
    return refused("an ELF file that is neither an object (.o) nor a shared object (.so); link it with -shared");
  return {};
}

Result<void> ElfFile::read_sections() {
  if (header_.e_shnum == 0) return {};
  const std::uint64_t size = std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr);
  if (header_.e_shentsize != sizeof(Elf64_Shdr) || !holds(header_.e_shoff, size))
    return damaged("its section table reaches beyond its end; it may be truncated");
  for (unsigned index = 0; index < header_.e_shnum; ++index)
    sections_.push_back(*read<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr)));
  for (const Elf64_Shdr &section : sections_)
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL && !holds(section.sh_offset, section.sh_size))
      return damaged("a section reaches beyond its end; it may be truncated");
  return {};
}

Result<void> ElfFile::read_segments() {
  if (!is_shared()) return {};
  const std::uint64_t size = std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr);
  if (header_.e_phentsize != sizeof(Elf64_Phdr) || !holds(header_.e_phoff, size))
    return damaged("its segment table reaches beyond its end; it may be truncated");
  for (unsigned index = 0; index < header_.e_phnum; ++index) {
    const auto segment = *read<Elf64_Phdr>(header_.e_phoff + index * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && (!holds(segment.p_offset, segment.p_filesz) || segment.p_memsz < segment.p_filesz))
      return damaged("a segment reaches beyond its end; it may be truncated");
    segments_.push_back(segment);
  }
  return {};
}

Result<void> ElfFile::read_symbols() {
  const auto table = std::ranges::find(sections_, is_shared() ? SHT_DYNSYM : SHT_SYMTAB, &Elf64_Shdr::sh_type);
  if (table == sections_.end()) {
    if (!is_shared()) return {};
    return error(Code::kUnsupported, "shared object '" + name_ + "' has no table of its symbols; do not strip its sections",
                 {name_, 0, 0});
  }
  if (table->sh_link >= sections_.size()) return damaged("its symbols have no names");
  const Elf64_Shdr &names = sections_[table->sh_link];
  for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
    ElfSymbol symbol;
    symbol.at = table->sh_offset + at;
    symbol.entry = *read<Elf64_Sym>(symbol.at);
    const auto name = symbol.entry.st_name < names.sh_size ? text(names.sh_offset + symbol.entry.st_name) : std::nullopt;
    if (!name) return damaged("a symbol's name lies outside the table of names");
    symbol.name = *name;
    symbols_.push_back(symbol);
  }
  return {};
}

std::optional<std::string_view> ElfFile::text(std::uint64_t offset) const {
  if (offset >= bytes_.size()) return {};
  const std::string_view rest = bytes_.substr(offset);
  const std::size_t end = rest.find('\0');
  return end == rest.npos ? std::nullopt : std::optional(rest.substr(0, end));
}

std::optional<std::uint64_t> ElfFile::offset_of(std::uint64_t address) const {
  for (const Elf64_Phdr &segment : segments_)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  return {};
}

} // namespace graft
