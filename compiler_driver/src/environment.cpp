// See environment.hpp. The look is done anew each time it is asked for, so that installing a package is enough to go on.
#include "environment.hpp"

#include <graft/driver/compiler.hpp>

#include <clang/Basic/Version.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/Path.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

namespace graft::driver {
namespace {

bool is_file(const std::string &path) { return llvm::sys::fs::is_regular_file(path); }

bool holds_resource_headers(const std::string &directory) { return is_file(directory + "/include/stddef.h"); }

/// The directory of the libclang-cpp that this process runs.
std::string loaded_library_dir() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void *>(&clang::getClangRevision), &info) == 0 || info.dli_fname == nullptr) return {};
  llvm::SmallString<256> real;
  if (llvm::sys::fs::real_path(info.dli_fname, real)) return {};
  return llvm::sys::path::parent_path(real).str();
}

/// The newest of libstdc++'s header directories, as Clang's driver picks it.
std::string libstdcxx_dir() {
  int newest = 0;
  std::error_code failure;
  for (llvm::sys::fs::directory_iterator entry("/usr/include/c++", failure), end; !failure && entry != end;
       entry.increment(failure)) {
    int version = 0;
    if (!llvm::sys::path::filename(entry->path()).getAsInteger(10, version)) newest = std::max(newest, version);
  }
  return newest == 0 ? std::string() : "/usr/include/c++/" + std::to_string(newest);
}

Requirement require(const char *what, const std::string &file, const char *remedy) {
  const bool present = !file.empty() && is_file(file);
  return {what, present, present ? file : std::string(), remedy};
}

bool says_header_not_found(const Diagnostic &diagnostic) {
  return diagnostic.severity >= Severity::kError && diagnostic.message.ends_with("file not found");
}

} // namespace

std::string resource_dir() {
  if (const char *given = std::getenv("GRAFT_RESOURCE_DIR"); given != nullptr && *given != '\0') return given;
  const std::string built_with = GRAFT_LLVM_LIBDIR "/clang/" CLANG_VERSION_MAJOR_STRING;
  if (holds_resource_headers(built_with)) return built_with;
  const std::string beside_clang = loaded_library_dir() + "/clang/" CLANG_VERSION_MAJOR_STRING;
  return holds_resource_headers(beside_clang) ? beside_clang : std::string();
}

std::string program_dir() { return llvm::sys::path::parent_path(GRAFT_LLVM_LIBDIR).str() + "/bin"; }

std::vector<Requirement> requirements() {
  const std::string resources = resource_dir();
  const std::string libstdcxx = libstdcxx_dir();
  const std::string multiarch = "/usr/include/x86_64-linux-gnu/bits/libc-header-start.h";
  std::vector<Requirement> result;
  result.push_back(require("Clang's resource headers", resources.empty() ? resources : resources + "/include/stddef.h",
                           "apt install libclang-common-22-dev, or set GRAFT_RESOURCE_DIR"));
  result.push_back(require("the C library's headers", is_file(multiarch) ? "/usr/include/stdio.h" : std::string(),
                           "apt install libc6-dev"));
  result.push_back(require("the C++ library's headers", libstdcxx.empty() ? libstdcxx : libstdcxx + "/vector",
                           "apt install libstdc++-12-dev"));
  return result;
}

std::optional<Error> missing_environment(const std::vector<Diagnostic> &diagnostics) {
  const auto found = std::ranges::find_if(diagnostics, says_header_not_found);
  if (found == diagnostics.end()) return std::nullopt;
  for (const Requirement &requirement : requirements()) {
    if (requirement.present) continue;
    Error result = error(
        Code::kEnvironment,
        found->message + ", and " + requirement.what + " are missing on this machine: " + requirement.remedy, found->where);
    result.diagnostics = diagnostics;
    return result;
  }
  return std::nullopt;
}

std::string clang_version() { return CLANG_VERSION_STRING; }

} // namespace graft::driver
