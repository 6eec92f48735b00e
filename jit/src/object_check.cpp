// Bounds of every table and every reference in an ELF file. JITLink trusts its input in places (symbol offsets, alignments,
// relocation offsets), so nothing reaches it that is not consistent.
#include "object_check.hpp"

#include "frame_check.hpp"

#include <llvm/Demangle/Demangle.h>

#include <elf.h>

#include <cstring>
#include <string_view>

namespace graft::jit {
namespace {

constexpr std::uint64_t kLargestAlign = std::uint64_t{1} << 30;

class ObjectChecker {
 public:
  explicit ObjectChecker(const ObjectFile &object) : object_(object), size_(object.bytes.size()) {}
  Result<void> run();

 private:
  Error broken(const std::string &what) const {
    return error(Code::kInvalid, "object file of '" + object_.source + "' is damaged: " + what + "; compile it again",
                 {object_.source, 0, 0});
  }
  Error unsupported(const std::string &what) const { return error(Code::kUnsupported, what, {object_.source, 0, 0}); }
  template <class T>
  T read(std::uint64_t offset) const {
    T value;
    std::memcpy(&value, object_.bytes.data() + offset, sizeof(T));
    return value;
  }
  bool inside(std::uint64_t offset, std::uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }
  Elf64_Shdr section(std::uint64_t index) const { return read<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr)); }
  bool in_string_table(const Elf64_Shdr &table, std::uint64_t offset) const {
    return offset < table.sh_size &&
           std::memchr(object_.bytes.data() + table.sh_offset + offset, 0, table.sh_size - offset) != nullptr;
  }

  bool is_loaded(std::uint64_t symbol) const;

  Result<void> check_header();
  Result<void> check_section(std::uint64_t index);
  Result<void> check_symbols(const Elf64_Shdr &table);
  Result<void> check_relocations(const Elf64_Shdr &table);

  const ObjectFile &object_;
  const std::uint64_t size_;
  Elf64_Ehdr header_{};
  std::uint64_t section_count_ = 0;
  std::uint64_t symbol_count_ = 0;
  std::uint64_t symbols_at_ = 0;
};

bool ObjectChecker::is_loaded(std::uint64_t symbol) const {
  const auto home = read<Elf64_Sym>(symbols_at_ + symbol * sizeof(Elf64_Sym)).st_shndx;
  return home == SHN_UNDEF || home >= SHN_LORESERVE || (section(home).sh_flags & SHF_ALLOC) != 0;
}

Result<void> ObjectChecker::check_header() {
  if (size_ < sizeof(Elf64_Ehdr)) return broken("it has " + std::to_string(size_) + " bytes");
  header_ = read<Elf64_Ehdr>(0);
  if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) return broken("it is not an ELF file");
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB || header_.e_machine != EM_X86_64) {
    return unsupported("object file of '" + object_.source + "' is not for x86-64; compile it for x86_64-linux-gnu");
  }
  if (header_.e_type != ET_REL) {
    return unsupported("'" + object_.source + "' is not a relocatable object file; link shared libraries by name instead");
  }
  if (header_.e_shentsize != sizeof(Elf64_Shdr)) return broken("its section headers have a strange size");
  section_count_ = header_.e_shnum;
  if (section_count_ == 0 && header_.e_shoff != 0 && inside(header_.e_shoff, sizeof(Elf64_Shdr))) {
    section_count_ = section(0).sh_size; // more than 65,279 sections
  }
  if (section_count_ > size_ / sizeof(Elf64_Shdr) || !inside(header_.e_shoff, section_count_ * sizeof(Elf64_Shdr))) {
    return broken("its section table reaches beyond its end; it may be truncated");
  }
  if (section_count_ == 0) return broken("it has no sections");
  if (header_.e_shoff % alignof(Elf64_Shdr) != 0) return broken("its section table is not aligned");
  const std::uint64_t names = header_.e_shstrndx == SHN_XINDEX ? section(0).sh_link : header_.e_shstrndx;
  if (names >= section_count_ || section(names).sh_type != SHT_STRTAB) return broken("it has no table of section names");
  return {};
}

Result<void> ObjectChecker::check_section(std::uint64_t index) {
  const Elf64_Shdr each = section(index);
  if (each.sh_type == SHT_NULL) return {};
  if (each.sh_type != SHT_NOBITS && !inside(each.sh_offset, each.sh_size)) {
    return broken("a section reaches beyond its end; it may be truncated");
  }
  if (each.sh_addralign > kLargestAlign || (each.sh_addralign & (each.sh_addralign - 1)) != 0) {
    return broken("a section has a strange alignment");
  }
  if (each.sh_type == SHT_NOBITS && each.sh_size > (std::uint64_t{1} << 47)) return broken("a section has a strange size");
  if (each.sh_type == SHT_NOBITS && (each.sh_flags & SHF_ALLOC) == 0) return broken("an empty section is not loaded");
  if (each.sh_addr != 0) return broken("a section has an address already");
  if ((each.sh_flags & SHF_ALLOC) != 0 && (each.sh_flags & SHF_WRITE) != 0 && (each.sh_flags & SHF_EXECINSTR) != 0) {
    return unsupported("'" + object_.source + "' has a section that is writable and executable, which is refused");
  }
  const std::uint64_t names = header_.e_shstrndx == SHN_XINDEX ? section(0).sh_link : header_.e_shstrndx;
  if (!in_string_table(section(names), each.sh_name)) return broken("a section's name lies outside the table of names");
  if (object_.bytes.data() + section(names).sh_offset + each.sh_name == std::string_view(".eh_frame")) {
    if (each.sh_type == SHT_NOBITS) return broken("its unwind records are empty");
    const std::string damage = check_frames(object_.bytes.data() + each.sh_offset, each.sh_size);
    if (!damage.empty()) return broken(damage);
  }
  return {};
}

