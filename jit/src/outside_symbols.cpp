// Look-ups outside the image, and what to say when they fail.
#include "outside_symbols.hpp"

#include <llvm/ADT/StringRef.h>
#include <llvm/Demangle/Demangle.h>

#include <dlfcn.h>
#include <link.h>

#include <algorithm>

namespace graft::jit {
namespace {

/// Names that only a static linker can define for a whole program.
constexpr std::string_view kLinkerDefined[] = {"end",   "_end",   "etext",       "_etext",
                                               "edata", "_edata", "__bss_start", "__executable_start"};

/// Functions that leave something with the process which nobody can take back, and what that is.
struct ForGood {
  std::string_view name;
  const char *what;
};
constexpr const char *kPrintf = "makes the C library call a plugin's function whenever somebody prints that way, and "
                                "nothing tells whether it still does; format the value and print the text";
constexpr ForGood kForGood[] = {
    {"register_printf_function", kPrintf},
    {"register_printf_specifier", kPrintf},
    {"register_printf_type", kPrintf},
    {"sigaltstack", "leaves its stack with the thread that calls it, where nobody else can take it back; the host sets "
                    "stacks up for its threads"},
};

/// Before the name of a thread-local variable, that of its control object.
constexpr std::string_view kControlPrefix = "__emutls_v.";

struct ThreadLocalPlace {
  std::uintptr_t address;
  unsigned long module = 0;
  unsigned long offset = 0;
};

int match_thread_local(dl_phdr_info *info, std::size_t, void *opaque) {
  auto *place = static_cast<ThreadLocalPlace *>(opaque);
  const auto data = reinterpret_cast<std::uintptr_t>(info->dlpi_tls_data);
  if (data == 0) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &header = info->dlpi_phdr[i];
    if (header.p_type != PT_TLS || place->address < data || place->address >= data + header.p_memsz) continue;
    place->module = info->dlpi_tls_modid;
    place->offset = place->address - data;
    return 1;
  }
  return 0;
}

const Import *import_of(const std::string &name, const UndefinedReport &report) {
  if (report.imports == nullptr) return nullptr;
  for (const Import &import : *report.imports) {
    if (import.symbol == name && !import.where.file.empty()) return &import;
  }
  return nullptr;
}

/// The name without its parameters: what a person mistypes.
std::string base_name(const std::string &demangled) { return demangled.substr(0, demangled.find('(')); }

std::string near_match(const std::string &name, const UndefinedReport &report) {
  const std::string wanted = llvm::demangle(name);
  const std::string wanted_base = base_name(wanted);
  unsigned best = std::max<unsigned>(1, static_cast<unsigned>(wanted_base.size()) / 3) + 1;
  std::string match;
  for (const std::string &known : report.known) {
    if (known == name || known.starts_with("graft.")) continue;
    const std::string candidate = llvm::demangle(known);
    const std::string candidate_base = base_name(candidate);
    // Same name, other parameters: nearer than any other spelling.
    const unsigned distance =
        candidate_base == wanted_base
            ? 0
            : std::max(1u, llvm::StringRef(candidate_base).edit_distance(wanted_base, /*AllowReplacements=*/true, best));
    if (distance < best) {
      best = distance;
      match = candidate;
    }
  }
  return match;
}

} // namespace

Libraries::~Libraries() {
  for (void *handle : handles_) ::dlclose(handle);
}

Result<void> Libraries::open(const std::string &name, Visibility visibility) {
  void *handle = ::dlopen(name.c_str(), RTLD_NOW | (visibility == Visibility::kProcess ? RTLD_GLOBAL : RTLD_LOCAL));
  if (handle == nullptr) {
    const char *reason = ::dlerror();
    return error(Code::kNotFound,
                 "library '" + name + "' cannot be opened: " + (reason == nullptr ? "no reason given" : reason));
  }
  handles_.push_back(handle);
  return {};
}

const void *Libraries::find(const char *name) const {
  for (void *handle : handles_) {
    if (const void *address = ::dlsym(handle, name)) return address;
  }
  return nullptr;
}

OutsideSymbols::OutsideSymbols(const LinkOptions &options, ImageState &state) : options_(options), state_(state) {
  for (const Symbol &symbol : options.symbols) given_.emplace(symbol.name, symbol.address);
}

