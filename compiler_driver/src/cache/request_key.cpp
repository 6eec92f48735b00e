// See request_key.hpp. A library's build is known by its build-id, a hash of it that the linker leaves in it; one that has
// none by its file.
#include "request_key.hpp"

#include "../content_key.hpp"
#include "../virtual_headers.hpp"

#include <graft/driver/compiler.hpp>

#include <clang/Basic/Version.h>
#include <llvm/Support/TargetSelect.h>

#include <elf.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace graft::driver {
namespace {

/// A loaded library that is looked for by an address in it.
struct Wanted {
  std::uintptr_t address;
  KeyBuilder &key;
};

bool holds(const dl_phdr_info &library, std::uintptr_t address) {
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr) &part = library.dlpi_phdr[i];
    const std::uintptr_t begin = library.dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD && address >= begin && address < begin + part.p_memsz) return true;
  }
  return false;
}

std::string_view build_id(const dl_phdr_info &library) {
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr) &part = library.dlpi_phdr[i];
    if (part.p_type != PT_NOTE) continue;
    const char *note = reinterpret_cast<const char *>(library.dlpi_addr + part.p_vaddr);
    for (const char *end = note + part.p_memsz; note + sizeof(ElfW(Nhdr)) <= end;) {
      const auto &header = *reinterpret_cast<const ElfW(Nhdr) *>(note);
      const char *name = note + sizeof header;
      const char *content = name + (header.n_namesz + 3) / 4 * 4;
      if (header.n_type == NT_GNU_BUILD_ID && std::string_view(name, header.n_namesz) == std::string_view("GNU", 4))
        return {content, header.n_descsz};
      note = content + (header.n_descsz + 3) / 4 * 4;
    }
  }
  return {};
}

int add_identity(dl_phdr_info *library, std::size_t, void *opaque) {
  const auto &wanted = *static_cast<Wanted *>(opaque);
  if (!holds(*library, wanted.address)) return 0;
  const std::string_view id = build_id(*library);
  wanted.key.add(id);
  if (!id.empty()) return 1;
  const std::string path = *library->dlpi_name != '\0' ? library->dlpi_name : "/proc/self/exe";
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0) return 1;
  for (const auto number : {static_cast<std::int64_t>(status.st_ino), static_cast<std::int64_t>(status.st_size),
                            status.st_mtim.tv_sec, status.st_mtim.tv_nsec})
    wanted.key.add(std::to_string(number));
  return 1;
}

template <class Function>
void add_library_of(Function *function, KeyBuilder &key) {
  Wanted wanted{reinterpret_cast<std::uintptr_t>(function), key};
  ::dl_iterate_phdr(add_identity, &wanted);
}

void add_all(const std::vector<std::string> &strings, KeyBuilder &key) {
  key.add(std::to_string(strings.size()));
  for (const std::string &string : strings) key.add(string);
}

bool loads_code(const std::vector<std::string> &arguments) {
  return std::ranges::any_of(arguments, [](const std::string &argument) {
    return argument == "-load" || argument.starts_with("-load-pass-plugin") || argument.starts_with("-fpass-plugin") ||
           argument.starts_with("-add-plugin") || argument == "-plugin";
  });
}

} // namespace

ContentKey compiler_identity() {
  KeyBuilder key;
  key.add("graft " GRAFT_VERSION);
  key.add(clang_version());
  add_library_of(&compiler_identity, key);
  add_library_of(&clang::getClangFullVersion, key);
  add_library_of(&LLVMInitializeX86Target, key);
  for (const EmbeddedHeader &header : embedded_headers()) {
    key.add(header.name);
    key.add(header.text);
  }
  return key.finish();
}

std::optional<ContentKey> request_key(const ContentKey &compiler, const Job &job, std::span<const RequestedFile> files) {
  KeyBuilder key;
  key.add(compiler);
  key.add(job.bundle);
  const Options &options = job.options;
  for (const auto choice : {static_cast<unsigned>(options.bitcode), static_cast<unsigned>(options.need),
                            static_cast<unsigned>(options.kept), static_cast<unsigned>(options.role)})
    key.add(std::to_string(choice));
  add_all(options.include_dirs, key);
  add_all(options.flags, key); // Clang's driver warns of some that cc1 never sees
  std::error_code failure;
  key.add(options.working_directory.empty() ? std::filesystem::current_path(failure).string() : options.working_directory);
  for (const Source &header : job.headers) {
    key.add(header.name);
    key.add(header.contents.value_or(""));
  }
  for (const RequestedFile &file : files) {
    if (loads_code(file.prepared.arguments)) return std::nullopt;
    key.add(std::to_string(static_cast<unsigned>(file.text.language)));
    key.add(file.text.name);
    key.add(std::string_view(file.text.buffer->getBuffer()));
    add_all(file.prepared.arguments, key);
  }
  return key.finish();
}

} // namespace graft::driver