Result<void> ObjectChecker::check_symbols(const Elf64_Shdr &table) {
  if (symbol_count_ != 0) return broken("it has two symbol tables");
  if (table.sh_entsize != sizeof(Elf64_Sym) || table.sh_size % sizeof(Elf64_Sym) != 0 || table.sh_offset % 8 != 0) {
    return broken("its symbol table has a strange size");
  }
  if (table.sh_link >= section_count_ || section(table.sh_link).sh_type != SHT_STRTAB) {
    return broken("its symbols have no names");
  }
  const Elf64_Shdr names = section(table.sh_link);
  symbol_count_ = table.sh_size / sizeof(Elf64_Sym);
  symbols_at_ = table.sh_offset;
  for (std::uint64_t i = 0; i < symbol_count_; ++i) {
    const auto symbol = read<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
    if (!in_string_table(names, symbol.st_name)) return broken("a symbol's name lies outside the table of names");
    const char *name = object_.bytes.data() + names.sh_offset + symbol.st_name;
    const int type = ELF64_ST_TYPE(symbol.st_info);
    if (type == STT_GNU_IFUNC) {
      return unsupported("function '" + llvm::demangle(name) + "' of '" + object_.source +
                         "' is chosen at load time (IFUNC), which cannot be linked from machine code; give its source or "
                         "bitcode, or a plain function");
    }
    if (type == STT_TLS) {
      return unsupported("'" + llvm::demangle(name) + "' of '" + object_.source +
                         "' is a native thread-local; compile it with -femulated-tls");
    }
    if (symbol.st_shndx == SHN_COMMON) {
      const bool power = symbol.st_value != 0 && (symbol.st_value & (symbol.st_value - 1)) == 0;
      if (!power || symbol.st_value > kLargestAlign) return broken("a common symbol has a strange alignment");
      continue;
    }
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE) continue;
    if (symbol.st_shndx >= section_count_) return broken("a symbol lies in a section that does not exist");
    const Elf64_Shdr home = section(symbol.st_shndx);
    if (symbol.st_value > home.sh_size) return broken("a symbol lies outside its section");
    if (ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && (home.sh_flags & SHF_ALLOC) == 0) {
      return broken("symbol '" + llvm::demangle(name) + "' lies in a section that is not loaded");
    }
  }
  return {};
}

Result<void> ObjectChecker::check_relocations(const Elf64_Shdr &table) {
  if (table.sh_entsize != sizeof(Elf64_Rela) || table.sh_size % sizeof(Elf64_Rela) != 0 || table.sh_offset % 8 != 0) {
    return broken("a relocation table has a strange size");
  }
  if (table.sh_info >= section_count_) return broken("a relocation table is for a section that does not exist");
  const Elf64_Shdr target = section(table.sh_info);
  for (std::uint64_t offset = 0; offset < table.sh_size; offset += sizeof(Elf64_Rela)) {
    const auto relocation = read<Elf64_Rela>(table.sh_offset + offset);
    const std::uint64_t type = ELF64_R_TYPE(relocation.r_info);
    const std::uint64_t width = type == R_X86_64_64 || type == R_X86_64_PC64 || type == R_X86_64_GOTOFF64 ? 8 : 4;
    const std::uint64_t room = type == R_X86_64_NONE ? 0 : type == R_X86_64_8 || type == R_X86_64_PC8 ? 1 : width;
    if (target.sh_type == SHT_NOBITS || room > target.sh_size || relocation.r_offset > target.sh_size - room) {
      return broken("a relocation lies outside its section");
    }
    // A GOT load that is relaxed rewrites up to three bytes in front.
    const bool relaxable = type == R_X86_64_GOTPCRELX || type == R_X86_64_REX_GOTPCRELX;
    if (relaxable && relocation.r_offset < 3) return broken("a relocation lies outside its instruction");
    const std::uint64_t symbol = ELF64_R_SYM(relocation.r_info);
    if (symbol >= symbol_count_) return broken("a relocation names a symbol that does not exist");
    if (symbol == 0 && type != R_X86_64_NONE) return broken("a relocation names no symbol");
    if ((target.sh_flags & SHF_ALLOC) != 0 && !is_loaded(symbol)) {
      return broken("a relocation refers to a section that is not loaded");
    }
  }
  return {};
}

Result<void> ObjectChecker::run() {
  GRAFT_TRY(check_header());
  for (std::uint64_t i = 0; i < section_count_; ++i) GRAFT_TRY(check_section(i));
  for (std::uint64_t i = 0; i < section_count_; ++i) {
    if (section(i).sh_type == SHT_SYMTAB) GRAFT_TRY(check_symbols(section(i)));
  }
  for (std::uint64_t i = 0; i < section_count_; ++i) {
    if (section(i).sh_type == SHT_REL) return broken("it has relocations of a kind that x86-64 does not use");
    if (section(i).sh_type == SHT_RELA) GRAFT_TRY(check_relocations(section(i)));
  }
  return {};
}

} // namespace

Result<void> check_object(const ObjectFile &object) { return ObjectChecker(object).run(); }

} // namespace graft::jit
