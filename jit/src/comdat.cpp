// Reads SHT_GROUP sections (gABI, "Section Groups"). check_object() has been here before: tables and names are in bounds.
#include "comdat.hpp"

#include <elf.h>

#include <cstring>
#include <map>

namespace graft::jit {
namespace {

class GroupReader {
 public:
  explicit GroupReader(const ObjectFile &object) : object_(object), header_(read<Elf64_Ehdr>(0)) {
    count_ = header_.e_shnum != 0 ? header_.e_shnum : section(0).sh_size; // as check_object() counts
  }
  Result<std::vector<ComdatGroup>> run();

 private:
  template <class T>
  T read(std::uint64_t offset) const {
    T value;
    std::memcpy(&value, object_.bytes.data() + offset, sizeof(T));
    return value;
  }
  Elf64_Shdr section(std::uint64_t index) const { return read<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr)); }
  Elf64_Sym symbol(const Elf64_Shdr &table, std::uint64_t index) const {
    return read<Elf64_Sym>(table.sh_offset + index * sizeof(Elf64_Sym));
  }
  std::string_view name(const Elf64_Shdr &table, const Elf64_Sym &symbol) const {
    return object_.bytes.data() + section(table.sh_link).sh_offset + symbol.st_name;
  }
  Result<void> read_group(const Elf64_Shdr &group);
  void name_symbols(const Elf64_Shdr &table);

  const ObjectFile &object_;
  const Elf64_Ehdr header_;
  std::uint64_t count_ = 0;
  std::vector<ComdatGroup> groups_;
  std::map<std::uint64_t, std::size_t> group_of_; // by section
};

Result<void> GroupReader::read_group(const Elf64_Shdr &group) {
  constexpr std::uint64_t kWord = sizeof(Elf64_Word);
  const auto broken = [this] {
    return error(Code::kInvalid,
                 "object file of '" + object_.source +
                     "' is damaged: a section group names what is not there; "
                     "compile it again",
                 {object_.source, 0, 0});
  };
  if (group.sh_size < kWord || group.sh_size % kWord != 0 || group.sh_link >= count_) return broken();
  if ((read<Elf64_Word>(group.sh_offset) & GRP_COMDAT) == 0) return {};
  const Elf64_Shdr symbols = section(group.sh_link);
  if (symbols.sh_type != SHT_SYMTAB || group.sh_info >= symbols.sh_size / sizeof(Elf64_Sym)) return broken();
  ComdatGroup &made = groups_.emplace_back();
  made.signature = name(symbols, symbol(symbols, group.sh_info));
  for (std::uint64_t at = kWord; at < group.sh_size; at += kWord) {
    const auto member = read<Elf64_Word>(group.sh_offset + at);
    if (member >= count_) return broken();
    group_of_[member] = groups_.size() - 1;
    const Elf64_Shdr home = section(member);
    if (home.sh_type == SHT_NOBITS || home.sh_type == SHT_NULL) continue;
    made.contents.emplace_back(object_.bytes.data() + home.sh_offset, home.sh_size);
  }
  return {};
}

void GroupReader::name_symbols(const Elf64_Shdr &table) {
  for (std::uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
    const Elf64_Sym each = symbol(table, i);
    if (ELF64_ST_BIND(each.st_info) == STB_LOCAL) continue;
    const auto group = group_of_.find(each.st_shndx);
    if (group != group_of_.end()) groups_[group->second].symbols.push_back(name(table, each));
  }
}

Result<std::vector<ComdatGroup>> GroupReader::run() {
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (section(i).sh_type == SHT_GROUP) GRAFT_TRY(read_group(section(i)));
  }
  if (groups_.empty()) return std::move(groups_);
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (section(i).sh_type == SHT_SYMTAB) name_symbols(section(i));
  }
  return std::move(groups_);
}

} // namespace

Result<std::vector<ComdatGroup>> comdat_groups(const ObjectFile &object) { return GroupReader(object).run(); }

} // namespace graft::jit
