// A record lies in data that nobody relocated yet, so its pointers are the relocations that will fill them.
#include "provider_records.hpp"

#include "../store/stubs.hpp"

#include <graft/abi.h>

#include <map>
#include <utility>

namespace graft {
namespace {

/// Where something will be: a section and an offset in it, or, in a shared object, section 0 and the address.
struct Place {
  std::uint64_t section = 0;
  std::uint64_t offset = 0;

  Place operator+(std::uint64_t more) const { return {section, offset + more}; }
  auto operator<=>(const Place &) const = default;
};

class RecordReader {
 public:
  explicit RecordReader(const ElfFile &file) : file_(file) {
    for (const Elf64_Shdr &table : file.sections())
      if (table.sh_type == SHT_RELA) note_pointers(table);
  }

  Result<ProviderFacts> read(const ElfSymbol &symbol) const;

 private:
  std::optional<std::uint64_t> offset_of(Place place) const;
  template <class T>
  std::optional<T> value(Place place) const {
    const auto offset = offset_of(place);
    return offset ? file_.read<T>(*offset) : std::nullopt;
  }
  std::optional<Place> pointer(Place place) const;
  std::optional<Place> place_of(const ElfSymbol &symbol, std::int64_t addend) const;
  void note_pointers(const Elf64_Shdr &table);
  Result<void> read_contract(Place info, ProviderFacts &provider) const;

  Error refused(Code code, const ProviderFacts &provider, const std::string &why) const {
    return error(code, "'" + provider.table_symbol + "' in '" + file_.name() + "' " + why, {file_.name(), 0, 0});
  }

  const ElfFile &file_;
  std::map<Place, Place> pointers_;
};

std::optional<Place> RecordReader::place_of(const ElfSymbol &symbol, std::int64_t addend) const {
  const Elf64_Sym &entry = symbol.entry;
  if (entry.st_shndx == SHN_UNDEF || entry.st_shndx >= SHN_LORESERVE) return {};
  return Place{file_.is_shared() ? 0u : entry.st_shndx, entry.st_value + static_cast<std::uint64_t>(addend)};
}

void RecordReader::note_pointers(const Elf64_Shdr &table) {
  const std::uint64_t section = file_.is_shared() ? 0 : table.sh_info;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Rela) <= table.sh_size; at += sizeof(Elf64_Rela)) {
    const auto relocation = *file_.read<Elf64_Rela>(table.sh_offset + at);
    const std::uint64_t symbol = ELF64_R_SYM(relocation.r_info);
    const auto type = ELF64_R_TYPE(relocation.r_info);
    std::optional<Place> target;
    if (type == R_X86_64_RELATIVE)
      target = Place{0, static_cast<std::uint64_t>(relocation.r_addend)};
    else if (type == R_X86_64_64 && symbol < file_.symbols().size())
      // A function of somebody else's is a pointer all the same; where to is not asked.
      target = place_of(file_.symbols()[symbol], relocation.r_addend).value_or(Place{});
    if (target) pointers_[{section, relocation.r_offset}] = *target;
  }
}

std::optional<std::uint64_t> RecordReader::offset_of(Place place) const {
  if (file_.is_shared()) return file_.offset_of(place.offset);
  if (place.section == 0 || place.section >= file_.sections().size()) return {};
  const Elf64_Shdr &section = file_.sections()[place.section];
  if (section.sh_type == SHT_NOBITS || place.offset >= section.sh_size) return {};
  return section.sh_offset + place.offset;
}

std::optional<Place> RecordReader::pointer(Place place) const {
  if (const auto found = pointers_.find(place); found != pointers_.end()) return found->second;
  if (!file_.is_shared()) return {};
  const auto packed = value<std::uint64_t>(place); // RELR relocations leave the address where it belongs
  return packed && *packed != 0 ? std::optional(Place{0, *packed}) : std::nullopt;
}

Result<void> RecordReader::read_contract(Place info, ProviderFacts &provider) const {
  const auto size = value<std::uint32_t>(info);
  if (!size) return refused(Code::kInvalid, provider, "is no provider record: its contract lies outside the file's data");
  if (*size != sizeof(graft_contract_info))
    return refused(Code::kIncompatible, provider,
                   "is of another ABI: its contract has " + std::to_string(*size) + " bytes, this graft's " +
                       std::to_string(sizeof(graft_contract_info)) + "; build it with this graft's headers");
  const auto major = value<std::uint16_t>(info + offsetof(graft_contract_info, major));
  const auto minor = value<std::uint16_t>(info + offsetof(graft_contract_info, minor));
  const auto name_at = pointer(info + offsetof(graft_contract_info, name));
  const auto offset = name_at ? offset_of(*name_at) : std::nullopt;
  const auto name = offset ? file_.text(*offset) : std::nullopt;
  if (!major || !minor || !name || name->empty()) return refused(Code::kInvalid, provider, "names no contract");
  provider.contract = *name;
  provider.major = *major;
  provider.minor = *minor;
  return {};
}

Result<ProviderFacts> RecordReader::read(const ElfSymbol &symbol) const {
  ProviderFacts provider;
  provider.tag = symbol.name.substr(kProviderRecord.size());
  provider.table_symbol = symbol.name;
  provider.where.file = file_.name();
  const auto record = place_of(symbol, 0);
  const auto size = record ? value<std::uint32_t>(*record) : std::nullopt;
  if (!size) return refused(Code::kInvalid, provider, "is no provider record: it lies outside the file's data");
  if (*size != sizeof(graft_provider))
    return refused(Code::kIncompatible, provider,
                   "is of another ABI: its record has " + std::to_string(*size) + " bytes, this graft's " +
                       std::to_string(sizeof(graft_provider)) + "; build it with this graft's headers");
  const auto table_size = value<std::uint32_t>(*record + offsetof(graft_provider, table_size));
  const auto contract = pointer(*record + offsetof(graft_provider, contract));
  const auto table = pointer(*record + offsetof(graft_provider, table));
  if (!table_size || !contract || !table)
    return refused(Code::kInvalid, provider, "is no provider record: it has no contract or no table");
  if (*table_size == 0 || *table_size % sizeof(void *) != 0 || *table_size / sizeof(void *) > kMaxFunctions)
    return refused(Code::kInvalid, provider,
                   "is no provider record: its table has " + std::to_string(*table_size) + " bytes");
  GRAFT_TRY(read_contract(*contract, provider));
  for (std::uint32_t offset = 0; offset < *table_size; offset += sizeof(void *))
    provider.entries.emplace_back(pointer(*table + offset) ? "(machine code)" : "");
  return provider;
}

} // namespace

Result<Facts> read_provider_records(const ElfFile &file) {
  Facts facts;
  const RecordReader reader(file);
  for (const ElfSymbol &symbol : file.symbols()) {
    if (!symbol.is_defined()) continue;
    facts.defines_init |= symbol.name == "graft_init";
    facts.defines_stop |= symbol.name == "graft_stop";
    facts.defines_main |= symbol.name == "main";
    if (!symbol.name.starts_with(kProviderRecord)) continue;
    GRAFT_TRY_ASSIGN(ProviderFacts provider, reader.read(symbol));
    facts.providers.push_back(std::move(provider));
  }
  return facts;
}

} // namespace graft
