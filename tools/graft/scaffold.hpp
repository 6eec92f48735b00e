// A new bundle that works: what `graft new` writes, and what `graft demo` plays with when there is no other.
#pragma once

#include <graft/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace graft::tool {

enum class Flavour : std::uint8_t { kC, kCxx, kState, kHook, kHost };

/// As people ask for one.
struct FlavourInfo {
  Flavour flavour;
  const char *name;
  const char *what;
};
std::span<const FlavourInfo> flavours();

struct ScaffoldFile {
  std::string name;
  std::string contents;
};

struct Scaffold {
  std::string contract; ///< "example.hello"
  std::string next;     ///< what to try now, behind "graft "; its folder is "{}"
  std::vector<ScaffoldFile> files;
};

Scaffold make_scaffold(const std::string &name, Flavour flavour);
/// Makes `folder` and writes the files. kConflict when it exists and is not an empty folder.
Result<void> write_scaffold(const Scaffold &scaffold, const std::filesystem::path &folder);

} // namespace graft::tool
