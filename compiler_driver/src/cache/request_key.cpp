// See request_key.hpp. A library's build is known by its build-id, a hash of it that the linker leaves in it; one that has
// none by its file. The headers that graft brings are in its library.
#include "request_key.hpp"

#include "../content_key.hpp"

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

bool loads_code(std::span<const RequestedFile> files) {
  const auto is_loading = [](const std::string &argument) {
    return argument == "-load" || argument.starts_with("-load-pass-plugin") || argument.starts_with("-fpass-plugin") ||
           argument.starts_with("-add-plugin") || argument == "-plugin";
  };
  return std::ranges::any_of(
      files, [&](const RequestedFile &file) { return std::ranges::any_of(file.prepared.arguments, is_loading); });
}

/// What is asked for, and where relative names begin.
void add_choices(const Options &options, KeyBuilder &key) {
  for (const auto choice : {static_cast<unsigned>(options.bitcode), static_cast<unsigned>(options.need),
                            static_cast<unsigned>(options.kept), static_cast<unsigned>(options.role)})
    key.add(std::to_string(choice));
  std::error_code failure;
  key.add(options.working_directory.empty() ? std::filesystem::current_path(failure).string() : options.working_directory);
}

void add_headers(const Job &job, KeyBuilder &key) {
  key.add(std::to_string(job.headers.size()));
  for (const Source &header : job.headers) {
    key.add(header.name);
    key.add(header.contents.value_or(""));
  }
}

/// Which file, and how it is compiled.
void add_place(const RequestedFile &file, KeyBuilder &key) {
  key.add(std::to_string(static_cast<unsigned>(file.text.language)));
  key.add(file.text.name);
  key.add(file.prepared.arguments_key);
}

} // namespace

ContentKey compiler_identity() {
  KeyBuilder key;
  key.add("graft " GRAFT_VERSION);
  key.add(clang_version());
  add_library_of(&compiler_identity, key);
  add_library_of(&clang::getClangFullVersion, key);
  add_library_of(&LLVMInitializeX86Target, key);
  return key.finish();
}

std::optional<ContentKey> request_key(const ContentKey &compiler, const Job &job, std::span<const RequestedFile> files) {
  if (loads_code(files)) return std::nullopt;
  KeyBuilder key;
  key.add(compiler);
  key.add(job.bundle);
  add_choices(job.options, key);
  add_all(job.options.include_dirs, key);
  add_all(job.options.flags, key); // Clang's driver warns of some that cc1 never sees
  add_headers(job, key);
  for (const RequestedFile &file : files) {
    add_place(file, key);
    key.add(std::string_view(file.text.buffer->getBuffer()));
  }
  return key.finish();
}

std::vector<UnitKey> unit_keys(const ContentKey &compiler, const Job &job, std::span<const RequestedFile> files) {
  if (loads_code(files)) return {};
  KeyBuilder common;
  common.add("unit");
  common.add(compiler);
  add_choices(job.options, common);
  KeyBuilder with_headers = common, with_bundle = common;
  add_headers(job, with_headers);
  with_bundle.add(job.bundle);
  std::vector<UnitKey> keys;
  for (const RequestedFile &file : files) {
    KeyBuilder request = with_headers, place = with_bundle;
    add_place(file, request);
    add_place(file, place);
    request.add(std::string_view(file.text.buffer->getBuffer()));
    keys.push_back({place.finish(), request.finish()});
  }
  return keys;
}

} // namespace graft::driver
