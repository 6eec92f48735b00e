// The dynamic section says where everything is.
#include "shared_object.hpp"

#include "elf_file.hpp"

#include <algorithm>
#include <optional>

namespace graft {
namespace {

constexpr Elf64_Sxword kIgnoredTag = 0x6ffff001; // has no meaning to the dynamic linker
constexpr std::uint64_t kWordBytes = sizeof(void *);

/// Whose symbols are asked for one by one; others bring code along that nobody looks at.
constexpr std::string_view kPlainLibraries[] = {"libc.so.6",       "libm.so.6",           "libstdc++.so.6", "libgcc_s.so.1",
                                                "libpthread.so.0", "libdl.so.2",          "librt.so.1",     "libutil.so.1",
                                                "libatomic.so.1",  "ld-linux-x86-64.so.2"};

class Defuser {
 public:
  Defuser(const ElfFile &file, const jit::SymbolGate *gate) : file_(file), gate_(gate) { object_.bytes = file.bytes(); }

  Result<SharedObject> run() {
    read_segments();
    GRAFT_TRY(change_dynamic());
    GRAFT_TRY(change_symbols());
    GRAFT_TRY(check_libraries());
    GRAFT_TRY(find_selves(relocations_));
    GRAFT_TRY(find_selves(jumps_));
    GRAFT_TRY(check_array(object_.initialisers));
    GRAFT_TRY(check_array(object_.finalisers));
    return std::move(object_);
  }

 private:
  struct Table {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
  };

  template <class T>
  void write(std::uint64_t offset, const T &value) {
    std::memcpy(object_.bytes.data() + offset, &value, sizeof value);
  }
  void read_segments();
  Result<void> change_dynamic();
  Result<void> change_symbols();
  Result<void> check_libraries() const;
  Result<void> find_selves(const Table &relocations);
  Result<void> check_array(const SharedObject::Array &array) const;
  void note(Elf64_Dyn &entry);