Result<void> OutsideSymbols::open_libraries() {
  const auto visibility =
      options_.ending == Ending::kProcess ? Libraries::Visibility::kProcess : Libraries::Visibility::kImage;
  for (const std::string &library : options_.libraries) GRAFT_TRY(state_.libraries.open(library, visibility));
  return {};
}

const void *OutsideSymbols::process_thread_local(std::string_view variable) {
  const std::string name(variable);
  const void *address = state_.libraries.find(name.c_str());
  if (address == nullptr) address = ::dlsym(RTLD_DEFAULT, name.c_str());
  if (address == nullptr) return nullptr;
  ThreadLocalPlace place{reinterpret_cast<std::uintptr_t>(address)};
  if (::dl_iterate_phdr(match_thread_local, &place) == 0) return nullptr;
  MutexLock lock(state_.variables_mutex);
  auto &native = state_.variables.emplace_back(ThreadVariable{nullptr, 0, {place.module, place.offset}});
  return &state_.controls.emplace_back(ThreadControl{0, 0, &native, nullptr});
}

Result<std::optional<const void *>> OutsideSymbols::find(std::string_view name) {
  Result<std::optional<const void *>> found = look_up(name);
  if (found && *found && !may_bind(name)) {
    deny(name);
    found = std::optional<const void *>();
  }
  if (looks_ != nullptr && found) looks_->push_back({std::string(name), (*found).value_or(nullptr)});
  return found;
}

bool OutsideSymbols::may_bind(std::string_view name) const {
  if (options_.gate == nullptr || given_.contains(name)) return true;
  if (name.starts_with("graft.")) return true; // what a stub jumps to; whether there is a stub was asked under its own name
  if (name.starts_with(kControlPrefix)) name.remove_prefix(kControlPrefix.size());
  return options_.gate->allows(name);
}

Result<std::optional<const void *>> OutsideSymbols::look_up(std::string_view name) {
  if (const auto given = given_.find(name); given != given_.end()) return std::optional(given->second);
  if (std::ranges::find(kLinkerDefined, name) != std::end(kLinkerDefined)) {
    return error(Code::kUnsupported, "symbol '" + std::string(name) +
                                         "' marks a place in a program that a linker laid out; "
                                         "code linked into a running process has no such place");
  }
  const auto for_good = std::ranges::find(kForGood, name, &ForGood::name);
  if (for_good != std::end(kForGood) && options_.ending == Ending::kUnload) {
    return error(Code::kUnsupported, "symbol '" + std::string(name) + "' " + for_good->what);
  }
  if (const void *ours = special_function(name, options_.ending)) return std::optional(ours);
  if (name.starts_with(kControlPrefix)) {
    const void *control = process_thread_local(name.substr(kControlPrefix.size()));
    return control == nullptr ? std::optional<const void *>() : std::optional(control);
  }
  const std::string text(name);
  const void *address = state_.libraries.find(text.c_str());
  if (address == nullptr) address = ::dlsym(RTLD_DEFAULT, text.c_str());
  if (address == nullptr && name == "__stack_chk_fail_local") address = ::dlsym(RTLD_DEFAULT, "__stack_chk_fail");
  if (address == nullptr && name.starts_with("__atomic_") &&
      state_.libraries.open("libatomic.so.1", Libraries::Visibility::kImage)) {
    address = state_.libraries.find(text.c_str());
  }
  return address == nullptr ? std::optional<const void *>() : std::optional(address);
}

Error undefined_symbols(const std::vector<std::string> &names, const UndefinedReport &report) {
  Error failure = error(Code::kInvalid, {});
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  for (const std::string &name : sorted) {
    failure.message += failure.message.empty() ? "undefined symbol '" : "; undefined symbol '";
    failure.message += llvm::demangle(name) + "'";
    if (const Import *import = import_of(name, report)) {
      if (failure.where.file.empty()) {
        failure.where = import->where;
      } else {
        failure.message += " at " + to_string(import->where);
      }
    }
    if (const std::string match = near_match(name, report); !match.empty())
      failure.message += ", did you mean '" + match + "'?";
  }
  failure.message += "; define it, or name the library that does";
  return failure;
}

} // namespace graft::jit
