// An ELF file that somebody else made, read without trusting it: every offset is checked before anything is taken from
// there.
//
// What the bytes mean to graft is provider_records.hpp's and shared_object.hpp's business.
#pragma once

#include <graft/base/result.hpp>

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

struct ElfSymbol {
  std::string_view name;
  Elf64_Sym entry{};
  std::uint64_t at = 0; ///< offset of the entry in the file

  unsigned binding() const { return ELF64_ST_BIND(entry.st_info); }
  bool is_defined() const { return entry.st_shndx != SHN_UNDEF && binding() != STB_LOCAL; }
};

/// Borrows the bytes.
class ElfFile {
 public:
  /// An object (.o) or a shared object (.so) for x86-64. kInvalid for a damaged one, kUnsupported for another class, machine
  /// or kind.
  static Result<ElfFile> open(std::string_view bytes, std::string name);

  bool is_shared() const { return header_.e_type == ET_DYN; }
  const std::string &name() const { return name_; }
  std::string_view bytes() const { return bytes_; }
  const std::vector<Elf64_Shdr> &sections() const { return sections_; }
  const std::vector<Elf64_Phdr> &segments() const { return segments_; }
  /// In the order of the file's table: those of the dynamic linker for a shared object.
  const std::vector<ElfSymbol> &symbols() const { return symbols_; }

  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    if (!holds(offset, sizeof(T))) return {};
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  /// The terminated text at an offset.
  std::optional<std::string_view> text(std::uint64_t offset) const;
  /// Where the bytes at an address of a shared object are in the file.
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const;

  Error damaged(const std::string &what) const;

 private:
  ElfFile(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  Result<void> read_header();
  Result<void> read_sections();
  Result<void> read_segments();
  Result<void> read_symbols();

  std::string_view bytes_;
  std::string name_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Shdr> sections_;
  std::vector<Elf64_Phdr> segments_;
  std::vector<ElfSymbol> symbols_;
};

} // namespace graft