  const ElfFile &file_;
  const jit::SymbolGate *const gate_;
  SharedObject object_;
  std::uint64_t dynamic_ = 0; ///< offset
  Table relocations_, jumps_;
  std::optional<std::uint64_t> self_; ///< the symbol's index
  std::uint64_t names_ = 0;           ///< address of the dynamic linker's texts
  std::vector<std::uint64_t> needed_; ///< where in them the libraries' names are
};

void Defuser::read_segments() {
  for (const Elf64_Phdr &segment : file_.segments()) {
    const SharedObject::Range range{segment.p_vaddr, segment.p_vaddr + segment.p_memsz};
    if (segment.p_type == PT_DYNAMIC) dynamic_ = segment.p_offset;
    if (segment.p_type == PT_GNU_RELRO) object_.read_only = range;
    if (segment.p_type != PT_LOAD) continue;
    object_.loaded.push_back(range);
    if ((segment.p_flags & PF_X) != 0) object_.code.push_back(range);
    ((segment.p_flags & PF_X) != 0   ? object_.stats.code_bytes
     : (segment.p_flags & PF_W) != 0 ? object_.stats.writable_bytes
                                     : object_.stats.read_only_bytes) += segment.p_memsz;
  }
}

/// Takes note of one entry and, where the dynamic linker must not act on it, changes it.
void Defuser::note(Elf64_Dyn &entry) {
  const std::uint64_t value = entry.d_un.d_val;
  const auto take = [&](std::uint64_t &into, std::uint64_t taken) {
    into = taken;
    entry.d_tag = kIgnoredTag;
  };
  switch (entry.d_tag) {
  case DT_RELA:
    relocations_.address = value;
    break;
  case DT_RELASZ:
    relocations_.bytes = value;
    break;
  case DT_JMPREL:
    jumps_.address = value;
    break;
  case DT_PLTRELSZ:
    jumps_.bytes = value;
    break;
  case DT_INIT:
    take(object_.init, value);
    break;
  case DT_FINI:
    take(object_.fini, value);
    break;
  case DT_INIT_ARRAY:
    take(object_.initialisers.address, value);
    break;
  case DT_FINI_ARRAY:
    take(object_.finalisers.address, value);
    break;
  case DT_INIT_ARRAYSZ:
    take(object_.initialisers.count, value / kWordBytes);
    break;
  case DT_FINI_ARRAYSZ:
    take(object_.finalisers.count, value / kWordBytes);
    break;
  case DT_STRTAB:
    names_ = value;
    break;
  case DT_NEEDED:
  case DT_AUXILIARY: // loaded by the loader as those are, and before them
  case DT_FILTER:
    needed_.push_back(value);
    break;
  case DT_FLAGS_1:
    entry.d_un.d_val &= ~std::uint64_t{DF_1_NODELETE};
    break;
  default:
    break;
  }
}

Result<void> Defuser::change_dynamic() {
  if (dynamic_ == 0) return file_.damaged("it has no dynamic section");
  for (std::uint64_t at = dynamic_;; at += sizeof(Elf64_Dyn)) {
    auto entry = file_.read<Elf64_Dyn>(at);
    if (!entry) return file_.damaged("its dynamic section has no end");
    if (entry->d_tag == DT_NULL) return {};
    note(*entry);
    write(at, *entry);
  }
}

Result<void> Defuser::change_symbols() {
  std::uint64_t index = 0;
  std::vector<std::string> denied;
  for (const ElfSymbol &symbol : file_.symbols()) {
    Elf64_Sym changed = symbol.entry;
    const unsigned type = ELF64_ST_TYPE(changed.st_info);
    const bool is_outside = changed.st_shndx == SHN_UNDEF && !symbol.name.empty() && symbol.name != "graft_self";
    if (is_outside && gate_ != nullptr && !gate_->allows(symbol.name)) {
      if (symbol.binding() != STB_WEAK) denied.emplace_back(symbol.name);
      changed.st_name = 0; // nothing has an empty name, so that what is weak becomes null
    }
    if (symbol.name == "graft_self") {
      if (changed.st_shndx != SHN_UNDEF)
        return error(Code::kInvalid,
                     "shared object '" + file_.name() + "' defines graft_self, which is the runtime's to define",
                     {file_.name(), 0, 0});
      self_ = index;
      changed.st_info = ELF64_ST_INFO(STB_WEAK, type); // N2
    } else if (symbol.binding() == STB_GNU_UNIQUE) {
      changed.st_info = ELF64_ST_INFO(STB_GLOBAL, type); // N3
    }
    write(symbol.at, changed);
    ++index;
  }
  if (!denied.empty()) {
    Artifact of_it;
    of_it.objects.push_back({std::string(file_.name()), {}});
    return gate_->refuse(denied, of_it);
  }
  return {};
}

Result<void> Defuser::check_libraries() const {
  if (gate_ == nullptr) return {};
  for (const std::uint64_t at : needed_) {
    const auto names = file_.offset_of(names_);
    const auto name = names ? file_.text(*names + at) : std::nullopt;
    if (!name) return file_.damaged("the name of a library that it needs lies outside the table of names");
    if (std::ranges::find(kPlainLibraries, *name) != std::end(kPlainLibraries) || gate_->allows("dlopen")) continue;
    return error(Code::kRefused,
                 "shared object '" + file_.name() + "' needs the library '" + std::string(*name) +
                     "', whose code no list of permissions covers but one with 'dynlink'",
                 {file_.name(), 0, 0});
  }
  return {};
}

Result<void> Defuser::find_selves(const Table &relocations) {
  if (!self_ || relocations.bytes == 0) return {};
  const auto begin = file_.offset_of(relocations.address);
  if (!begin || !file_.holds(*begin, relocations.bytes)) return file_.damaged("its relocations reach beyond its end");
  for (std::uint64_t at = 0; at + sizeof(Elf64_Rela) <= relocations.bytes; at += sizeof(Elf64_Rela)) {
    const auto relocation = *file_.read<Elf64_Rela>(*begin + at);
    if (ELF64_R_SYM(relocation.r_info) != *self_) continue;
    const auto type = ELF64_R_TYPE(relocation.r_info);
    if (type != R_X86_64_64 && type != R_X86_64_GLOB_DAT)
      return error(Code::kUnsupported,
                   "shared object '" + file_.name() + "' refers to graft_self as an executable does; build it with -fPIC",
                   {file_.name(), 0, 0});
    if (!file_.offset_of(relocation.r_offset) || relocation.r_offset % kWordBytes != 0)
      return file_.damaged("a relocation lies outside its data");
    object_.selves.push_back({relocation.r_offset, type == R_X86_64_64 ? relocation.r_addend : 0});
  }
  return {};
}

Result<void> Defuser::check_array(const SharedObject::Array &array) const {
  if (array.count == 0) return {};
  const auto begin = file_.offset_of(array.address);
  if (!begin || array.count > file_.bytes().size() || !file_.holds(*begin, array.count * kWordBytes))
    return file_.damaged("its initialisers lie outside its data");
  if (array.address % kWordBytes != 0) return file_.damaged("its initialisers do not begin at a multiple of 8");
  return {};
}

} // namespace

Result<SharedObject> defuse(std::string_view bytes, const std::string &file, const jit::SymbolGate *gate) {
  GRAFT_TRY_ASSIGN(const ElfFile elf, ElfFile::open(bytes, file));
  return Defuser(elf, gate).run();
}

} // namespace graft
