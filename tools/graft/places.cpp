// See places.hpp.
#include "places.hpp"

#include <filesystem>
#include <string_view>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

/// Where the compiler says that graft's headers are.
constexpr std::string_view kInMemory = "/.graft/include/";

/// "~/graft" of "~/graft/bin/graft".
fs::path prefix() {
  std::error_code failure;
  return fs::read_symlink("/proc/self/exe", failure).parent_path().parent_path();
}

} // namespace

std::string abi_include_dir() {
  std::error_code failure;
  for (const fs::path &candidate : {prefix() / "include", fs::path(GRAFT_BUILT_FROM) / "abi" / "include"})
    if (fs::exists(candidate / "graft" / "abi.h", failure)) return candidate.string();
  return {};
}

std::string first_page() {
  std::error_code failure;
  for (const fs::path &candidate : {prefix() / "share" / "doc" / "graft", fs::path(GRAFT_BUILT_FROM)})
    if (fs::exists(candidate / "README.md", failure)) return (candidate / "README.md").string();
  return {};
}

std::string on_disk(const std::string &path) {
  if (!path.starts_with(kInMemory)) return path;
  const std::string folder = abi_include_dir();
  const std::string found = folder + "/" + path.substr(kInMemory.size());
  std::error_code failure;
  return !folder.empty() && fs::exists(found, failure) ? found : path;
}

} // namespace graft::tool
